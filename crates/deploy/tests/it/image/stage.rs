//! The last stage of `fly/Dockerfile`, built where `buildah` is: it begins with nothing, so that no base image has to be
//! fetched. What the stages before it leave is made by the same script.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::container::{as_root, layout};
use crate::it::affected::output_of;

/// A store of images of its own.
struct Buildah(TempDir);

impl Buildah {
    fn says(&self, what: &[&str]) -> String {
        let at = |folder: &str| self.0.path().join(folder).display().to_string();
        let words = as_root(&["buildah", "--storage-driver", "vfs"]);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(["--root", &at("root"), "--runroot", &at("run")]);
        output_of(command.args(what))
    }

    /// Builds the image from this folder, and tells its id, which is what is in it.
    fn build(&self, from: &Path) -> String {
        let fly = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fly"));
        let (file, nothing) = (fly.join("Dockerfile").display().to_string(), fly.join("image").display().to_string());
        let context = format!("build={}", from.display());
        let arguments = ["--build-arg", "FUNCTION=migrate", "--build-arg", "COMMIT=c0ffee", "--timestamp", "0"];
        let what = ["build", "--quiet", "--isolation", "chroot", "--file", &file, "--build-context", &context];
        self.says(&[&what[..], &arguments, &[&nothing]].concat()).trim().to_owned()
    }
}

#[test]
fn the_image_has_its_user_its_command_and_its_labels_and_is_the_same_when_it_is_built_again() {
    if Command::new("buildah").arg("--version").output().is_err() {
        eprintln!("buildah is not installed: the image's last stage was not built");
        return;
    }
    let stage = tempfile::tempdir().expect("a folder");
    let program = testbed::cargo::binary("migrate").expect("built");
    assert!(layout(&program, &stage.path().join("image"), Some("400000000")).status.success());
    let buildah = Buildah(tempfile::tempdir().expect("a folder"));
    let id = buildah.build(stage.path());
    assert_eq!(buildah.build(stage.path()), id);
    let told: Value = serde_json::from_str(&buildah.says(&["inspect", "--type", "image", &id])).expect("JSON");
    let config = &told["OCIv1"]["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!((&config["Entrypoint"], &config["Cmd"]), (&serde_json::json!(["/function"]), &Value::Null));
    let told = [("title", "migrate"), ("revision", "c0ffee"), ("licenses", "Apache-2.0")];
    for (label, value) in told {
        assert_eq!(config["Labels"][format!("org.opencontainers.image.{label}")], value);
    }
    let version = Value::from("SERVICE_VERSION=c0ffee");
    assert!(config["Env"].as_array().is_some_and(|list| list.contains(&version)), "{config}");
}
