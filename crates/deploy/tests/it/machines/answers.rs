//! Answers as they were recorded.

use deploy::machines::{Config, MachineId, MachineName, NewMachine};
use serde_json::{Value, json};

pub(super) const MACHINE: &str = "9080a0b0c0d003";

macro_rules! recorded {
    ($($name:ident),+) => {$(
        pub(super) fn $name() -> Value {
            serde_json::from_str(include_str!(concat!("answers/", stringify!($name), ".json"))).expect("JSON")
        }
    )+};
}

recorded!(app, created, lease, list, machine, secrets, wait);

pub(super) fn ok() -> Value {
    json!({ "ok": true })
}

pub(super) fn id() -> MachineId {
    MACHINE.parse().expect("an id")
}

/// The recorded machine under another name and with these metadata.
pub(super) fn named(name: &str, metadata: &Value) -> Value {
    let mut machine = machine();
    machine["name"] = json!(name);
    machine["config"]["metadata"] = metadata.clone();
    machine
}

pub(super) fn new_machine() -> NewMachine {
    NewMachine {
        name: "web-42-0".parse::<MachineName>().expect("a name"),
        region: "ams".parse().expect("a region"),
        config: Config::new(
            json!({"image": "registry.fly.io/web:deployment-42", "metadata": {"ship_release": "42.f.d"}}),
        ),
        skip_launch: false,
        cordoned: true,
    }
}
