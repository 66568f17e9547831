//! `boardctl manifests`, as a person starts it.

use std::path::Path;
use std::process::Command;

use testbed::board::Part;

const IMAGES: &str = "registry.example/board-{function}:c0ffee";

fn manifests(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_boardctl"));
    command.arg("manifests").args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let output = command.output().expect("it starts");
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
    (output.status.code(), out, err)
}

#[test]
fn all_functions_are_printed_with_their_namespace() {
    let (code, yaml, _) = manifests(&["--images", IMAGES, "--namespace", "jobs"]);
    assert_eq!(code, Some(0));
    for line in ["image: \"registry.example/board-api:c0ffee\"", "kind: \"Namespace\"", "namespace: \"jobs\""] {
        assert!(yaml.contains(line), "{line}");
    }
    assert_eq!(yaml.matches("kind: \"Deployment\"").count(), Part::functions().len());
}

#[test]
fn one_function_is_printed_alone_as_when_it_ships_first() {
    let (code, yaml, _) = manifests(&["migrate", "--images", IMAGES]);
    assert_eq!(code, Some(0));
    assert_eq!((yaml.matches("\nkind: ").count(), yaml.matches("kind: \"Job\"").count()), (2, 1));
}

#[test]
fn settings_and_single_images_are_the_clusters_own() {
    let digest = format!("registry.example/api@sha256:{}", "a".repeat(64));
    let image = format!("api={digest}");
    let set = "api.APPLICATIONS_URL=https://apply.example.com/?a=b";
    let (code, yaml, told) = manifests(&["api", "--images", IMAGES, "--image", &image, "--set", set]);
    assert_eq!(code, Some(0), "{told}");
    assert!(yaml.contains(&digest) && yaml.contains("\"https://apply.example.com/?a=b\""), "{yaml}");
}

#[test]
fn databases_may_be_called_on_other_ports_than_their_usual_ones() {
    let (code, yaml, told) = manifests(&["--images", IMAGES, "--postgres-port", "6432", "--redis-port", "6380"]);
    assert_eq!(code, Some(0), "{told}");
    let count = |port: u16| yaml.matches(&format!("port: {port}\n")).count();
    let have = |secret| Part::functions().into_iter().filter(|part| part.secrets().any(|name| name == secret)).count();
    // migrate has a database, too.
    let wanted = [0, 0, have("DATABASE_URL") + 1, have("REDIS_URL")];
    assert_eq!([5432, 6379, 6432, 6380].map(count), wanted, "{yaml}");
}

#[test]
fn what_does_not_fit_is_told_and_nothing_is_printed() {
    let cases: [(&[&str], i32, &str); 8] = [
        (&[], 64, "--images"),
        (&["--images", "board:c0ffee"], 1, "is one image for all"),
        (&["--images", "board-{function}:latest"], 1, "is no image"),
        (&["web", "--images", IMAGES], 1, "fleet.toml lists no web"),
        (&["--images", IMAGES, "--set", "WORKERS=2"], 1, "has no dot"),
        (&["--images", IMAGES, "--set", "applications.REFRESH_KEYS=a"], 1, "REFRESH_KEYS of api is a secret"),
        (&["--images", IMAGES, "--redis-port", "0"], 64, "--redis-port"),
        (&["--images", IMAGES, "--folder", "nowhere"], 1, "nowhere cannot be read"),
    ];
    for (arguments, wanted, told) in cases {
        let (code, yaml, error) = manifests(arguments);
        assert_eq!((code, yaml.as_str()), (Some(wanted), ""), "{arguments:?}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}
