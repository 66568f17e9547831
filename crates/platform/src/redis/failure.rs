//! What went wrong with Redis, by a word of a bounded set: Redis' own, which begins each of its errors, or ours for what
//! happened on the way. The rest of a text is left out: it can name keys and addresses.

use fred::error::{Error, ErrorKind};
use fred::types::config::Server;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::telemetry::throttle;

/// Redis' own words. A new one is `OTHER`, until it stands here.
const WORDS: [&str; 20] = [
    "ERR",
    "READONLY",
    "OOM",
    "NOPERM",
    "NOAUTH",
    "WRONGPASS",
    "WRONGTYPE",
    "LOADING",
    "MISCONF",
    "BUSY",
    "BUSYKEY",
    "MASTERDOWN",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "CROSSSLOT",
    "MOVED",
    "ASK",
    "TRYAGAIN",
    "EXECABORT",
    "NOPROTO",
];

/// Redis' own word, if it was Redis that said no. An older server tells it from within the error of a script.
pub(super) fn word(error: &Error) -> Option<&'static str> {
    let text = error.details();
    // From a script, Redis 7 leaves its word out.
    if text.contains("The user executing the script can't") {
        return Some("NOPERM");
    }
    let first = text.split_whitespace().next()?;
    if first == "ERR" {
        let within = text.split(|letter: char| !letter.is_ascii_alphanumeric()).skip(1);
        return within.filter_map(known).next().or(Some("ERR"));
    }
    let capitals = first.len() > 2 && first.bytes().all(|byte| byte.is_ascii_uppercase());
    known(first).or_else(|| (capitals && *error.kind() == ErrorKind::Unknown).then_some("OTHER"))
}

fn known(text: &str) -> Option<&'static str> {
    WORDS.into_iter().find(|word| *word == text)
}

/// Redis' own word, or ours.
pub(super) fn class(error: &Error) -> &'static str {
    word(error).unwrap_or_else(|| match error.kind() {
        ErrorKind::Timeout => "timed_out",
        ErrorKind::IO if error.details().contains("refused") => "connection_refused",
        ErrorKind::IO | ErrorKind::Canceled => "connection_lost",
        ErrorKind::Tls => "tls",
        ErrorKind::Auth => "credential",
        ErrorKind::Protocol | ErrorKind::Parse => "no_redis",
        ErrorKind::Routing | ErrorKind::Backpressure => "not_connected",
        _ => "client",
    })
}

/// Tells that Redis said no.
pub(super) fn tell_of_refusal(class: &'static str, operation: &'static str) {
    let Some(count) = throttle::due("Redis refused a command", class) else { return };
    if is_credential(class) {
        tracing::error!(class, operation, count, "Redis refused a command");
    } else {
        tracing::warn!(class, operation, count, "Redis refused a command");
    }
}

/// Tells why there is no connection, until the client ends.
pub(super) async fn tell_of_connections(mut errors: Receiver<(Error, Option<Server>)>) {
    loop {
        let class = match errors.recv().await {
            Ok((error, _)) => class(&error),
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let Some(count) = throttle::due("Redis is not connected", class) else { continue };
        if is_credential(class) {
            tracing::error!(class, count, "Redis is not connected");
        } else {
            tracing::warn!(class, count, "Redis is not connected");
        }
    }
}

fn is_credential(class: &str) -> bool {
    matches!(class, "NOAUTH" | "WRONGPASS" | "credential")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_own_word_is_the_first_of_its_texts_or_stands_within_the_error_of_a_script() {
        for (text, wanted) in [
            ("READONLY You can't write against a read only replica.", "READONLY"),
            ("OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
            ("NOPERM this user has no permissions to run the 'incrby' command", "NOPERM"),
            ("ERR unknown command 'x', with args beginning with: 'ada@example.com'", "ERR"),
            ("FULL of something new", "OTHER"),
            (
                "ERR Error running script: @user_script:1: -READONLY You can't write against a read only replica.",
                "READONLY",
            ),
            ("ERR The user executing the script can't run this command or subcommand script: 1f", "NOPERM"),
        ] {
            let error = Error::new(ErrorKind::Unknown, text);
            assert_eq!((word(&error), class(&error)), (Some(wanted), wanted));
        }
    }

    #[test]
    fn what_happened_on_the_way_is_no_word_of_redis() {
        for (kind, text, wanted) in [
            (ErrorKind::IO, "Connection refused (os error 111)", "connection_refused"),
            (ErrorKind::IO, "IO error", "connection_lost"),
            (ErrorKind::Canceled, "Canceled.", "connection_lost"),
            (ErrorKind::Timeout, "Request timed out.", "timed_out"),
            (ErrorKind::Unknown, "ada@example.com", "client"),
        ] {
            let error = Error::new(kind, text);
            assert_eq!((word(&error), class(&error)), (None, wanted), "{text}");
        }
    }
}
