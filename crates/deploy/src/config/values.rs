//! Values of a `fly.toml` whose mistakes are told with what was wanted.

use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};
use toml::Value;

/// Reads a value that `parse` understands; any other is told beside what was wanted.
pub(super) fn read<'de, D: Deserializer<'de>, T>(
    from: D,
    wanted: &str,
    parse: impl Fn(&Value) -> Option<T>,
) -> Result<T, D::Error> {
    let value = Value::deserialize(from)?;
    parse(&value).ok_or_else(|| D::Error::custom(format!("is {value}, wanted {wanted}")))
}

/// A value of `[env]`. flyctl makes a text of anything; here only of what can be written in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvValue(pub String);

impl<'de> Deserialize<'de> for EnvValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from, "a text in quotes, a whole number, true or false", |value| match value {
            Value::String(text) => Some(Self(text.clone())),
            Value::Integer(number) => Some(Self(number.to_string())),
            Value::Boolean(yes) => Some(Self(yes.to_string())),
            _ => None,
        })
    }
}

/// A signal that the Machines API can stop a machine with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DeriveDeserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "they are named as signal(7) has them")]
pub enum Signal {
    SigHup,
    SigInt,
    SigQuit,
    SigKill,
    SigUsr1,
    SigUsr2,
    SigTerm,
}

/// Reads `[[restart]]`, `[[metrics]]` or `[[vm]]`. Of several for one process group flyctl takes the first and says
/// nothing of the others.
pub(super) fn once<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    struct Once<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Once<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a table in double brackets, once")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<T>, A::Error> {
            let first = list.next_element()?;
            match list.next_element::<T>()? {
                None => Ok(first),
                Some(_) => Err(A::Error::invalid_length(2, &self)),
            }
        }
    }
    from.deserialize_seq(Once(PhantomData))
}
