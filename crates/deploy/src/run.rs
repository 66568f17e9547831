//! The shell around [`ship::next`](crate::ship::next()): it reads the fleet anew before each step, does what the step says,
//! sees for itself what only a run can see, and ends with an [`Outcome`].
//!
//! [`Deployer::run`] is the whole of a deploy, of a mend and of a take-back: an [`Order`] says which. It prints nothing,
//! reads no environment and waits by tokio's clock alone, so that a test which stops that clock runs a deploy of minutes in
//! milliseconds. What happens is [`Told`] while it happens.
//!
//! What a run keeps to, beside the table:
//! - All started machines of both colours are leased, or nothing is done to any. A lease lasts 60 s, is refreshed each 15 s,
//!   and is known as ours by a description that no other run has. No call lasts longer than the lease that it is done under.
//! - What a run sees is good for 10 s. A machine that is cordoned is not seen.
//! - A check counts when all that are configured are listed, pass, and still do one of their intervals later.
//! - An answer that cannot be read ends the run before its next write, and says by which call.
//!
//! # Whose fault it is, and how soon that is known
//!
//! From when a green was first seen its gate is asked once a second, through the proxy where the app has a public address,
//! else as Fly's own checks have it. The blues rest in their cordon, where no proxy reaches them: of those Fly's checks
//! tell. A green that has exited, or that two looks in a row do not reach, is at fault at once. One that answers and is not
//! well may stand on something that is gone for both colours, so nothing is done until one of these is so:
//!
//! - every blue that is awake fails a check of its own: both colours, a dependency's. At most one interval of the blues' check
//!   and its timeout later (20 s for 15 s and 5 s).
//! - the green has said for 6 s that all it needs is there, and is not well: its own fault. Its prober would have known of a
//!   dependency by then, also of one that is frozen (two rounds of at most 3 s).
//! - the blues' checks have all run since, and pass: the green's.
//!
//! From the verdict on, the blues are let in, seen, and the greens cordoned, in a call and a look each.

mod act;
mod checks;
mod course;
mod ended;
mod fault;
mod forecast;
mod image;
mod leases;
mod memory;
mod one_off;
mod order;
mod proxy;
mod reader;
mod records;
mod survey;
mod times;
mod told;
mod watch;

pub use ended::{Ended, Outcome};
pub use image::{Image, NoImage};
pub use one_off::{OneOff, OneOffEnd};
pub use order::{Asked, Gate, Order};
pub use proxy::{HttpProxy, Proxy, Reply, Unreached};
pub use records::{HttpRecords, NewRecord, Record, RecordEnd, RecordError, Records};
pub use survey::{Standing, Survey};
pub use times::Times;
pub use told::{Doing, Happened, Told, Which};

use course::Course;
use platform::clock::Clock;

use crate::machines::Machines;

/// What does what an [`Order`] says.
pub struct Deployer<'a, T, P, R> {
    /// The app's machines.
    pub machines: &'a Machines<T>,
    /// Fly's proxy, where the app has a public address.
    pub proxy: Option<&'a P>,
    /// Release records, which flyctl and the autoscaler read. A courtesy: what fails there is told, and stops nothing.
    pub records: Option<&'a R>,
    /// How long things take.
    pub times: Times,
    /// The time of day, for ids that sort by age.
    pub clock: Clock,
    /// A number that no other run has: it makes ids unlike those of a run that began in the same millisecond.
    pub chance: u64,
    /// Who is told, at once, whatever happens.
    pub tell: &'a dyn Fn(&Told),
}
