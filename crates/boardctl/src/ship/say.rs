//! What a command that ships says while it works, and at its end: lines for people, or one JSON object a line.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::exit::Exit;

/// Says it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Say {
    json: bool,
}

/// How it ended: for people in a few sentences, for programs in fields.
#[derive(Clone, Debug)]
pub(crate) struct LastWord {
    /// How.
    pub(crate) exit: Exit,
    /// What came of it, and what to do: two or three sentences.
    pub(crate) told: String,
    /// What else a program may want.
    pub(crate) more: Value,
}

impl LastWord {
    /// With nothing beside the words.
    pub(crate) fn new(exit: Exit, told: impl Into<String>) -> Self {
        Self { exit, told: told.into(), more: json!({}) }
    }
}

impl Say {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether it is for programs.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Something happened, so long after the run began: words for people, fields for programs.
    pub(crate) fn live(self, at: Duration, told: &str, fields: Value) {
        out(&self.line(at, told, fields));
    }

    /// A part of what was asked for: words for people, an object for programs.
    pub(crate) fn part(self, told: &str, object: &Value) {
        if self.json { out(&object.to_string()) } else { out(told) }
    }

    /// How it ended, as the last of all.
    pub(crate) fn end(self, last: &LastWord) {
        if last.exit == Exit::Misconfigured && !self.json {
            return self.warn(&last.told);
        }
        if !last.told.is_empty() || self.json {
            out(&self.last(last));
        }
    }

    /// What concerns nothing that was asked for, and a person should know.
    pub(crate) fn warn(self, told: &str) {
        line(std::io::stderr(), &format!("boardctl: {told}"));
    }

    fn line(self, at: Duration, told: &str, fields: Value) -> String {
        if !self.json {
            return format!("[{:7.2} s] {told}", at.as_secs_f64());
        }
        let mut line = json!({ "at_ms": millis(at), "told": told });
        add(&mut line, fields);
        line.to_string()
    }

    fn last(self, last: &LastWord) -> String {
        let LastWord { exit, told, more } = last;
        if !self.json {
            return format!("\n{told}");
        }
        let mut line = json!({ "outcome": exit.word(), "exit": exit.code(), "told": told });
        add(&mut line, more.clone());
        line.to_string()
    }
}

fn out(text: &str) {
    line(std::io::stdout(), text);
}

/// A line for whoever reads. A reader that went away, as of `boardctl deploy … | head`, ends no run in mid-deploy: what it
/// does goes on without words, and its exit code says how it ended.
fn line(mut to: impl Write, text: &str) {
    if writeln!(to, "{text}").is_ok() {
        let _nobody_reads = to.flush();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn add(line: &mut Value, fields: Value) {
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
        line.extend(fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_get_words_and_programs_an_object_a_line() {
        let at = Duration::from_millis(1_234);
        assert_eq!(Say::new(false).line(at, "cordoned a", json!({"machine": "a"})), "[   1.23 s] cordoned a");
        let line: Value =
            serde_json::from_str(&Say::new(true).line(at, "cordoned a", json!({"machine": "a"}))).expect("an object");
        assert_eq!(line, json!({"at_ms": 1_234, "told": "cordoned a", "machine": "a"}));
    }

    #[test]
    fn a_reader_that_went_away_stops_nobody() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        assert!((&writer).write_all(b"x").is_err(), "nobody reads");
        line(writer, "cordoned a");
    }

    #[test]
    fn the_last_line_is_the_outcome_with_its_code() {
        let outcome =
            LastWord { more: json!({"commit": "abc"}), ..LastWord::new(Exit::TakenBack, "It was taken back.") };
        assert_eq!(Say::new(false).last(&outcome), "\nIt was taken back.");
        let line: Value = serde_json::from_str(&Say::new(true).last(&outcome)).expect("an object");
        let wanted = json!({"outcome": "taken_back", "exit": 2, "told": "It was taken back.", "commit": "abc"});
        assert_eq!(line, wanted);
    }
}
