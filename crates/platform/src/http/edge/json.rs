//! JSON in which no object names a member twice. RFC 8259 leaves open what that means, and serde_json keeps the last
//! one in silence, where whoever looked at the body before us may have taken the first.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::sabotage;

/// What a text holds.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) value: Value,
    /// The members that are given more than once, each by the names and places on the way to it.
    pub(super) twice: BTreeSet<Vec<String>>,
}

/// Reads a text.
///
/// # Errors
/// When it is no JSON.
pub(super) fn read(text: &[u8]) -> Result<Read, serde_json::Error> {
    let twice = RefCell::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Inside { way: &Way::Start, twice: &twice }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(Read { value, twice: twice.into_inner() })
}

/// How one came to a value.
enum Way<'a> {
    Start,
    Member(&'a Way<'a>, &'a str),
    Item(&'a Way<'a>, usize),
}

impl Way<'_> {
    fn names(&self) -> Vec<String> {
        let (before, name) = match self {
            Self::Start => return Vec::new(),
            Self::Member(before, name) => (before, (*name).to_owned()),
            Self::Item(before, place) => (before, place.to_string()),
        };
        let mut names = before.names();
        names.push(name);
        names
    }
}

/// Reads the value to which this way leads.
struct Inside<'a> {
    way: &'a Way<'a>,
    twice: &'a RefCell<BTreeSet<Vec<String>>>,
}

impl<'de> DeserializeSeed<'de> for Inside<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inside<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) =
            items.next_element_seed(Inside { way: &Way::Item(self.way, list.len()), twice: self.twice })?
        {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let way = Way::Member(self.way, &name);
            let value = members.next_value_seed(Inside { way: &way, twice: self.twice })?;
            if object.contains_key(&name) && !sabotage::takes_out("members given once") {
                self.twice.borrow_mut().insert(way.names());
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn twice(text: &str) -> Vec<String> {
        read(text.as_bytes()).expect("JSON").twice.into_iter().map(|names| names.join(" ")).collect()
    }

    /// Guards: members given once.
    #[test]
    fn a_member_that_is_given_twice_is_named_at_every_depth_and_once() {
        assert_eq!(twice(r#"{"a":1,"a":1}"#), ["a"]);
        assert_eq!(twice(r#"{"a":{"b":[0,{"c":1,"c":2,"c":3}]},"d":4}"#), ["a b 1 c"]);
        assert_eq!(twice(r#"{"a":{"b":1,"b":2},"a":{"b":3,"b":4}}"#), ["a", "a b"]);
        assert_eq!(twice(r#"{"a":1,"\u0061":2}"#), ["a"], "however it is written");
        assert_eq!(twice(r#"[{"a":1},{"a":1}]"#), [""; 0], "in two objects");
    }

    #[test]
    fn what_serde_json_refuses_is_refused_at_the_same_place() {
        let deep = "[".repeat(200);
        for wrong in ["", "{", "{\"a\":}", "[1,]", "{} {}", "nul", "01", "\u{feff}{}", &deep] {
            let (ours, theirs) =
                (read(wrong.as_bytes()), serde_json::from_str::<Value>(wrong).expect_err("it is no JSON"));
            assert_eq!(ours.expect_err("it is no JSON").to_string(), theirs.to_string(), "{wrong}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,3}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_has_no_member_twice_is_read_as_serde_json_reads_it(value in any_json()) {
            let text = value.to_string();
            let read = read(text.as_bytes()).expect("JSON");
            let theirs: Value = serde_json::from_str(&text).expect("JSON");
            prop_assert_eq!((read.value, read.twice.len()), (theirs, 0));
        }
    }
}
