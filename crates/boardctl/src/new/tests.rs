use std::process::Command;

use deploy::config::FlyToml;
use deploy::rules::Fleet;

use super::*;

const KINDS: [Kind; 2] = [Kind::Http, Kind::Worker];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Our own, under the names that it had before anybody took theirs, where the database takes so many connections.
fn tree_with(connections: u32) -> Tree {
    let mut tree = Tree::read(&root()).expect("our own");
    let prefix = testbed::board::app("migrate").replace("migrate", "");
    tree.fly.values_mut().for_each(|text| *text = text.replace(&prefix, "board-"));
    let fleet = tree.fly.get_mut(rules::FLEET).expect("there is one");
    let before = Fleet::parse(fleet).expect("understood").database_connections;
    let line = |number: u32| format!("database_connections = {number}\n");
    *fleet = fleet.replace(&line(before), &line(connections));
    tree
}

/// The same, with as much room as anybody wants.
fn tree() -> Tree {
    tree_with(10_000)
}

#[test]
fn a_plan_is_a_whole_crate_an_app_and_a_role_and_changes_nothing_else() {
    let tree = tree();
    for kind in KINDS {
        let plan = Plan::of(&name("job-alerts"), kind, &tree).expect("a plan");
        assert!(plan.changed.keys().eq(["fly/fleet.toml", "migrations/grants.sql"]), "{:?}", plan.changed.keys());
        let app = FlyToml::parse(&plan.made["fly/job-alerts.toml"]).expect("understood");
        assert_eq!((app.app.as_str(), app.http_service.is_some()), ("board-job-alerts", kind == Kind::Http));
        let (files, rest): (Vec<_>, Vec<_>) =
            plan.made.iter().partition(|(path, _)| path.starts_with("crates/job-alerts/"));
        assert_eq!((files.len() > 5, rest.len()), (true, 1));
        for (path, text) in &plan.made {
            assert!(!text.contains("newcomer") && text.ends_with('\n'), "{path}");
        }
        for (path, text) in &plan.changed {
            let before = if path == "migrations/grants.sql" { &tree.grants } else { &tree.fly[rules::FLEET] };
            let lost: Vec<_> =
                before.lines().filter(|line| !text.contains(*line) && !line.contains("board.roles")).collect();
            assert!(lost.is_empty(), "{path} lost {lost:?}");
        }
        let grants = &plan.changed["migrations/grants.sql"];
        assert!(grants.contains(", board_job_alerts', true);"), "it is in the list");
        assert!(grants.contains("ON refinery_schema_history TO board_job_alerts;\n\n-- A login"), "before the proof");
    }
}

/// Whatever its name, it is as `cargo fmt` would have it.
#[test]
fn the_sources_are_formatted_with_the_shortest_name_and_with_the_longest() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sources = Vec::new();
    for (short, kind) in [("a", Kind::Http), ("b", Kind::Worker)] {
        for name in [name(short), name(&short.repeat(24))] {
            let plan = Plan::of(&name, kind, &tree()).expect("a plan");
            let made = Plan { changed: Default::default(), ..plan };
            write(folder.path(), &made).expect("written");
            sources.extend(made.made.into_keys().filter(|path| path.ends_with("main.rs") || path.ends_with("it.rs")));
        }
    }
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024", "--config-path"]).arg(root().join("rustfmt.toml"));
    let output = rustfmt.args(sources).current_dir(folder.path()).output().expect("rustfmt is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn its_app_is_called_as_the_others_are_and_is_where_they_are() {
    let mut tree = tree();
    for text in tree.fly.values_mut() {
        *text = text.replace("board-", "acme-jobs-").replace("\"ams\"", "\"fra\"");
    }
    for kind in KINDS {
        let plan = Plan::of(&name("job-alerts"), kind, &tree).expect("a plan");
        let app = FlyToml::parse(&plan.made["fly/job-alerts.toml"]).expect("understood");
        assert_eq!((app.app.as_str(), app.primary_region.as_deref()), ("acme-jobs-job-alerts", Some("fra")));
        assert!(plan.made["fly/job-alerts.toml"].contains("= \"http://acme-jobs-traces.internal:4318\"\n"));
        let told = report::text(&name("job-alerts"), kind, &plan, true);
        assert!(told.contains("fly apps create acme-jobs-job-alerts;") && !told.contains("board-"), "{told}");
        let plan = Plan::of(&name("job-board-sync"), kind, &tree).expect("a plan");
        let app = FlyToml::parse(&plan.made["fly/job-board-sync.toml"]).expect("understood");
        assert_eq!((app.app, plan.app.as_str()), ("acme-jobs-job-board-sync".to_owned(), "acme-jobs-job-board-sync"));
    }
}

#[test]
fn a_name_that_something_has_is_refused() {
    let tree = tree();
    for taken in ["api", "migrate", "fleet", "autoscaler", "platform", "boardctl", "serde", "url", "time"] {
        let refused = Plan::of(&name(taken), Kind::Http, &tree).expect_err(taken);
        assert!(matches!(refused, Refused::Taken(..)), "{refused}");
    }
}

#[test]
fn without_room_in_the_database_it_is_refused_with_the_arithmetic() {
    let refused = Plan::of(&name("job-alerts"), Kind::Http, &tree_with(60)).expect_err("no room").to_string();
    assert!(refused.contains("database_connections is 60, and both colours of all want"), "{refused}");
    assert!(refused.contains("job-alerts 4 × 7") && refused.contains("wanted room for all"), "{refused}");
}

#[test]
fn grants_that_are_others_than_this_was_written_for_are_told() {
    for gone in ["set_config('board.roles', '", "-- A login that owns too little"] {
        let mut tree = tree();
        tree.grants = tree.grants.replace(gone, "");
        assert_eq!(Plan::of(&name("job-alerts"), Kind::Worker, &tree), Err(Refused::NoPlace(gone)));
    }
}

#[test]
fn what_cannot_be_written_whole_is_not_written_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("migrations")).expect("made");
    // A folder where a file should be: the last that is written.
    std::fs::create_dir_all(folder.path().join("migrations/grants.sql")).expect("made");
    std::fs::create_dir_all(folder.path().join("fly")).expect("made");
    std::fs::write(folder.path().join("fly/fleet.toml"), "as it was").expect("written");
    let plan = Plan::of(&name("job-alerts"), Kind::Http, &tree()).expect("a plan");
    let error = write(folder.path(), &plan).expect_err("it cannot be written").to_string();
    assert!(error.contains("grants.sql"), "{error}");
    let kept = std::fs::read_to_string(folder.path().join("fly/fleet.toml")).expect("it is there");
    assert_eq!(kept, "as it was");
    assert!(!folder.path().join("fly/job-alerts.toml").exists());
    assert!(!folder.path().join("crates/job-alerts").exists());
}

#[test]
fn what_is_said_at_last() {
    for kind in KINDS {
        let name = name("job-alerts");
        let plan = Plan::of(&name, kind, &tree()).expect("a plan");
        insta::assert_snapshot!(format!("{kind:?}"), report::text(&name, kind, &plan, true));
        let json = report::json(&name, kind, &plan, false);
        assert_eq!((&json["name"], &json["next"][0]), (&"job-alerts".into(), &"cargo update --workspace".into()));
    }
}
