//! Names and ids. They stand in paths and bodies, so each is parsed where it enters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is none of the names it should be; the text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wanted {0}")]
pub struct Misnamed(&'static str);

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $longest:literal, $fits:expr, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Misnamed;

            fn try_from(text: String) -> Result<Self, Misnamed> {
                let fits = (1..=$longest).contains(&text.len()) && text.bytes().all($fits);
                if fits { Ok(Self(text)) } else { Err(Misnamed($wanted)) }
            }
        }

        impl FromStr for $name {
            type Err = Misnamed;

            fn from_str(text: &str) -> Result<Self, Misnamed> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

name! {
    /// An app of Fly's.
    AppName, 63, lower, "1 to 63 of a-z, 0-9 and -"
}
name! {
    /// The name that a machine of ours is made under. Fly does not say which it takes: these are taken for certain.
    MachineName, 63, lower, "1 to 63 of a-z, 0-9 and -"
}
name! {
    /// A machine's id: 14 hex digits today.
    MachineId, 64, word, "1 to 64 letters, digits, - and _"
}
name! {
    /// One version of a machine's configuration. It changes with each update, not with start, stop, lease, cordon or metadata.
    InstanceId, 64, word, "1 to 64 letters, digits, - and _"
}
name! {
    /// A region of Fly's: three letters today.
    Region, 16, lower, "1 to 16 of a-z, 0-9 and -"
}
name! {
    /// A key of a machine's metadata.
    MetadataKey, 64, word, "1 to 64 letters, digits, - and _"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_its_place_in_a_path_is_none() {
        for text in ["", "a/b", "a?b", "a b", "..", "a%2f", "ä", &"a".repeat(65)] {
            assert!(text.parse::<MachineId>().is_err(), "{text}");
            assert!(text.parse::<AppName>().is_err(), "{text}");
            assert!(text.parse::<MetadataKey>().is_err(), "{text}");
        }
        assert!("9080a0b0c0d001".parse::<MachineId>().is_ok());
        assert!("Web".parse::<MachineName>().is_err());
    }
}
