//! What is wrong with a `fly.toml`, and where.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A `fly.toml` that is not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {}{told}", named(.key))]
pub struct Error {
    /// Counted from 1.
    pub line: usize,
    /// The key and those that it stands in, such as `http_service.checks.0.path`; empty where there is none.
    pub key: String,
    /// What is wrong, and what is wanted.
    pub told: String,
}

fn named(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}: ") }
}

impl Error {
    /// What serde or the parser found, with the key that stands there.
    pub(crate) fn found(text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or_default();
        let table = DeTable::parse(text).ok();
        let path = table.and_then(|table| path_at(table.get_ref(), &span)).unwrap_or_default();
        let told = match not_translated(&path) {
            Some(reason) => format!("is not translated here: {reason}"),
            None => error.message().replace('\n', ", "),
        };
        Self { line: line_of(text, span.start), key: path.join("."), told }
    }

    /// What is wrong with the value at this key.
    pub(super) fn at(text: &str, path: &[&str], told: String) -> Self {
        let place = DeTable::parse(text).ok().and_then(|table| place_of(table.get_ref(), path));
        Self { line: line_of(text, place.unwrap_or_default()), key: path.join("."), told }
    }
}

/// Why a key is refused that flyctl knows. None of these is a field of what is read, so that a mistake there is always
/// that it is there at all.
fn not_translated(path: &[String]) -> Option<&'static str> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["build"] => Some("images are built before, and given by their digest"),
        ["mounts" | "mount"] => Some("no function keeps anything on a disk"),
        ["statics" | "files"] => Some("what a function needs is in its image"),
        ["services"] => Some("[http_service] is the one service"),
        ["experimental" | "machine_config"] => Some("it goes round all that is held here"),
        ["swap_size_mb"] => Some("a function that swaps is a slow one that no check finds"),
        ["console_command"] => Some("nobody runs a console beside a function"),
        ["deploy", "release_command" | "release_command_vm" | "release_command_timeout"] => {
            Some("migrate is an app of its own, and ships first")
        }
        ["deploy", "max_unavailable"] => Some("blue-green has every machine available"),
        ["http_service", "tls_options" | "http_options"] => Some("Fly's own are taken"),
        ["http_service", "checks", _, key] | ["checks", _, key] => match *key {
            "headers" | "protocol" | "tls_skip_verify" | "tls_server_name" => Some("a probe is a plain GET"),
            _ => None,
        },
        ["vm", _, "cpu_kind" | "cpus" | "memory_mb"] => Some("size and memory say it"),
        ["vm", _, "kernel_args" | "persist_rootfs" | "host_dedication_id"] => Some("no function needs it"),
        ["metrics", _, "https"] => Some("metrics are asked for within the private network"),
        _ => None,
    }
}

/// The way to the key or value that this is the place of. A table's own place is its head alone, which is also that of
/// its key: so keys are asked first, then what is in a table, then the table.
fn path_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    table.iter().find_map(|(key, value)| {
        let here = || value.span().contains(&span.start).then(Vec::new);
        let rest = if key.span() == *span { Some(Vec::new()) } else { below(value.get_ref(), span).or_else(here) };
        Some([vec![key.get_ref().to_string()], rest?].concat())
    })
}

fn below(value: &DeValue<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    match value {
        DeValue::Table(table) => path_at(table, span),
        DeValue::Array(array) => array.iter().enumerate().find_map(|(index, value)| {
            let here = || value.span().contains(&span.start).then(Vec::new);
            let rest = below(value.get_ref(), span).or_else(here);
            Some([vec![index.to_string()], rest?].concat())
        }),
        _ => None,
    }
}

/// Where the key at the end of this way stands, or the last one on it that there is.
fn place_of(table: &DeTable<'_>, path: &[&str]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == *first)?;
    let mut value = value;
    let mut rest = rest;
    if let (DeValue::Array(array), Some((index, below))) = (value.get_ref(), rest.split_first()) {
        value = array.get(index.parse::<usize>().ok()?)?;
        rest = below;
    }
    let below = value.get_ref().as_table().and_then(|table| place_of(table, rest));
    below.or(Some(key.span().start))
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
