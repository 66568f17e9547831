//! What was asked for, as people are told of it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

use super::{Asked, Misconfigured, Reader, Shown, address};

impl Reader {
    /// A table of everything that was asked for, for `--help`.
    #[must_use]
    pub fn help(&self) -> String {
        let mut text = String::new();
        for (group, asked) in self.groups() {
            if !group.is_empty() {
                let _ = writeln!(text, "{group}");
            }
            for Asked { name, wanted, default, about, .. } in asked {
                let default =
                    default.as_ref().map_or_else(|| "required".to_owned(), |value| format!("default {value}"));
                let _ = writeln!(text, "  {name}\n      {about}\n      {wanted}; {default}");
            }
        }
        text
    }

    /// What is used, without secrets.
    fn used(&self) -> Vec<Used> {
        let used = self.groups().flat_map(|(_, asked)| asked).map(|asked| {
            let set = self.values.get(asked.name);
            let value = match (set, asked.kind) {
                (None, _) => asked.default.clone(),
                (Some(text), Shown::All) => Some(text.clone()),
                (Some(text), Shown::Place) => Some(address::place(text)),
                (Some(_), Shown::Nothing) => Some(address::HIDDEN.to_owned()),
            };
            Used { name: asked.name, value, is_default: set.is_none() }
        });
        used.collect()
    }

    /// Each group where it was asked for first.
    fn groups(&self) -> impl Iterator<Item = (&'static str, impl Iterator<Item = &Asked>)> {
        let mut groups: Vec<&'static str> = Vec::new();
        for asked in &self.asked {
            if !groups.contains(&asked.group) {
                groups.push(asked.group);
            }
        }
        groups.into_iter().map(|group| (group, self.asked.iter().filter(move |asked| asked.group == group)))
    }

    /// What changes nothing: as it was noted, and whatever is set that nobody has asked for though it looks so.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let unread = self.values.keys().filter(|name| self.asked.iter().all(|asked| asked.name != *name));
        let unread = unread.filter_map(|name| {
            let ours = self.asked.iter().map(|asked| asked.name);
            match ours.min_by_key(|asked| strsim::damerau_levenshtein(asked, &name.to_ascii_uppercase())) {
                Some(meant) if is_near(meant, name) && !name.starts_with("OTEL_BLRP_") => {
                    Some(format!("{name} is not known, and not used: is it {meant}?"))
                }
                _ => of_others(name).map(|instead| format!("{name} {instead}")),
            }
        });
        self.notices.iter().cloned().chain(unread).collect()
    }
}

/// What a setting comes to.
#[derive(Debug, Serialize)]
struct Used {
    name: &'static str,
    /// As far as it may be shown; `None` where it is missing.
    value: Option<String>,
    is_default: bool,
}

/// For whom something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Human,
    Json,
}

/// Settings, looked at without being used.
#[derive(Debug)]
pub(crate) struct Checked {
    used: Vec<Used>,
    pub(crate) notices: Vec<String>,
}

impl Checked {
    pub(crate) fn of(reader: &Reader) -> Self {
        Self { used: reader.used(), notices: reader.notices() }
    }

    pub(crate) fn print(&self, form: Form, wrong: Option<&Misconfigured>) {
        let mistakes = wrong.map_or(&[][..], |Misconfigured(mistakes)| mistakes);
        let Self { used, notices } = self;
        if form == Form::Json {
            println!("{}", json!({ "settings": used, "notices": notices, "mistakes": mistakes }));
            return;
        }
        for Used { name, value, is_default } in used {
            let value = value.as_deref().unwrap_or("(missing)");
            println!("{name}={value}{}", if *is_default { "  (default)" } else { "" });
        }
        notices.iter().for_each(|notice| println!("\nnotice: {notice}"));
        mistakes.iter().for_each(|mistake| println!("\nmistake: {mistake}"));
    }
}

/// Whether a name is one of ours but for a slip or two: a letter too many, missing, wrong or out of order.
fn is_near(ours: &str, name: &str) -> bool {
    let slips = strsim::damerau_levenshtein(ours, &name.to_ascii_uppercase());
    slips <= 2 && slips * 4 <= ours.len()
}

fn of_others(name: &str) -> Option<&'static str> {
    const PROXIES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    const LIBPQ: [&str; 22] = [
        "PGAPPNAME",
        "PGCHANNELBINDING",
        "PGCONNECT_TIMEOUT",
        "PGDATABASE",
        "PGGSSENCMODE",
        "PGHOST",
        "PGHOSTADDR",
        "PGOPTIONS",
        "PGPASSFILE",
        "PGPASSWORD",
        "PGPORT",
        "PGREQUIREAUTH",
        "PGSERVICE",
        "PGSERVICEFILE",
        "PGSSLCERT",
        "PGSSLCRL",
        "PGSSLKEY",
        "PGSSLMINPROTOCOLVERSION",
        "PGSSLMODE",
        "PGSSLROOTCERT",
        "PGTARGETSESSIONATTRS",
        "PGUSER",
    ];
    match name {
        _ if name.starts_with("OTEL_") => Some("is not supported here, and not used"),
        _ if LIBPQ.contains(&name) => Some("is not used: DATABASE_URL says all of the database"),
        _ if PROXIES.contains(&&*name.to_ascii_uppercase()) => Some("is not obeyed: no proxy is asked"),
        _ => None,
    }
}
