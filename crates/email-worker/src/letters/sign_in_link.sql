-- Where a sign-in link goes. $1 uuid: sign-in. Returns one row or none: email (text).
SELECT email FROM sign_ins WHERE id = $1
