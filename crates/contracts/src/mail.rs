//! What mails there are. A row of the outbox names its kind and holds ids alone.

use serde::{Deserialize, Serialize};

use crate::ids::{ApplicationId, PersonId, SignInId};

/// A mail, as a row of the outbox describes it: `kind` and `payload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Mail {
    /// A link that signs somebody in.
    SignInLink {
        /// The sign-in, which knows the address.
        sign_in_id: SignInId,
        /// Which key its token is derived with.
        key_id: String,
    },
    /// To the person: the application arrived.
    ApplicationReceived {
        /// Which.
        application_id: ApplicationId,
    },
    /// To a member of the company: somebody applied.
    NewApplication {
        /// Which.
        application_id: ApplicationId,
        /// Which member.
        recipient_id: PersonId,
    },
}

/// Names of the kinds, as the outbox has them.
pub const KINDS: [&str; 3] = ["sign_in_link", "application_received", "new_application"];

/// Minutes after which a sign-in link is not worth sending: it is good for 15, and people need some of them.
pub const SIGN_IN_SEND_MINUTES: i32 = 10;

/// Hours after which any other mail is not worth sending.
pub const SEND_HOURS: i32 = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_reads_as_a_mail() {
        let id = "0193a5b0-0000-7000-8000-000000000001";
        for (kind, payload) in [
            (KINDS[0], json!({ "sign_in_id": id, "key_id": "k1" })),
            (KINDS[1], json!({ "application_id": id })),
            (KINDS[2], json!({ "application_id": id, "recipient_id": id })),
        ] {
            let row = json!({ "kind": kind, "payload": payload });
            assert!(serde_json::from_value::<Mail>(row).is_ok(), "{kind}");
        }
    }
}
