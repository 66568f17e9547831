//! Every key that is translated, got wrong.

use deploy::config::FlyToml;

/// A file with every key; each line is there once.
const WHOLE: &str = r#"
app = "web"
primary_region = "ams"
kill_signal = "SIGTERM"
kill_timeout = "30s"

[deploy]
strategy = "bluegreen"
wait_timeout = "5m"

[processes]
app = ""

[env]
PORT = "8080"

[http_service]
internal_port = 8080
force_https = true
auto_stop_machines = "stop"
auto_start_machines = true
min_machines_running = 1
processes = ["app"]

[http_service.concurrency]
type = "requests"
soft_limit = 20
hard_limit = 25

[[http_service.checks]]
interval = "2s"
timeout = "1s"
grace_period = "5s"
method = "GET"
path = "/routable"

[checks.ready]
type = "http"
port = 8081
interval = "15s"
timeout = "5s"
grace_period = "10s"
method = "get"
path = "/readyz"
processes = ["app", "app"]

[[restart]]
policy = "always"
retries = 3
processes = ["app", "app", "app"]

[[metrics]]
port = 9091
path = "/metrics"
processes = ["app", "app", "app", "app"]

[[vm]]
size = "shared-cpu-1x"
memory = "512mb"
processes = ["app", "app", "app", "app", "app"]
"#;

/// A line, what stands there instead, and what is told of it.
const MISTAKES: [(&str, &str, &str); 58] = [
    ("app = \"web\"", "", "line 1: missing field `app`"),
    ("app = \"web\"", "app = 3", "line 2: app: invalid type: integer `3`, expected a string"),
    ("primary_region = \"ams\"", "primary_region = [\"ams\"]", "line 3: primary_region: invalid type: sequence"),
    (
        "kill_signal = \"SIGTERM\"",
        "kill_signal = \"TERM\"",
        "line 4: kill_signal: unknown variant `TERM`, expected one of `SIGHUP`",
    ),
    (
        "kill_timeout = \"30s\"",
        "kill_timeout = 30",
        "line 5: kill_timeout: is 30, wanted a time in quotes with its unit",
    ),
    (
        "kill_timeout = \"30s\"",
        "kill_timeout = \"30\"",
        "line 5: kill_timeout: is \"30\", wanted a time in quotes with its unit",
    ),
    ("kill_timeout = \"30s\"", "kill_timeout = \"30s", "line 5: invalid basic string"),
    ("kill_timeout = \"30s\"", "kill_timeout = \"30s\"\nkill_timeout = \"40s\"", "line 6: duplicate key"),
    (
        "kill_timeout = \"30s\"",
        "kill_timout = \"30s\"",
        "line 5: kill_timout: unknown field `kill_timout`, expected one of",
    ),
    ("strategy = \"bluegreen\"", "strategy = \"blue-green\"", "line 8: deploy.strategy: unknown variant `blue-green`"),
    ("wait_timeout = \"5m\"", "wait_timeout = 300", "line 9: deploy.wait_timeout: is 300, wanted a time in quotes"),
    ("app = \"\"", "app = \"serve\"", "line 12: processes.app: is \"serve\": wanted \"\""),
    ("app = \"\"", "", "line 11: processes: has 0 process groups: wanted one"),
    ("app = \"\"", "app = \"\"\nworker = \"\"", "line 11: processes: has 2 process groups: wanted one"),
    (
        "PORT = \"8080\"",
        "PORT = 0.5",
        "line 15: env.PORT: is 0.5, wanted a text in quotes, a whole number, true or false",
    ),
    ("PORT = \"8080\"", "FLY_REGION = \"ams\"", "line 15: env.FLY_REGION: is Fly's own"),
    ("PORT = \"8080\"", "PRIMARY_REGION = \"ams\"", "line 15: env.PRIMARY_REGION: is Fly's own"),
    ("internal_port = 8080", "internal_port = \"8080\"", "line 18: http_service.internal_port: invalid type: string"),
    (
        "internal_port = 8080",
        "internal_port = 80800",
        "line 18: http_service.internal_port: invalid value: integer `80800`",
    ),
    ("internal_port = 8080", "", "line 17: http_service: missing field `internal_port`"),
    ("force_https = true", "force_https = \"yes\"", "line 19: http_service.force_https: invalid type: string \"yes\""),
    (
        "auto_stop_machines = \"stop\"",
        "auto_stop_machines = true",
        "line 20: http_service.auto_stop_machines: is true, wanted \"off\", \"stop\" or \"suspend\"",
    ),
    (
        "auto_start_machines = true",
        "auto_start_machines = 1",
        "line 21: http_service.auto_start_machines: invalid type",
    ),
    (
        "min_machines_running = 1",
        "min_machines_running = -1",
        "line 22: http_service.min_machines_running: invalid value",
    ),
    (
        "processes = [\"app\"]",
        "processes = [\"web\"]",
        "line 23: http_service.processes: names \"web\": wanted \"app\"",
    ),
    ("processes = [\"app\"]", "processes = \"app\"", "line 23: http_service.processes: invalid type: string"),
    ("type = \"requests\"", "type = \"request\"", "line 26: http_service.concurrency.type: unknown variant `request`"),
    ("soft_limit = 20", "soft_limit = \"20\"", "line 27: http_service.concurrency.soft_limit: invalid type"),
    ("hard_limit = 25", "hard_limit = 2.5", "line 28: http_service.concurrency.hard_limit: invalid type"),
    (
        "interval = \"2s\"",
        "interval = 2000",
        "line 31: http_service.checks.0.interval: is 2000, wanted a time in quotes",
    ),
    ("timeout = \"1s\"", "timeout = \"1 s\"", "line 32: http_service.checks.0.timeout: is \"1 s\", wanted a time"),
    ("grace_period = \"5s\"", "grace_period = \"-5s\"", "line 33: http_service.checks.0.grace_period: is \"-5s\""),
    ("method = \"GET\"", "method = [\"GET\"]", "line 34: http_service.checks.0.method: invalid type: sequence"),
    ("path = \"/routable\"", "path = 1", "line 35: http_service.checks.0.path: invalid type: integer `1`"),
    ("type = \"http\"", "type = \"tcp\"", "line 38: checks.ready.type: unknown variant `tcp`, expected `http`"),
    ("type = \"http\"", "", "line 37: checks.ready: missing field `type`"),
    ("port = 8081", "port = -1", "line 39: checks.ready.port: invalid value: integer `-1`"),
    ("interval = \"15s\"", "interval = \"1s\"", "line 40: checks.ready.interval: is 1s: wanted 2s or more"),
    ("interval = \"15s\"", "interval = 15000", "line 40: checks.ready.interval: is 15000, wanted a time in quotes"),
    ("timeout = \"5s\"", "timeout = \"61s\"", "line 41: checks.ready.timeout: is 1m1s: wanted 1m0s or less"),
    ("grace_period = \"10s\"", "grace_period = true", "line 42: checks.ready.grace_period: is true, wanted a time"),
    ("method = \"get\"", "method = 1", "line 43: checks.ready.method: invalid type: integer `1`"),
    ("path = \"/readyz\"", "path = [\"/readyz\"]", "line 44: checks.ready.path: invalid type: sequence"),
    ("processes = [\"app\", \"app\"]", "processes = [\"web\"]", "line 45: checks.ready.processes: names \"web\""),
    ("[[restart]]", "[restart]", "line 47: restart: invalid type: map, expected a table in double brackets, once"),
    (
        "[[restart]]",
        "[[restart]]\npolicy = \"never\"\n[[restart]]",
        "restart.0: invalid length 2, expected a table in double brackets, once",
    ),
    (
        "policy = \"always\"",
        "policy = \"no\"",
        "line 48: restart.0.policy: unknown variant `no`, expected one of `always`, `on-failure`, `never`",
    ),
    ("policy = \"always\"", "", "line 47: restart.0: missing field `policy`"),
    ("retries = 3", "retries = -3", "line 49: restart.0.retries: invalid value: integer `-3`"),
    ("processes = [\"app\", \"app\", \"app\"]", "processes = [\"web\"]", "line 50: restart.0.processes: names \"web\""),
    ("port = 9091", "port = \"9091\"", "line 53: metrics.0.port: invalid type: string"),
    ("path = \"/metrics\"", "", "line 52: metrics.0: missing field `path`"),
    (
        "processes = [\"app\", \"app\", \"app\", \"app\"]",
        "processes = [\"web\"]",
        "line 55: metrics.0.processes: names \"web\"",
    ),
    (
        "size = \"shared-cpu-1x\"",
        "size = \"shared-cpu-3x\"",
        "line 58: vm.0.size: is \"shared-cpu-3x\", wanted shared-cpu-1x, -2x",
    ),
    ("memory = \"512mb\"", "memory = \"512MB\"", "line 59: vm.0.memory: is \"512MB\", wanted MiB, or a text such as"),
    ("memory = \"512mb\"", "memory = -1", "line 59: vm.0.memory: is -1, wanted MiB"),
    (
        "processes = [\"app\", \"app\", \"app\", \"app\", \"app\"]",
        "processes = [\"web\"]",
        "line 60: vm.0.processes: names \"web\"",
    ),
    ("[http_service.concurrency]", "[http_service.concurency]", "line 25: http_service.concurency: unknown field"),
];

/// The file with one line changed.
fn with(line: &str, instead: &str) -> String {
    let mut lines: Vec<&str> = WHOLE.lines().collect();
    let found: Vec<usize> = (0..lines.len()).filter(|index| lines[*index] == line).collect();
    let [index] = found.as_slice() else { panic!("{line} is there {} times", found.len()) };
    lines[*index] = instead;
    lines.join("\n")
}

#[test]
fn the_whole_file_is_right() {
    FlyToml::parse(WHOLE).expect("every key is known");
}

#[test]
fn every_mistake_is_told_by_line_and_key() {
    let told = |line, instead| FlyToml::parse(&with(line, instead)).expect_err(instead).to_string();
    let all = MISTAKES.map(|(line, instead, wanted)| (wanted, told(line, instead)));
    let other: Vec<_> = all.iter().filter(|(wanted, told)| !told.contains(wanted)).collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn no_key_is_left_out() {
    for line in WHOLE.lines().filter(|line| line.contains('=')) {
        assert!(MISTAKES.iter().any(|(wrong, ..)| *wrong == line), "nobody gets {line} wrong");
    }
}

#[test]
fn a_check_without_a_service_names_its_port() {
    let text = "app = \"web\"\n\n[checks.ready]\ntype = \"http\"\n";
    let told = FlyToml::parse(text).expect_err("no port").to_string();
    assert_eq!(
        told,
        "line 3: checks.ready.port: is missing: wanted the port to ask, as there is no [http_service] to take it from"
    );
}
