//! Each rule, broken by one change to the files that are shipped by.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use deploy::rules;

/// A file, what is in it once, and what stands there instead.
type Change = (&'static str, &'static str, &'static str);

const CHANGES: &[Change] = &[
    // Understood whole or not at all.
    ("api.toml", "kill_timeout = \"30s\"", "kill_timeout = 30"),
    ("api.toml", "interval = \"2s\"", "interval = 2000"),
    ("applications.toml", "force_https = true", "force_htps = true"),
    ("api.toml", "[[metrics]]", "[[mounts]]\nsource = \"data\"\n[[metrics]]"),
    // Every app.
    ("api.toml", "primary_region = \"ams\"", ""),
    ("api.toml", "[processes]\napp = \"\"", ""),
    ("email-worker.toml", "kill_signal = \"SIGTERM\"", ""),
    ("email-worker.toml", "kill_signal = \"SIGTERM\"", "kill_signal = \"SIGINT\""),
    ("migrate.toml", "kill_timeout = \"5s\"", ""),
    ("migrate.toml", "kill_timeout = \"5s\"", "kill_timeout = \"6m\""),
    ("migrate.toml", "[[vm]]\nsize = \"shared-cpu-1x\"\nmemory = \"256mb\"", ""),
    ("migrate.toml", "size = \"shared-cpu-1x\"", ""),
    ("migrate.toml", "memory = \"256mb\"", ""),
    ("migrate.toml", "memory = \"256mb\"", "memory = \"300mb\""),
    ("migrate.toml", "memory = \"256mb\"", "memory = \"4gb\""),
    ("api.toml", "WORKERS = 1", "WORKERS = 1\nTOKEN_SIGNING_KEY = \"x\""),
    // The way out.
    ("api.toml", "LAME_DUCK_S = 6", ""),
    ("api.toml", "LAME_DUCK_S = 6", "LAME_DUCK_S = \"six\""),
    ("api.toml", "LAME_DUCK_S = 6", "LAME_DUCK_S = 3"),
    ("api.toml", "interval = \"2s\"", "interval = \"4s\""),
    ("api.toml", "DRAIN_S = 12", "DRAIN_S = 24"),
    ("api.toml", "DRAIN_S = 12", ""),
    ("api.toml", "DRAIN_GIVE_UP_S = 25", "DRAIN_GIVE_UP_S = 30"),
    ("api.toml", "DRAIN_GIVE_UP_S = 25", ""),
    ("email-worker.toml", "wait_timeout = \"5m\"", "wait_timeout = \"30s\""),
    ("email-worker.toml", "wait_timeout = \"5m\"", ""),
    // Deploys, and coming back.
    ("api.toml", "strategy = \"bluegreen\"", "strategy = \"rolling\""),
    ("api.toml", "strategy = \"bluegreen\"", ""),
    ("api.toml", "policy = \"always\"", "policy = \"on-failure\""),
    ("api.toml", "policy = \"always\"", "policy = \"never\""),
    ("migrate.toml", "policy = \"never\"", "policy = \"always\""),
    ("migrate.toml", "[[restart]]\npolicy = \"never\"", ""),
    ("migrate.toml", "strategy = \"immediate\"", "strategy = \"bluegreen\""),
    ("migrate.toml", "[[vm]]", "[[metrics]]\nport = 9091\npath = \"/metrics\"\n[[vm]]"),
    // Probes.
    ("api.toml", "path = \"/routable\"", "path = \"/readyz\""),
    ("api.toml", "path = \"/routable\"", ""),
    ("api.toml", "interval = \"2s\"", ""),
    ("api.toml", "interval = \"2s\"", "interval = \"500ms\""),
    (
        "api.toml",
        "[[http_service.checks]]",
        "[[http_service.checks]]\ninterval = \"2s\"\ntimeout = \"1s\"\ngrace_period = \"5s\"\npath = \"/readyz\"\n[[http_service.checks]]",
    ),
    ("email-worker.toml", "path = \"/healthz\"", "path = \"/readyz\""),
    ("email-worker.toml", "path = \"/readyz?steady=10s\"", "path = \"/readyz\""),
    ("email-worker.toml", "[checks.alive]", "[checks.life]"),
    ("email-worker.toml", "timeout = \"5s\"", "timeout = \"20s\""),
    ("email-worker.toml", "timeout = \"5s\"", ""),
    ("email-worker.toml", "grace_period = \"10s\"", ""),
    ("email-worker.toml", "LISTEN = \"[::]:8080\"\nM", "LISTEN = \"[::]:8081\"\nM"),
    ("email-worker.toml", "LISTEN = \"[::]:8080\"\nM", "LISTEN = \"0.0.0.0:8080\"\nM"),
    ("email-worker.toml", "LISTEN = \"[::]:8080\"\nM", "M"),
    ("email-worker.toml", "port = 9091", "port = 9090"),
    ("email-worker.toml", "path = \"/metrics\"", "path = \"/\""),
    ("email-worker.toml", "[[metrics]]\nport = 9091\npath = \"/metrics\"", ""),
    // What the proxy routes to.
    ("api.toml", "CLIENT_ADDRESS = \"fly\"", ""),
    ("email-worker.toml", "WORKERS = 1", "WORKERS = 1\nCLIENT_ADDRESS = \"fly\""),
    ("api.toml", "force_https = true", "force_https = false"),
    ("api.toml", "internal_port = 8080", "internal_port = 8000"),
    ("api.toml", "processes = [\"app\"]", ""),
    ("api.toml", "processes = [\"app\"]", "processes = []"),
    ("api.toml", "auto_stop_machines = \"stop\"", "auto_stop_machines = \"suspend\""),
    ("api.toml", "auto_stop_machines = \"stop\"", ""),
    ("api.toml", "auto_start_machines = true", "auto_start_machines = false"),
    ("api.toml", "auto_start_machines = true", ""),
    ("api.toml", "min_machines_running = 0", ""),
    ("api.toml", "type = \"requests\"", "type = \"connections\""),
    ("api.toml", "type = \"requests\"", ""),
    ("api.toml", "soft_limit = 48", "soft_limit = 64"),
    ("api.toml", "soft_limit = 48", ""),
    ("api.toml", "hard_limit = 2000", "hard_limit = 64"),
    ("api.toml", "hard_limit = 2000", ""),
    ("api.toml", "AT_WORK_MAX = 64", ""),
    // Connections.
    ("api.toml", "\nPOOL_SIZE = 4", "\nPOOL_SIZE = 12"),
    ("api.toml", "\nPOOL_SIZE = 4", "\nPOOL_SIZE = 3"),
    ("api.toml", "\nPOOL_SIZE = 4", ""),
    ("api.toml", "BACKGROUND_POOL_SIZE = 3", "BACKGROUND_POOL_SIZE = 20"),
    ("api.toml", "BACKGROUND_POOL_SIZE = 3", "BACKGROUND_POOL_SIZE = \"many\""),
    ("api.toml", "WORKERS = 1", "WORKERS = 4"),
    ("api.toml", "WORKERS = 1", ""),
    ("fleet.toml", "[apps.email-worker]\nmachines = 3", "[apps.email-worker]\nmachines = 6"),
    ("fleet.toml", "database_connections = 150", "database_connections = 50"),
    // Images from elsewhere.
    ("traces.toml", "app = \"board-traces\"", ""),
    ("traces.toml", "primary_region = \"ams\"", ""),
    ("traces.toml", "jaeger:2.20.0", "jaeger:latest"),
    ("traces.toml", "policy = \"always\"", "policy = \"never\""),
    ("traces.toml", "[[restart]]\npolicy = \"always\"", ""),
    ("traces.toml", "[env]", "[http_service]\ninternal_port = 16686\n[env]"),
    ("traces.toml", "[env]", "[[services]]\ninternal_port = 16686\n[env]"),
    ("autoscaler.toml", "[processes]\napp = \"\"", ""),
    ("autoscaler.toml", "[[vm]]\nsize = \"shared-cpu-1x\"\nmemory = \"256mb\"", ""),
    ("autoscaler.toml", "[env]", "[env]\nFAS_API_TOKEN = \"x\""),
    ("autoscaler.toml", "[build]\nimage = \"flyio/fly-autoscaler:0.3.2\"", ""),
    ("fleet.toml", "[apps.migrate]", "[apps.traces]\nmachines = 1\nsecrets = []\n[apps.migrate]"),
    // The fleet.
    ("fleet.toml", "database_connections = 150", "database_connection = 150"),
    ("fleet.toml", "[apps.migrate]", "[apps.migrates]"),
    ("fleet.toml", "\"REDIS_URL\"", "\"REDIS_URL\", \"POOL_SIZE\""),
];

/// The apps whose files stand in snapshots, word by word. Of others the rules hold, and nobody has to write them there.
const READ: [&str; 6] = ["api", "applications", "autoscaler", "email-worker", "migrate", "traces"];

/// The files of these apps alone.
pub(super) fn read() -> BTreeMap<String, String> {
    let is_read = |name: &str| READ.contains(&name);
    let mut files = files();
    files.retain(|file, _| file == rules::FLEET || is_read(file.trim_end_matches(".toml")));
    let fleet = files.get_mut(rules::FLEET).expect("it is there");
    let mut apps = fleet.split("\n[apps.");
    let mut own = apps.next().expect("it begins").to_owned();
    for app in apps.filter(|app| app.split_once(']').is_some_and(|(name, _)| is_read(name))) {
        own += &format!("\n[apps.{app}");
    }
    *fleet = own;
    files
}

pub(super) fn files() -> BTreeMap<String, String> {
    rules::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fly"))).expect("the folder is there")
}

/// The files without comments, which no rule reads.
fn bare() -> BTreeMap<String, String> {
    let bare = |text: &String| {
        text.lines().filter(|line| !line.starts_with('#')).fold(String::new(), |all, line| all + line + "\n")
    };
    read().iter().map(|(name, text)| (name.clone(), bare(text))).collect()
}

/// What is told of these files.
fn told(files: &BTreeMap<String, String>) -> Vec<String> {
    rules::broken(files).iter().map(ToString::to_string).collect()
}

#[test]
fn the_files_break_no_rule() {
    let files = files();
    assert_eq!(told(&files), Vec::<String>::new());
    let read = read();
    assert_eq!(told(&read), Vec::<String>::new());
    let functions: Vec<&str> = rules::functions(&read).into_keys().collect();
    assert_eq!(functions, ["api", "applications", "email-worker", "migrate"]);
    assert_eq!(read.len(), READ.len() + 1);
}

#[test]
fn each_rule_says_what_is_wrong_and_what_is_wanted() {
    let mut all = String::new();
    for (file, before, after) in CHANGES {
        let mut files = bare();
        // Under the names that they had before anybody took theirs.
        let prefix = testbed::board::app("migrate").replace("migrate", "");
        files.values_mut().for_each(|text| *text = text.replace(&prefix, "board-"));
        let text = files.get_mut(*file).expect("it is there");
        assert_eq!(text.matches(before).count(), 1, "{file} has {before} once");
        *text = text.replace(before, after);
        let told = told(&files);
        assert!(!told.is_empty(), "no rule is broken by {after:?} for {before:?} in {file}");
        let _ = writeln!(all, "{file}: {before:?} → {after:?}\n  {}\n", told.join("\n  "));
    }
    insta::assert_snapshot!("told", all);
}

#[test]
fn a_fleet_that_nobody_wrote_is_missed() {
    let mut files = files();
    files.remove(rules::FLEET);
    assert_eq!(told(&files), ["fleet.toml: apps is missing: wanted the file, with machines and secrets of each app"]);
}
