//! The last good answers, for when what makes new ones is away: bounded in bytes and in age. Pure: who may see an
//! answer, and what it says, is not known here, and the time is passed in.

use std::time::Duration;

use actix_web::web::Bytes;
use lru::LruCache;
use time::OffsetDateTime;

use crate::sabotage;

/// What an entry takes beside its name and its body: the list, the table, two headers of allocations. Counted, so that
/// ten thousand empty answers have a bound, too.
const ENTRY: usize = 256;

/// What a memory may hold, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all entries together: names, bodies and what holds them.
    pub bytes: usize,
    /// An older answer is nobody's.
    pub age: Duration,
}

/// An answer that was good once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// Its body.
    pub body: Bytes,
    /// How long ago it was asked for, which is no less than how old it is.
    pub age: Duration,
}

/// Answers by the name of what they are of. What was neither remembered nor given for longest goes first.
///
/// The times are those of the day: the monotonic clock stands still while a machine is suspended, and would pass the
/// answers of yesterday for young ones.
#[derive(Debug)]
pub struct LastGood {
    limits: Limits,
    entries: LruCache<String, Entry>,
    bytes: usize,
    changed: OffsetDateTime,
}

#[derive(Debug)]
struct Entry {
    asked: OffsetDateTime,
    body: Bytes,
}

impl LastGood {
    /// One without entries.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, entries: LruCache::unbounded(), bytes: 0, changed: OffsetDateTime::UNIX_EPOCH }
    }

    /// Remembers an answer that was asked for at this time. It is left out where one is held that was asked for later,
    /// where something was changed since, and where it is larger than the whole memory.
    pub fn remember(&mut self, name: String, asked: OffsetDateTime, body: Bytes) {
        let late = self.entries.peek(&name).is_some_and(|held| held.asked > asked);
        let size = size(&name, &body);
        if late || asked <= self.changed || size > self.limits.bytes {
            return;
        }
        self.forget(&name);
        self.bytes += size;
        self.entries.put(name, Entry { asked, body });
        while self.bytes > self.limits.bytes && !sabotage::takes_out("fallback bound") {
            let Some((name, oldest)) = self.entries.pop_lru() else { return };
            self.bytes -= size_of(&name, &oldest);
        }
    }

    /// The last good answer, unless it is too old.
    pub fn last(&mut self, name: &str, now: OffsetDateTime) -> Option<Last> {
        let entry = self.entries.get(name)?;
        // None where the clock was set back: its age is not known then.
        let age = Duration::try_from(now - entry.asked).ok()?;
        if age > self.limits.age && !sabotage::takes_out("fallback age") {
            self.forget(name);
            return None;
        }
        Some(Last { body: entry.body.clone(), age })
    }

    /// Notes that there was nothing of this name when it was asked for at this time.
    pub fn gone(&mut self, name: &str, asked: OffsetDateTime) {
        if self.entries.peek(name).is_some_and(|held| held.asked <= asked) {
            self.forget(name);
        }
    }

    /// Notes that this was changed just now. Its answer goes, and answers to what was asked before are not remembered
    /// any more, of anything: which of them saw the change is not known. The next question mends that.
    pub fn changed(&mut self, name: &str, now: OffsetDateTime) {
        self.forget(name);
        self.changed = self.changed.max(now);
    }

    /// What its entries take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn forget(&mut self, name: &str) {
        if let Some(entry) = self.entries.pop(name) {
            self.bytes -= size_of(name, &entry);
        }
    }
}

fn size_of(name: &str, entry: &Entry) -> usize {
    size(name, &entry.body)
}

fn size(name: &str, body: &Bytes) -> usize {
    ENTRY + name.len() + body.len()
}

#[cfg(test)]
mod tests;
