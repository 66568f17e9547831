//! The time, read from whatever the caller gives.

use std::sync::Arc;

use time::OffsetDateTime;

/// Where the time comes from. A test gives one that it can set.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> OffsetDateTime + Send + Sync>);

impl Clock {
    /// A clock that asks `read` each time.
    pub fn new(read: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The time now.
    pub(crate) fn now(&self) -> OffsetDateTime {
        (self.0)()
    }
}
