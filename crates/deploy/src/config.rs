//! A `fly.toml`, and the machine's config that the Machines API's create takes, exactly as flyctl makes it of one.
//!
//! What flyctl does with a key that it does not know is nothing, and with `15000` for a time something else at each key.
//! Here a file is understood whole or not at all: every key is translated as flyctl was seen to do it, or refused by
//! name and line, also those that flyctl knows and nobody here needs.
//!
//! ```
//! use deploy::config::FlyToml;
//!
//! let wrong = FlyToml::parse("app = \"web\"\nkill_timeout = 30\n").expect_err("a bare number");
//! assert_eq!(
//!     wrong.to_string(),
//!     "line 2: kill_timeout: is 30, wanted a time in quotes with its unit, such as \"15s\""
//! );
//! ```

mod error;
pub mod fly_toml;
mod go_duration;
mod guest;
mod limits;
pub mod machine;
mod values;

pub use error::Error;
pub use fly_toml::FlyToml;
pub use go_duration::GoDuration;
pub use guest::{Guest, Memory, Size};
pub use machine::MachineConfig;
pub use values::{EnvValue, Signal};
