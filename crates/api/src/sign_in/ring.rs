use std::time::Duration;

use contracts::sign_in::SignInKeys;
use platform::guard::quota::{Counted, Full, Quota, Tally};
use platform::http::edge::ClientAddress;

use super::Address;

/// The mails that one client may ask for to one address. A stranger elsewhere uses up nobody else's, and links that
/// were mailed stay good: nobody can be locked out.
const MAILS: Quota = Quota { name: "sign-in", limit: 5, window: Duration::from_secs(60 * 60) };

/// Counts one more mail.
///
/// # Errors
/// When this client has had as many to this address as it may.
pub(super) async fn count(
    tally: Tally,
    keys: &SignInKeys,
    client: ClientAddress,
    address: &Address,
) -> Result<Counted, Full> {
    // Nearly every mailbox takes its name in any case, so that does not make it another.
    let mailbox = address.key().to_ascii_lowercase();
    let whose = keys.blind(&[&client.network().octets(), mailbox.as_bytes()]);
    tally.count(MAILS, &whose).await
}
