//! What the worker is told: whom it sends through, as whom, where a sign-in link leads, and how fast.

mod sender;

use std::time::Duration;

use contracts::sign_in::SignInKeys;
use platform::config::{Reader, setting};
use platform::guard::breaker::BreakerSettings;
use secrecy::SecretString;
use url::Url;

pub use sender::{BadSender, Sender};

/// The worker's own settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How mails leave.
    pub resend: ResendSettings,
    /// What stands in letters.
    pub letters: LetterSettings,
    /// How the worker goes about it.
    pub pace: PaceSettings,
}

/// How mails leave.
#[derive(Clone, Debug)]
pub struct ResendSettings {
    /// Base address of the API.
    pub url: Url,
    /// `re_…`.
    pub api_key: SecretString,
    /// When a post is cut; its outcome is then unknown.
    pub post_limit: Duration,
    /// Of the breaker before it.
    pub breaker: BreakerSettings,
}

/// What stands in letters.
#[derive(Clone, Debug)]
pub struct LetterSettings {
    /// Who mails are from.
    pub from: Sender,
    /// The page that signs people in; the token follows as its fragment, which no server and no log ever sees.
    pub sign_in_url: Url,
    /// What tokens are derived with.
    pub keys: SignInKeys,
}

/// How the worker goes about it.
#[derive(Clone, Debug)]
pub struct PaceSettings {
    /// How long a claim is good for.
    pub lease: Duration,
    /// Batches that are worked on at once, at most.
    pub batches_under_way: usize,
    /// Mails of a new batch, at most.
    pub mails_per_batch: usize,
    /// Time between two claims, at least.
    pub spacing: Duration,
    /// Time between two looks into an empty outbox.
    pub poll: Duration,
}

impl platform::config::Settings for Settings {
    fn read(from: &mut Reader) -> Option<Self> {
        let (resend, letters, pace) = (resend(from), letters(from), pace(from));
        let settings = Self { resend: resend?, letters: letters?, pace: pace? };
        if settings.resend.post_limit >= settings.pace.lease {
            from.mistake("POST_LIMIT_S must be less than LEASE_S: a claim has to outlast its post");
            return None;
        }
        Some(settings)
    }
}

fn resend(from: &mut Reader) -> Option<ResendSettings> {
    let url = from.default_base_url(setting("RESEND_URL", "base address of Resend's API"), "https://api.resend.com");
    let api_key =
        from.secret(setting("RESEND_API_KEY", "what Resend knows us by"), "a key that begins with re_", |text| {
            key(text).map(SecretString::from)
        });
    let post_limit =
        from.seconds(setting("POST_LIMIT_S", "when a post to Resend is cut; less than LEASE_S"), 0.1..=60.0, 5.0);
    let breaker = <BreakerSettings as platform::config::Settings>::read(from);
    Some(ResendSettings { url: url?, api_key: api_key?, post_limit: post_limit?, breaker: breaker? })
}

/// It becomes a header, so nothing but visible ASCII will do.
fn key(text: &str) -> Result<&str, &'static str> {
    let rest = text.strip_prefix("re_").ok_or("does not begin with re_")?;
    if rest.is_empty() {
        return Err("has nothing behind re_");
    }
    let visible = rest.bytes().all(|byte| byte.is_ascii_graphic());
    if visible { Ok(text) } else { Err("has a space, a line break or another character that no key has") }
}

fn letters(from: &mut Reader) -> Option<LetterSettings> {
    let sender = from.required(setting("MAIL_FROM", "who mails are from"), sender::WANTED);
    let sign_in_url =
        from.page_url(setting("SIGN_IN_URL", "the page that signs people in; links are this, then # and the token"));
    let keys = <SignInKeys as platform::config::Settings>::read(from);
    Some(LetterSettings { from: sender?, sign_in_url: sign_in_url?, keys: keys? })
}

fn pace(from: &mut Reader) -> Option<PaceSettings> {
    let lease = from.seconds(
        setting("LEASE_S", "how long a claim is good for before another worker may repeat it"),
        0.5..=600.0,
        20.0,
    );
    let under_way = from.count(setting("BATCHES_UNDER_WAY", "batches worked on at once, at most"), 1..=64, 8);
    let mails = from.count(setting("MAILS_PER_BATCH", "mails of a new batch, at most"), 1..=100, 100);
    // Two workers side by side, as in a deploy, then stay within the 10 that Resend allows a team.
    let posts = from.count(setting("POSTS_PER_S", "batches claimed in a second, at most"), 1..=1_000, 5);
    let poll = from.seconds(setting("POLL_S", "time between two looks into an empty outbox"), 0.01..=60.0, 1.0);
    Some(PaceSettings {
        lease: lease?,
        batches_under_way: under_way?,
        mails_per_batch: mails?,
        spacing: posts.map(|posts| Duration::from_secs_f64(1.0 / posts as f64))?,
        poll: poll?,
    })
}

#[cfg(test)]
mod tests;
