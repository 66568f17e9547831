//! Resend on this machine: the API a sender posts to, and an inbox page for people.

use std::process::ExitCode;

use actix_web::web::Data;
use platform::clock::Clock;
use platform::config::{Reader, Settings, setting};
use platform::function::Function;
use resend_stand_in::{Access, Behaviour, Share, Shared, routes};

fn main() -> ExitCode {
    Function::<StandIn>::named("resend-stand-in", "takes mails as Resend does and shows them on a page")
        .routes(|config, stand_in| {
            config.app_data(stand_in.0.clone());
            routes(config);
        })
        .run()
}

/// The mailbox that all workers share.
struct StandIn(Data<Shared>);

impl Settings for StandIn {
    fn read(from: &mut Reader) -> Option<Self> {
        let latency = from.count(setting("LATENCY_MS", "how long each accepted mail takes"), 0..=600_000, 0);
        let fail_rate: Option<Share> =
            from.default(setting("FAIL_RATE", "share of posts that are answered with a 500"), "0 to 1", "0");
        let about = setting("RATE_LIMIT", "requests a second; more are answered with a 429; none is no limit");
        let rate_limit = from.parsed(about, "a whole number, or none", "5", |text| match text {
            "none" => Some(None),
            number => number.parse().ok().map(Some),
        });
        let api_key: Option<Option<String>> =
            from.optional(setting("API_KEY", "the one key that is taken; without it any re_…"), "a text");
        let about = setting("API_KEY_ACCESS", "what that key may do, as Resend names it");
        let access = from.parsed(about, "full_access or sending_access", "full_access", |text| match text {
            "full_access" => Some(Access::Full),
            "sending_access" => Some(Access::Sending),
            _ => None,
        });
        let seed = from.count(setting("SEED", "makes failures repeatable"), 0..=usize::MAX, 0);
        let latency = std::time::Duration::from_millis(latency? as u64);
        let (fail_rate, rate_limit, api_key, access) = (fail_rate?, rate_limit?, api_key?, access?);
        let behaviour = Behaviour { latency, fail_rate, rate_limit, api_key, access, seed: seed? as u64 };
        Some(Self(Data::new(Shared::new(behaviour, Clock::system()))))
    }
}
