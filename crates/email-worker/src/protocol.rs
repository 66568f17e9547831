//! The outbox protocol: what is decided, without anything that waits.
//!
//! A batch goes through five steps, each of them one statement of `src/sql`, fenced by the batch's id and fence:
//!
//! 1. **claim** (`claim.sql`): a batch whose worker was lost or whose next try is due, or due mails in a new batch.
//! 2. Render, or take the frozen bytes; fill in sign-in tokens ([`placeholder::fill`]). Both *before* the next step: a
//!    batch that cannot be filled must not look as if it had been posted.
//! 3. **mark** (`mark.sql`): freezes the bytes and notes that Resend may have them.
//! 4. Post once, with the batch's id as `Idempotency-Key`, and read what comes back ([`Reply::read`]). The HTTP client
//!    must not repeat a post by itself nor follow a redirect: one mark, one post.
//! 5. Settle by [`judge()`]'s [`Settlement`]: `sent.sql`, `close.sql`, `dissolve.sql` or `later.sql`.
//!
//! A claim covers one try. What cannot be posted (no key for a token, the mark refused) goes back by `later.sql` with
//! [`backoff::after`], never at once: the most urgent batch would be claimed again and again and hold up all others.
//! Only a drain gives back without a wait. Once a second a worker sweeps: `free_late.sql`, then
//! `expire.sql`, and `give_up.sql`.
//!
//! # What it rests on
//!
//! * Resend answers a key that it accepted within [`KEY_KEPT`] with the first answer, and sends nothing more.
//! * What Resend refuses for its content it refuses at every try: the same bytes are not taken later.
//! * No worker stalls *between its mark and the wire* for longer than [`KEY_KEPT`] − [`GIVE_UP_AFTER`]. Anywhere else it
//!   may stall for as long as it likes.
//!
//! `tests/it/search.rs` walks every order of events under these and shows what breaks without them.

pub mod answer;
pub mod backoff;
pub mod judge;
pub mod key;
pub mod placeholder;
pub mod refusal;

use std::time::Duration;

use uuid::Uuid;

pub use answer::{ProviderId, Reply};
pub use backoff::Jitter;
pub use judge::{Attempt, Past, Settlement, judge};
pub use refusal::{ErrorName, Refusal, reason};

/// How long Resend keeps an `Idempotency-Key`.
pub const KEY_KEPT: Duration = Duration::from_hours(24);

/// How long a batch with an unknown outcome is repeated: an hour less than [`KEY_KEPT`], for a post under way.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(23);

/// A batch, and the `Idempotency-Key` it is posted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchId(Uuid);

impl BatchId {
    /// The id that the database drew.
    #[must_use]
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// For statements and the `Idempotency-Key` header.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// Which claim of a batch a worker holds; a later claim makes it worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fence(i64);

impl Fence {
    /// The fence that the claim returned.
    #[must_use]
    pub const fn new(fence: i64) -> Self {
        Self(fence)
    }

    /// For statements.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}
