//! A `fly.toml` as release records keep it. flyctl deploys secrets by what it reads there: a record without a strategy has
//! it replace machines in place.

use deploy::config::FlyToml;
use serde_json::{Value, json};

/// The file as JSON, as flyctl was seen to send it: values of `[env]` are texts, `auto_stop_machines` is its old form.
pub(crate) fn definition(text: &str, toml: &FlyToml) -> Value {
    let mut definition: Value = toml::from_str(text).unwrap_or_default();
    definition["env"] = toml.env.iter().map(|(name, value)| (name.clone(), json!(value.0))).collect();
    if let Some(stop) = definition.pointer_mut("/http_service/auto_stop_machines") {
        match stop.as_str() {
            Some("off") => *stop = json!(false),
            Some("stop") => *stop = json!(true),
            _ => {}
        }
    }
    definition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_files_are_written_down_as_flyctl_would() {
        let text = include_str!("../../../../fly/api.toml");
        let definition = definition(text, &FlyToml::parse(text).expect("our own"));
        assert_eq!(definition["deploy"]["strategy"], "bluegreen");
        assert_eq!((&definition["env"]["WORKERS"], &definition["kill_timeout"]), (&json!("1"), &json!("30s")));
        assert_eq!(definition["http_service"]["auto_stop_machines"], true);
        assert_eq!(definition["vm"][0]["memory"], "512mb");
        assert!(definition["env"].as_object().expect("a table").values().all(Value::is_string));
    }
}
