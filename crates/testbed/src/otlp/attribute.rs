//! Attributes, as text: tests compare them with text.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

pub(super) fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|pair| (pair.key, text(pair.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|it| it.value) {
        None => String::new(),
        Some(Value::StringValue(text)) => text,
        Some(Value::BoolValue(yes)) => yes.to_string(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BytesValue(bytes)) => hex(&bytes),
        Some(Value::ArrayValue(array)) => {
            let items: Vec<String> = array.values.into_iter().map(|it| text(Some(it))).collect();
            format!("[{}]", items.join(", "))
        }
        Some(Value::KvlistValue(list)) => {
            let pairs = texts(list.values).into_iter();
            let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        // Only in profiles, which are not received here.
        Some(Value::StringValueStrindex(index)) => index.to_string(),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::ArrayValue;

    fn value(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    #[test]
    fn values_of_every_type_become_text() {
        let list = ArrayValue { values: vec![value(Value::IntValue(-1)), value(Value::BoolValue(true))] };
        assert_eq!(text(Some(value(Value::ArrayValue(list)))), "[-1, true]");
        assert_eq!(text(Some(value(Value::DoubleValue(0.5)))), "0.5");
        assert_eq!(text(Some(value(Value::BytesValue(vec![1, 255])))), "01ff");
        assert_eq!(text(None), "");
    }
}
