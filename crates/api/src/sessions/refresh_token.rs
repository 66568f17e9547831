use contracts::ids::SessionId;
use contracts::token_keys::{TokenKeys, WANTED};
use platform::config::{Reader, Settings, setting};
use uuid::Uuid;

use super::RefreshToken;

const ID_BYTES: usize = 16;
const BYTES: usize = ID_BYTES + size_of::<i64>();

/// The keys that refresh tokens are derived with. They are `api`'s alone: those of mailed links are also known to whoever
/// mails them. After a rotation the old ones are kept for 30 days, as long as a session may go without being renewed.
#[derive(Clone, Debug)]
pub(crate) struct RefreshKeys(TokenKeys);

impl Settings for RefreshKeys {
    fn read(from: &mut Reader) -> Option<Self> {
        let keys = from.secret(setting("REFRESH_KEYS", "derive refresh tokens"), WANTED, TokenKeys::parse);
        keys.map(Self)
    }
}

impl RefreshKeys {
    /// The text of a token, under the newest key.
    pub(crate) fn write(&self, token: RefreshToken) -> String {
        let named = [token.session.0.as_bytes().as_slice(), &token.generation.to_be_bytes()].concat();
        self.0.seal_newest(&named)
    }

    /// What a token names, if any key here made it.
    pub(crate) fn read_token(&self, text: &str) -> Option<RefreshToken> {
        let named: [u8; BYTES] = self.0.open(text)?;
        let (session, generation) = named.split_first_chunk::<ID_BYTES>()?;
        let generation = i64::from_be_bytes(*generation.first_chunk()?);
        Some(RefreshToken { session: SessionId(Uuid::from_bytes(*session)), generation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: RefreshToken = RefreshToken { session: SessionId(Uuid::from_u128(7)), generation: 3 };

    fn keys(text: &str) -> RefreshKeys {
        RefreshKeys(TokenKeys::parse(text).expect("keys"))
    }

    const FIRST: &str = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const SECOND: &str = "k2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    #[test]
    fn a_token_names_its_session_and_generation() {
        let text = keys(FIRST).write(TOKEN);
        assert_eq!(keys(FIRST).read_token(&text), Some(TOKEN));
        assert_ne!(keys(FIRST).write(RefreshToken { generation: 4, ..TOKEN }), text);
    }

    #[test]
    fn a_token_outlives_a_rotation_that_keeps_its_key() {
        let text = keys(FIRST).write(TOKEN);
        assert_eq!(keys(&format!("{SECOND},{FIRST}")).read_token(&text), Some(TOKEN));
        assert_eq!(keys(SECOND).read_token(&text), None);
    }
}
