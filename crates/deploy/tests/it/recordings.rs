//! Every `fly.toml` that flyctl was recorded with. What is translated is what it sent, to the last key; what is not is
//! refused by name, and left out on both sides.

use std::collections::BTreeMap;

use deploy::config::FlyToml;
use serde_json::Value as Json;
use toml::{Table, Value};

/// A key that is refused, and what flyctl made of it.
type Refused = (&'static str, &'static [&'static str]);

/// Recordings by what is refused of them.
const RECORDINGS: [(&str, &[Refused]); 17] = [
    (
        "01-http-full",
        &[
            ("console_command", &[]),
            ("env.RATIO", &["/env/RATIO"]),
            ("http_service.tls_options", &["/services/0/ports/1/tls_options"]),
            ("http_service.http_options", &["/services/0/ports/0/http_options", "/services/0/ports/1/http_options"]),
            ("http_service.checks.0.protocol", &["/services/0/checks/0/protocol"]),
            ("http_service.checks.0.headers", &["/services/0/checks/0/headers"]),
            ("http_service.checks.1.protocol", &["/services/0/checks/1/protocol"]),
            ("http_service.checks.1.tls_skip_verify", &["/services/0/checks/1/tls_skip_verify"]),
            ("http_service.checks.1.tls_server_name", &["/services/0/checks/1/tls_server_name"]),
        ],
    ),
    ("02-http-stop", &[]),
    ("03-http-suspend", &[("vm.0.cpu_kind", &["/guest"]), ("vm.0.cpus", &[]), ("vm.0.memory_mb", &[])]),
    (
        "04-services-many",
        &[
            ("services", &["/services"]),
            ("checks.alive.type", &["/checks/alive"]),
            ("checks.web.protocol", &["/checks/web/protocol"]),
            ("checks.web.headers", &["/checks/web/headers"]),
        ],
    ),
    (
        "05-worker",
        &[("swap_size_mb", &["/init/swap_size_mb"]), ("processes.worker", &["/init/cmd"]), ("metrics.0.https", &[])],
    ),
    (
        "07-files-statics",
        &[
            ("swap_size_mb", &[]),
            ("console_command", &[]),
            ("experimental", &["/init"]),
            ("files", &["/files"]),
            ("statics", &["/statics"]),
        ],
    ),
    ("08-mounts", &[("mounts", &["/mounts"]), ("deploy.max_unavailable", &[])]),
    (
        "09-bare-numbers",
        &[
            ("kill_timeout", &["/stop_config"]),
            ("deploy.wait_timeout", &[]),
            ("deploy.release_command_timeout", &[]),
            ("services", &["/services/1"]),
            ("http_service.checks.0.interval", &["/services/0/checks/0/interval"]),
            ("http_service.checks.0.timeout", &["/services/0/checks/0/timeout"]),
            ("http_service.checks.0.grace_period", &["/services/0/checks/0/grace_period"]),
            ("checks.c.interval", &["/checks/c/interval"]),
            ("checks.c.timeout", &["/checks/c/timeout"]),
            ("checks.c.grace_period", &["/checks/c/grace_period"]),
        ],
    ),
    ("10b-quoted", &[("deploy.release_command_timeout", &[])]),
    (
        "11-release-command",
        &[
            ("swap_size_mb", &["/init/swap_size_mb"]),
            ("deploy.release_command", &[]),
            ("deploy.release_command_timeout", &[]),
            ("deploy.release_command_vm", &[]),
            ("files", &["/files"]),
        ],
    ),
    ("12b-vm-single", &[("vm", &["/guest"])]),
    ("13-minimal", &[]),
    ("15-machine-config", &[("machine_config", &["/guest", "/schedule", "/dns", "/metadata/mine"])]),
    ("16-worker-nocheck", &[("processes.worker", &["/init/cmd"])]),
    (
        "17-unknown-keys",
        &[
            ("kill_timout", &[]),
            ("http_service.autostop", &[]),
            ("http_service.checks.0.success_threshold", &[]),
            ("vm.0.memroy", &[]),
            ("deploy.stratgy", &[]),
            ("colour", &[]),
            ("checks.a.kind", &["/checks/a"]),
            ("restart.0.max_retries", &[]),
        ],
    ),
    ("18-invalid-fly-env", &[("env.FLY_REGION", &["/env/FLY_REGION"])]),
    (
        "21-single-tables",
        &[
            ("http_service.auto_stop_machines", &["/services/0/autostop"]),
            ("metrics", &["/metrics"]),
            ("vm", &[]),
            ("mounts", &["/mounts"]),
        ],
    ),
];

/// Those of which nothing is translated, and what they are refused for first.
const WHOLE: [(&str, &str); 3] = [
    ("06-groups", "checks.noproc.type: unknown variant `tcp`"),
    ("12-vm-forms", "checks.t.type: unknown variant `tcp`"),
    ("14-old-style", "experimental: is not translated here"),
];

fn file(recording: &str, name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
    std::fs::read_to_string(format!("{folder}/{recording}/{name}")).expect(recording)
}

/// A key of a table is taken out; a command becomes the image's own; of a check that asks in a way that is refused nothing
/// is left.
fn take_out(table: &mut Table, key: &str) {
    let way: Vec<&str> = key.split('.').collect();
    match way.as_slice() {
        ["processes", group] => {
            drop(table["processes"].as_table_mut().expect("a table").insert((*group).to_owned(), "".into()))
        }
        ["checks", name, "type" | "kind"] => drop(table["checks"].as_table_mut().expect("a table").remove(*name)),
        [parents @ .., last] => {
            let first = Value::Table(std::mem::take(table));
            let mut whole = first;
            let parent = parents.iter().fold(&mut whole, |value, step| match value {
                Value::Array(list) => &mut list[step.parse::<usize>().expect("an index")],
                value => &mut value[*step],
            });
            parent.as_table_mut().expect("a table").remove(*last).expect(key);
            *table = whole.as_table().expect("a table").clone();
        }
        [] => unreachable!("a key has a name"),
    }
}

/// The file without these of the refused keys.
fn without<'a>(text: &str, refused: impl Iterator<Item = &'a Refused>) -> String {
    let mut table: Table = text.parse().expect("TOML");
    for (key, _) in refused {
        take_out(&mut table, key);
    }
    toml::to_string(&table).expect("TOML")
}

/// JSON without what flyctl made of refused keys.
fn left(mut config: Json, refused: &[Refused]) -> Json {
    let made = refused.iter().flat_map(|(_, made)| *made);
    for way in made {
        let (parent, last) = way.rsplit_once('/').expect("a pointer");
        match config.pointer_mut(parent) {
            Some(Json::Object(members)) => drop(members.remove(last)),
            Some(Json::Array(list)) => list.truncate(last.parse().expect("an index")),
            _ => {}
        }
    }
    // A member that holds nothing any more is as good as none.
    if let Some(members) = config.as_object_mut() {
        members.retain(|name, value| name == "init" || *value != serde_json::json!({}));
    }
    config
}

#[test]
fn what_is_translated_is_what_flyctl_sent() {
    for (name, refused) in RECORDINGS {
        let text = without(&file(name, "fly.toml"), refused.iter());
        let read = FlyToml::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        let body: Json = serde_json::from_str(&file(name, "create.json")).expect("JSON");
        let sent = &body["config"];
        let image = sent["image"].as_str().expect("an image");
        let added: BTreeMap<String, String> = serde_json::from_value(sent["metadata"].clone()).expect("a map of texts");
        let added = added.into_iter().filter(|(key, _)| key.starts_with("fly_release") || key == "fly_flyctl_version");
        let ours = serde_json::to_value(read.machine_config(image, &added.collect())).expect("JSON");
        assert_eq!(left(ours, refused), left(sent.clone(), refused), "{name}");
        assert_eq!(read.primary_region.as_deref(), body["region"].as_str(), "{name}");
    }
}

#[test]
fn what_is_not_translated_is_refused_by_name() {
    for (name, refused) in RECORDINGS {
        for (index, (key, _)) in refused.iter().enumerate() {
            let others = refused.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, it)| it);
            let text = without(&file(name, "fly.toml"), others);
            let told = FlyToml::parse(&text).map(|_| ()).expect_err(key);
            assert_eq!(told.key, *key, "{name}: {told}");
            let (_, last) = key.rsplit_once('.').unwrap_or(("", key));
            let line = text.lines().nth(told.line - 1).unwrap_or_default();
            assert!(line.contains(last), "{name}: {told}, and that line is {line}");
        }
    }
}

#[test]
fn a_file_of_another_shape_is_refused_whole() {
    for (name, why) in WHOLE {
        let told = FlyToml::parse(&file(name, "fly.toml")).expect_err(name).to_string();
        assert!(told.contains(why), "{name}: {told}");
    }
}

#[test]
fn every_recording_is_held_against() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings")).expect("a folder");
    let mut there: Vec<String> = folder
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name != "README.md")
        .collect();
    there.sort();
    let held = RECORDINGS.iter().map(|(name, _)| *name).chain(WHOLE.iter().map(|(name, _)| *name));
    let mut held: Vec<&str> = held.collect();
    held.sort_unstable();
    assert_eq!(there, held);
}
