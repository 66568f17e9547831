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
        let applications =
            from.url(setting("APPLICATIONS_URL", "where callers reach `applications`, for the apply_url of a job"));
        let (signer, public_keys) = (signer?, public_keys?);
        if !public_keys.include(signer.key_id()) {
            from.mistake("TOKEN_KEY_ID is none of TOKEN_PUBLIC_KEYS: wanted the `kid` of one of them");
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
