//! What is not as it should be, and does not make the process unfit: told beside the checks in `/readyz`, for whoever looks
//! for what is wrong while everything is green.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Clock;

/// What nobody has noted again for so long is over.
const FRESH: Duration = Duration::from_secs(60);

/// Parts of a process that are not as they should be. Any of them reports itself; clones are one and the same.
#[derive(Clone, Debug)]
pub struct Degraded {
    clock: Clock,
    notes: Arc<Mutex<BTreeMap<String, Note>>>,
}

#[derive(Clone, Debug)]
struct Note {
    how: String,
    since: OffsetDateTime,
    last: Instant,
}

impl Degraded {
    /// Nothing is.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, notes: Arc::default() }
    }

    /// Notes that a part is not as it should be, in a few words that name nobody and hold nothing secret. Whoever notes
    /// it does so again as long as it lasts; a minute after the last time it is taken for over.
    pub fn note(&self, part: impl Into<String>, how: impl Into<String>) {
        self.note_at(part.into(), how.into(), Instant::now());
    }

    /// Notes that a part is as it should be.
    pub fn over(&self, part: &str) {
        self.notes().remove(part);
    }

    /// When a part was last noted, while that counts.
    #[must_use]
    pub fn last(&self, part: &str) -> Option<Instant> {
        self.fresh(Instant::now()).get(part).map(|note| note.last)
    }

    /// Everything that is noted now: `resend: restricted_api_key since 2026-11-27T06:00:00Z`.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let told = |(part, note): (&String, &Note)| {
            let since = note.since.replace_nanosecond(0).unwrap_or(note.since).format(&Rfc3339).unwrap_or_default();
            format!("{part}: {} since {since}", note.how)
        };
        self.fresh(Instant::now()).iter().map(told).collect()
    }

    fn note_at(&self, part: String, how: String, now: Instant) {
        let since = self.clock.now();
        let mut notes = self.fresh(now);
        let note = notes.entry(part).or_insert_with(|| Note { how: String::new(), since, last: now });
        (note.how, note.last) = (how, now);
    }

    fn fresh(&self, now: Instant) -> MutexGuard<'_, BTreeMap<String, Note>> {
        let mut notes = self.notes();
        notes.retain(|_, note| now.saturating_duration_since(note.last) < FRESH);
        notes
    }

    fn notes(&self) -> MutexGuard<'_, BTreeMap<String, Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_with_its_last_words_and_since_it_was_first_noted() {
        let degraded = Degraded::new(Clock::system());
        degraded.note("outbox", "oldest 61 s");
        let first = degraded.told();
        degraded.note("outbox", "oldest 224 s");
        let told = degraded.told();
        assert_eq!(told, [first[0].replace("61", "224")]);
        assert!(told[0].starts_with("outbox: oldest 224 s since 20") && told[0].ends_with('Z'), "{told:?}");
        degraded.over("outbox");
        assert_eq!(degraded.told(), Vec::<String>::new());
    }

    #[test]
    fn what_is_noted_no_more_is_over_after_a_minute() {
        let (degraded, now) = (Degraded::new(Clock::system()), Instant::now());
        let ago = |time| now.checked_sub(time).expect("the machine is older");
        degraded.note_at("old".to_owned(), "ill".to_owned(), ago(FRESH));
        degraded.note_at("new".to_owned(), "ill".to_owned(), ago(FRESH / 2));
        assert!(degraded.last("old").is_none() && degraded.last("new").is_some());
        assert_eq!(degraded.told().len(), 1);
    }
}
