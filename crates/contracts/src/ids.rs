//! Ids that cannot be taken for one another. All are UUIDv7: they sort by the time they were made at.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// Somebody who signed in once.
    PersonId;
    /// Somebody who hires.
    CompanyId;
    /// A job of a company.
    JobId;
    /// One person's application for one job.
    ApplicationId;
    /// One mailed link.
    SignInId;
    /// One signing in, and all that is renewed from it until it ends.
    SessionId;
}
