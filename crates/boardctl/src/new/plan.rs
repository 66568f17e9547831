//! What a new function changes, all of it at once, before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use deploy::config::FlyToml;
use deploy::rules::{self, FLEET};

use super::template::{PREFIX, REGION};
use super::{Kind, Name};

/// Where rights are.
pub(super) const GRANTS: &str = "migrations/grants.sql";

/// What comes before the list of roles in it, and what after it.
const LIST: (&str, &str) = ("set_config('board.roles', '", "'");

/// What comes after the sections of all functions.
const AFTER: &str = "-- A login that owns too little";

/// What there is already.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The texts of `fly/*.toml`, by name.
    pub fly: BTreeMap<String, String>,
    /// The text of `migrations/grants.sql`.
    pub grants: String,
    /// The names of all crates, also of others', as `Cargo.lock` has them.
    pub crates: BTreeSet<String>,
}

/// Texts of files, by their paths in the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What its app is called.
    pub app: String,
    /// Those that are new.
    pub made: BTreeMap<String, String>,
    /// Those that are there.
    pub changed: BTreeMap<String, String>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Something has the name.
    #[error("{0} is the name of {1}")]
    Taken(Name, &'static str),
    /// A file is another than this was written for.
    #[error("{GRANTS} has no place for it: wanted {0:?}")]
    NoPlace(&'static str),
    /// With it the files in `fly/` would break rules: mostly, that the database has room for all.
    #[error("with it fly/ would break a rule, and nothing was written:\n  {}", .0.join("\n  "))]
    Broken(Vec<String>),
}

impl Plan {
    /// The plan.
    ///
    /// # Errors
    /// When the name is taken, or a file has no place for it, or rules would be broken.
    pub fn of(name: &Name, kind: Kind, tree: &Tree) -> Result<Self, Refused> {
        let taken = |by| Err(Refused::Taken(name.clone(), by));
        let file = format!("{name}.toml");
        if tree.fly.contains_key(&file) {
            return taken("a file in fly/");
        }
        if tree.crates.contains(name.as_str()) {
            return taken("a crate of ours, or of one that we build on");
        }
        let mut fly = tree.fly.clone();
        let home = Home::of(tree);
        fly.insert(file.clone(), kind.app(name, &home));
        let fleet = fly.entry(FLEET.to_owned()).or_default();
        *fleet = format!("{}\n\n{}", fleet.trim_end(), kind.fleet(name));
        let broken = rules::broken(&fly);
        if !broken.is_empty() {
            return Err(Refused::Broken(broken.iter().map(ToString::to_string).collect()));
        }
        let mut made: BTreeMap<_, _> =
            kind.files(name).map(|(path, text)| (format!("crates/{name}/{path}"), text)).collect();
        let mut moved = |file: &str| (format!("fly/{file}"), fly.remove(file).unwrap_or_default());
        made.extend([moved(&file)]);
        let changed = BTreeMap::from([moved(FLEET), (GRANTS.to_owned(), granted(name, &tree.grants)?)]);
        Ok(Self { app: format!("{}{name}", home.prefix), made, changed })
    }
}

/// What `migrate`, of which each tree has one, tells of all apps.
pub(super) struct Home {
    /// What their names begin with.
    pub(super) prefix: String,
    /// Where they are, as their files say it.
    pub(super) region: String,
}

impl Home {
    fn of(tree: &Tree) -> Self {
        let migrate = tree.fly.get("migrate.toml").and_then(|text| FlyToml::parse(text).ok());
        let prefix = migrate.as_ref().and_then(|migrate| migrate.app.strip_suffix("migrate"));
        let region = migrate.as_ref().and_then(|migrate| migrate.primary_region.as_deref());
        let region = region.map_or_else(|| REGION.to_owned(), |region| format!("primary_region = {region:?}"));
        Self { prefix: prefix.unwrap_or(PREFIX).to_owned(), region }
    }
}

/// With its role, which reads what was applied and nothing else yet.
fn granted(name: &Name, grants: &str) -> Result<String, Refused> {
    let (before, rest) = grants.split_once(LIST.0).ok_or(Refused::NoPlace(LIST.0))?;
    let (list, after) = rest.split_once(LIST.1).ok_or(Refused::NoPlace(LIST.1))?;
    let (sections, last) = after.split_once(AFTER).ok_or(Refused::NoPlace(AFTER))?;
    let role = name.role();
    let own = format!(
        "-- {name}: nothing of the board yet.\nGRANT SELECT (version, name) ON refinery_schema_history TO {role};\n\n"
    );
    Ok(format!("{before}{}{list}, {role}{}{sections}{own}{AFTER}{last}", LIST.0, LIST.1))
}
