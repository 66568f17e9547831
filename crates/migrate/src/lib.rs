//! Brings schema, roles and grants forward, before new code; safe twice, side by side, and killed at any point.
//!
//! The order has reasons. The lock comes first, so that one run at a time looks and acts. The history is judged as a
//! whole before anything is changed: an edited one is refused, and in front of a database that is ahead nothing is to be
//! done. Then each new migration runs in a
//! transaction of its own, so that what was done stays done when a later one fails. Roles and rights come last: they
//! name what the migrations made, and say anew each time all that a function may do.
//!
//! ```no_run
//! # async fn run(settings: migrate::MigrateSettings) -> Result<(), migrate::Error> {
//! let done = migrate::forward(&settings, &|line| println!("{line}")).await?;
//! println!("{} migrations were new", done.applied.len());
//! # Ok(())
//! # }
//! ```

pub mod command;

mod error;
mod history;
mod lock;
mod rights;
mod schema;
mod session;
mod settings;

pub use error::{Error, ServerError};
pub use history::Fault;
pub use rights::group_roles;
pub use settings::MigrateSettings;

/// Where progress goes, line by line.
pub type Say<'a> = &'a dyn Fn(&str);

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The migrations that were new, in order, such as `V0001__create_board`.
    pub applied: Vec<String>,
    /// What the database has beyond all that this binary knows, in order. Where there is something, nothing was changed.
    pub ahead: Vec<String>,
}

/// Brings a database forward. rustls must have a default provider by then.
///
/// # Errors
/// When the database cannot be reached, another run holds the lock for too long, the history is not the one that this
/// binary knows (nothing is changed then), or the server refuses a statement. What was committed before stays; the next
/// run goes on from there.
pub async fn forward(settings: &MigrateSettings, say: Say<'_>) -> Result<Done, Error> {
    let mut client = session::open(settings).await?;
    // It belongs to the session, and goes with the client at the end of this function.
    lock::take(&client, settings.lock_wait, say).await?;
    let done = schema::advance(&mut client, settings, say).await?;
    if done.ahead.is_empty() {
        rights::settle(&mut client, settings, say).await?;
    } else {
        // Older rights would take from newer functions what they need.
        let ahead = done.ahead.join(", ");
        say(&format!("the database is ahead of this migrate, by {ahead}: nothing was changed, the rights neither"));
    }
    Ok(done)
}
