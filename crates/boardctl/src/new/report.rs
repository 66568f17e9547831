//! What is said of a new function, and what a person still has to do.

use serde_json::{Value, json};

use super::{Kind, Name, Plan};

/// For people.
pub(super) fn text(name: &Name, kind: Kind, plan: &Plan, locked: bool) -> String {
    let made = plan.made.keys().map(|path| format!("  new      {path}"));
    let changed = plan.changed.keys().map(|path| format!("  changed  {path}"));
    let mut lines: Vec<String> = made.chain(changed).collect();
    lines.push("\nNext:\n".to_owned());
    lines.extend(next(name, locked).into_iter().map(|command| format!("  {command}")));
    lines.push("\nBy hand:\n".to_owned());
    lines.extend(by_hand(name, kind, &plan.app).into_iter().map(|what| format!("  - {what}")));
    lines.join("\n")
}

/// The same for programs.
pub(super) fn json(name: &Name, kind: Kind, plan: &Plan, locked: bool) -> Value {
    json!({
        "name": name.as_str(),
        "kind": kind,
        "made": plan.made.keys().collect::<Vec<_>>(),
        "changed": plan.changed.keys().collect::<Vec<_>>(),
        "next": next(name, locked),
        "by_hand": by_hand(name, kind, &plan.app),
    })
}

/// Commands, in order.
fn next(name: &Name, locked: bool) -> Vec<String> {
    let lock = (!locked).then(|| "cargo update --workspace".to_owned());
    let all = ["scripts/check".to_owned(), format!("scripts/test -p {name}"), format!("scripts/rehearse {name}")];
    lock.into_iter().chain(all).collect()
}

fn by_hand(name: &Name, kind: Kind, app: &str) -> Vec<String> {
    let own = match kind {
        Kind::Http => format!(
            "what it is for: crates/{name}/src/moment is a placeholder. Its load in a rehearsal is GET /v1/{name} by anybody; \
             another one is a script in crates/boardctl/src/rehearse/scripts.rs"
        ),
        Kind::Worker => format!(
            "what it is for: crates/{name}/src/round.rs is a placeholder. In a rehearsal it is at work as long as board_rounds_total \
             grows and board_rounds_failed_total does not"
        ),
    };
    let addresses = match kind {
        Kind::Http => format!("; fly ips allocate --app {app}"),
        Kind::Worker => String::new(),
    };
    vec![
        own,
        "what it may do with tables: its section of migrations/grants.sql, and then the test of all rights, \
         crates/migrate/tests/it/rights.rs"
            .to_owned(),
        format!(
            "a row in the README's table of crates; and, to have its machines and manifests in snapshots, word by word, \
             {name} in READ of crates/deploy/tests/it/rules.rs"
        ),
        format!(
            "once, at Fly: fly apps create {app}{addresses}; and when migrate has been shipped with it, which makes its group: a \
             login that is a member of {}; fly secrets set --stage --app {app} DATABASE_URL=…; then its job once more",
            name.role()
        ),
        format!("once, at GitHub: an environment of the name {name}, with its own FLY_API_TOKEN"),
    ]
}
