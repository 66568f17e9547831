//! The link that signs somebody in, and its token by itself for whoever cannot follow a link.

use contracts::ids::SignInId;
use platform::postgres::{Pool, Statement};
use url::Url;

use super::{Letter, Unwritten};
use crate::protocol::BatchId;
use crate::protocol::placeholder::{Placeholder, SignIn};

const FACTS: Statement = Statement::new("select sign-in", include_str!("sign_in_link.sql"));

pub(super) async fn write(pool: &Pool, url: &Url, batch: BatchId, id: SignInId) -> Result<Letter, Unwritten> {
    let row = pool.query_opt(&FACTS, &[&id.0]).await.map_err(Unwritten::Store)?.ok_or(Unwritten::Gone)?;
    let to = row.try_get("email").map_err(|_| Unwritten::Unreadable)?;
    Ok(letter(to, url, Placeholder { batch, sign_in: SignIn::new(id.0) }))
}

fn letter(to: String, url: &Url, token: Placeholder) -> Letter {
    let host = url.host_str().unwrap_or_default();
    let text = format!(
        "Hello,

you asked to sign in to {host}. Follow this link:

{url}#{token}

Or, where you are asked for a token, paste this one:

{token}

Both are good for 15 minutes from when you asked, and once.

If you didn't ask to sign in, you need do nothing: nobody gets in without this
mail. Don't pass it on.
"
    );
    Letter { to, subject: format!("Sign in to {host}"), text }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_link_and_the_token_each_have_a_line_of_their_own() {
        let url = Url::parse("https://board.example/sign-in").expect("an address");
        let token = Placeholder { batch: BatchId::new(Uuid::from_u128(0xb)), sign_in: SignIn::new(Uuid::from_u128(7)) };
        insta::assert_snapshot!(letter("ada@example.com".to_owned(), &url, token), @"
        To: ada@example.com
        Subject: Sign in to board.example

        Hello,

        you asked to sign in to board.example. Follow this link:

        https://board.example/sign-in#sign-in-token.0000000000000000000000000000000b.00000000000000000000000000000007

        Or, where you are asked for a token, paste this one:

        sign-in-token.0000000000000000000000000000000b.00000000000000000000000000000007

        Both are good for 15 minutes from when you asked, and once.

        If you didn't ask to sign in, you need do nothing: nobody gets in without this
        mail. Don't pass it on.
        ");
    }
}
