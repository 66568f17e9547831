//! Resend on this machine: the API a sender posts to, and an inbox page for people.

use std::process::ExitCode;

use actix_web::web::Data;
use platform::clock::Clock;
use platform::config::{Reader, Settings, setting};
use platform::function::Function;
use resend_stand_in::{Behaviour, Share, Shared, routes};

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
        let rate_limit: Option<Option<u32>> =
            from.optional(setting("RATE_LIMIT", "posts a second; more are answered with a 429"), "a whole number");
        let api_key: Option<Option<String>> =
            from.optional(setting("API_KEY", "the one key that is taken; without it any re_…"), "a text");
        let seed = from.count(setting("SEED", "makes failures repeatable"), 0..=usize::MAX, 0);
        let latency = std::time::Duration::from_millis(latency? as u64);
        let (fail_rate, rate_limit, api_key, seed) = (fail_rate?, rate_limit?, api_key?, seed? as u64);
        let behaviour = Behaviour { latency, fail_rate, rate_limit, api_key, seed };
        Some(Self(Data::new(Shared::new(behaviour, Clock::system()))))
    }
}
