//! What happened to a machine.

use serde::Deserialize;
use serde_json::Value;

/// One thing that happened to a machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct Event {
    /// `launch`, `start`, `stop`, `exit` …
    pub kind: String,
    /// The state that it led to.
    pub status: String,
    /// `user`, `flyd`, `proxy` …
    pub source: String,
    /// When, in milliseconds since 1970.
    pub timestamp: i64,
    /// How the process ended, where it did.
    pub exit: Option<Exit>,
}

/// How a process ended. Fly leaves out what is zero or false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Exit {
    /// 0 for success, 1xx after signals.
    pub exit_code: i64,
    /// Whether somebody asked for it.
    pub requested_stop: bool,
    /// Whether memory ran out.
    pub oom_killed: bool,
    /// Whether it is started again.
    pub restarting: bool,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    source: String,
    timestamp: i64,
    request: Option<Value>,
}

impl From<Raw> for Event {
    fn from(Raw { kind, status, source, timestamp, request }: Raw) -> Self {
        let exit = request.as_ref().and_then(exit);
        Self { kind, status, source, timestamp, exit }
    }
}

/// Fly writes it in one of two places; with the first, it tells more.
fn exit(request: &Value) -> Option<Exit> {
    let exit = request.pointer("/MonitorEvent/exit_event").or_else(|| request.pointer("/exit_event"))?;
    Exit::deserialize(exit).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exit_of(request: &Value) -> Option<Exit> {
        let event = json!({"type": "exit", "status": "stopped", "source": "flyd", "timestamp": 7, "request": request});
        Event::deserialize(&event).expect("an event").exit
    }

    #[test]
    fn an_exit_is_read_from_either_place_and_zeros_are_left_out() {
        let crashed = Exit { exit_code: 137, oom_killed: true, ..Exit::default() };
        assert_eq!(exit_of(&json!({"exit_event": {"exit_code": 137, "oom_killed": true}})), Some(crashed));
        let both = json!({"exit_event": {"exit_code": 1}, "MonitorEvent": {"exit_event": {"requested_stop": true}}});
        assert_eq!(exit_of(&both), Some(Exit { requested_stop: true, ..Exit::default() }));
        assert_eq!(exit_of(&json!({"exit_event": {}})), Some(Exit::default()));
    }

    #[test]
    fn an_event_without_an_exit_has_no_code() {
        assert_eq!(exit_of(&json!(null)), None);
        assert_eq!(exit_of(&json!({"restart_count": 2})), None);
    }
}
