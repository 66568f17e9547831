use actix_web::web::Data;
use contracts::sign_in::SignInKeys;
use platform::clock::Clock;
use platform::config::{Reader, Settings, setting};
use platform::identity::{PublicKeys, Signer, SignerSettings};
use url::Url;

use crate::sessions::RefreshKeys;
use crate::sign_in::BoundSettings;

/// What `api` alone is told.
pub(crate) struct ApiSettings {
    pub(crate) sign_in_keys: SignInKeys,
    pub(crate) refresh_keys: RefreshKeys,
    pub(crate) sign_in_bounds: BoundSettings,
    pub(crate) signer: Data<Signer>,
    pub(crate) public_keys: PublicKeys,
    pub(crate) applications: Url,
}

impl Settings for ApiSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let sign_in_keys = SignInKeys::read(from);
        let refresh_keys = RefreshKeys::read(from);
        let sign_in_bounds = BoundSettings::read(from);
        let signer = SignerSettings::read(from);
        let public_keys = PublicKeys::read(from);
        let applications = from
            .base_url(setting("APPLICATIONS_URL", "where callers reach `applications`, for the apply_url of a job"));
        let (signer, public_keys) = (signer?, public_keys?);
        if !public_keys.include(signer.key_id()) {
            from.mistake("TOKEN_KEY_ID is none of TOKEN_PUBLIC_KEYS: wanted the `kid` of one of them");
            return None;
        }
        if !public_keys.take(&signer) {
            from.mistake("TOKEN_SIGNING_KEY is not the other half of its TOKEN_KEY_ID in TOKEN_PUBLIC_KEYS");
            return None;
        }
        Some(Self {
            sign_in_keys: sign_in_keys?,
            refresh_keys: refresh_keys?,
            sign_in_bounds: sign_in_bounds?,
            signer: Data::new(Signer::new(signer, Clock::system())),
            public_keys,
            applications: applications?,
        })
    }
}

#[cfg(test)]
mod tests {
    use testbed::token::KeyPair;

    use super::*;

    const HMAC_KEY: &str = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    /// What is said of this private key under this id, where the public half of the first is listed.
    fn told(listed: &KeyPair, signs: &KeyPair, id: String) -> Option<String> {
        let settings = [
            ("APPLICATIONS_URL", "http://localhost:8081".to_owned()),
            ("REFRESH_KEYS", HMAC_KEY.to_owned()),
            ("SIGN_IN_KEYS", HMAC_KEY.to_owned()),
            ("TOKEN_KEY_ID", id),
            ("TOKEN_PUBLIC_KEYS", listed.public_jwks()),
            ("TOKEN_SIGNING_KEY", signs.signing_key_pem()),
        ];
        let mut reader = Reader::new(settings.map(|(name, value)| (name.to_owned(), value)));
        let read = ApiSettings::read(&mut reader);
        reader.finish(read).err().map(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_key_that_signs_what_nobody_can_check_is_a_mistake() {
        let (listed, other) = (KeyPair::generate(), KeyPair::generate());
        assert_eq!(told(&listed, &listed, listed.kid()), None);
        let unlisted = told(&listed, &other, other.kid()).expect("a mistake");
        assert!(unlisted.contains("TOKEN_KEY_ID is none of TOKEN_PUBLIC_KEYS"), "{unlisted}");
        let halves = told(&listed, &other, listed.kid()).expect("a mistake");
        assert!(halves.contains("TOKEN_SIGNING_KEY is not the other half of its TOKEN_KEY_ID"), "{halves}");
    }
}
