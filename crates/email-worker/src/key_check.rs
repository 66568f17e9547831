//! Whether Resend knows our key, as `/readyz` asks it: with a wrong one everything else is well, and nobody gets a mail.
//! Resend itself is not needed: while it is away nothing is known that was not known before.

use std::time::{Duration, Instant};

use futures_util::future::{FutureExt as _, LocalBoxFuture};
use platform::probe::{Check, Degraded};
use platform::sabotage;

use crate::protocol::{ErrorName, Refusal};
use crate::resend::Resend;
use crate::settings::Settings;
use crate::telemetry::{RESEND, tell_refused};

/// How often it is asked while all is well.
const SELDOM: Duration = Duration::from_secs(60);
/// How often at most, where the key is refused, or a post was refused since.
const SOON: Duration = Duration::from_secs(10);

/// Asks Resend for a mail that is not there.
pub struct KeyCheck {
    resend: Option<Resend>,
    degraded: Degraded,
    asked: Option<Instant>,
    refused: Option<ErrorName>,
}

impl KeyCheck {
    /// With the key of these settings. What the worker notes of refused posts makes it ask sooner.
    #[must_use]
    pub fn new(settings: &Settings, degraded: Degraded) -> Self {
        // Where there is no way to Resend at all, the worker ends the process.
        let resend = Resend::new(&settings.resend).ok();
        Self { resend, degraded, asked: None, refused: None }
    }

    fn is_due(&self, now: Instant) -> bool {
        let Some(asked) = self.asked else { return true };
        let doubted = self.refused.is_some() || self.degraded.last(RESEND).is_some_and(|noted| noted > asked);
        now.duration_since(asked) >= if doubted { SOON } else { SELDOM }
    }
}

impl Check for KeyCheck {
    fn name(&self) -> &'static str {
        "resend key"
    }

    fn ask(&mut self) -> LocalBoxFuture<'_, Result<(), String>> {
        async {
            let now = Instant::now();
            if self.is_due(now) {
                self.asked = Some(now);
                if let Some(resend) = &self.resend
                    && let Some(known) = resend.knows_key().await
                {
                    self.refused = known.err();
                    if let Some(error) = &self.refused {
                        // With the words of a refused post: whoever of the two comes first, the log is told once.
                        tell_refused(Refusal::Setup, error);
                    }
                }
            }
            match self.refused.as_ref().filter(|_| !sabotage::takes_out("resend key")) {
                Some(error) => Err(format!("Resend refuses the API key ({error})")),
                None => Ok(()),
            }
        }
        .boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use platform::clock::Clock;

    use super::*;

    fn asked(now: Instant) -> KeyCheck {
        let degraded = Degraded::new(Clock::system());
        KeyCheck { resend: None, degraded, asked: Some(now), refused: None }
    }

    #[test]
    fn it_asks_once_a_minute_and_sooner_where_a_post_was_refused() {
        let now = Instant::now();
        let check = asked(now);
        assert!(!check.is_due(now + SELDOM / 2) && check.is_due(now + SELDOM));
        check.degraded.note(RESEND, "validation_error");
        assert!(!check.is_due(now + SOON / 2), "but not at each post");
        assert!(check.is_due(now + SOON));
        assert!(KeyCheck { asked: None, ..check }.is_due(now), "the first time at once");
    }

    #[test]
    fn a_key_that_is_refused_is_asked_for_again_soon() {
        let now = Instant::now();
        let check = KeyCheck { refused: Some(ErrorName::new("invalid_api_key")), ..asked(now) };
        assert!(!check.is_due(now + SOON / 2) && check.is_due(now + SOON));
    }
}
