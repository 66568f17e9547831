//! Manifests as text, as people are used to read them.

use std::fmt::Write as _;

use serde_json::Value;

/// One document after the other. Every text is quoted as in JSON, which YAML reads alike, so that none can be taken for a
/// number, a date or a word of YAML.
#[must_use]
pub fn text(documents: &[Value]) -> String {
    documents.iter().fold(String::new(), |mut all, document| {
        all.push_str("---\n");
        block(document, 0, &mut all);
        all
    })
}

/// On lines of its own, each this far in.
fn block(value: &Value, indent: usize, to: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let _ = write!(to, "{:indent$}{}:", "", self::key(key));
                behind(value, indent + 2, to);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut lines = String::new();
                block(item, indent + 2, &mut lines);
                let _ = write!(to, "{:indent$}- {}", "", lines.trim_start());
            }
        }
        flat => {
            let _ = writeln!(to, "{:indent$}{flat}", "");
        }
    }
}

/// Behind a key: on its line, or below it.
fn behind(value: &Value, indent: usize, to: &mut String) {
    let is_empty =
        value.as_object().is_some_and(serde_json::Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if !is_empty && (value.is_object() || value.is_array()) {
        to.push('\n');
        block(value, indent, to);
    } else {
        let _ = writeln!(to, " {value}");
    }
}

/// As it is, where it begins with a letter and has only what YAML reads as part of a word.
fn key(key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    let is_word = key.starts_with(|letter: char| letter.is_ascii_alphabetic()) && key.chars().all(plain);
    let is_taken =
        ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&key.to_ascii_lowercase().as_str());
    if is_word && !is_taken { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_read_as_people_write_them() {
        let document = json!({
            "kind": "Toy",
            "list": [{ "a": 1, "b": ["x", "y"] }, "no", []],
            "empty": {},
            "on": true,
            "text": "a: \"b\"\n# c",
        });
        let wanted = "---\nempty: {}\nkind: \"Toy\"\nlist:\n  - a: 1\n    b:\n      - \"x\"\n      - \"y\"\n  - \"no\"\n  - []\n\"on\": \
                      true\ntext: \"a: \\\"b\\\"\\n# c\"\n";
        assert_eq!(text(&[document]), wanted);
        assert_eq!(text(&[json!({}), json!({})]), "---\n{}\n---\n{}\n");
    }
}
