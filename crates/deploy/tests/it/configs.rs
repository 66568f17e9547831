//! What the machines are made of, whole: a change here is a change to what runs.

use std::collections::BTreeMap;

use deploy::config::{FlyToml, MachineConfig};
use deploy::rules::functions;

use super::rules::{files, read};

#[test]
fn what_fly_is_told_of_each_app() {
    let config = |text: &str| {
        let added = BTreeMap::from([("fly_release_version".to_owned(), "7".to_owned())]);
        FlyToml::parse(text).expect("understood").machine_config("registry.fly.io/APP:TAG@DIGEST", &added)
    };
    let files = read();
    let all: BTreeMap<&str, MachineConfig> =
        functions(&files).into_iter().map(|(name, text)| (name, config(text))).collect();
    insta::assert_json_snapshot!("machines", all);
}

#[test]
fn functions_find_each_other() {
    let files = files();
    let app = |name: &str| FlyToml::parse(&files[name]).expect("understood");
    // At Fly's own name, or as the guide has it under one's domain.
    let is_of = |url: &str, of: &str, path: &str| {
        let fly = format!("https://{}.fly.dev{path}", app(&format!("{of}.toml")).app);
        url == fly || url.starts_with(&format!("https://{of}.")) && url.ends_with(path)
    };
    let (applications, sign_in) =
        (&app("api.toml").env["APPLICATIONS_URL"].0, &app("email-worker.toml").env["SIGN_IN_URL"].0);
    assert!(is_of(applications, "applications", ""), "{applications}");
    assert!(is_of(sign_in, "api", "/sign-in"), "{sign_in}");
}
