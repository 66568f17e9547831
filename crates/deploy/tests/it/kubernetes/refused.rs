//! What gets no manifests.

use deploy::kubernetes::{Error, Image, manifests};

use super::super::rules::files;
use super::cluster;

#[test]
fn an_image_that_may_be_another_tomorrow_is_refused() {
    let digest = "a".repeat(64);
    let right = [
        "registry.example/api:1.2",
        "localhost:5000/board/api:c0ffee",
        "api:v1",
        "r.example/a__b/c--d.e_1:_V1.2-3",
        &format!("r.example/api:{}", "t".repeat(128)),
        &format!("r.example/api@sha256:{digest}"),
        // The digest says which.
        &format!("r.example/api:latest@sha256:{digest}"),
    ];
    for image in right {
        assert_eq!(image.parse::<Image>().map(|image| image.to_string()), Ok(image.to_owned()));
    }
    let wrong = [
        "",
        "api",
        "api:",
        "api:latest",
        "localhost:5000/api",
        "r/api@sha256:abc",
        "r/api@md5:abc",
        "a b:1",
        "api:1\n",
    ];
    for image in wrong {
        assert_eq!(image.parse::<Image>(), Err(Error::Image(image.to_owned())));
    }
}

#[test]
fn an_image_that_no_registry_takes_is_refused() {
    let digest = "a".repeat(64);
    let wrong = [
        "r.example/API:1",
        "r.example//api:1",
        "r.example/:1",
        "/api:1",
        "r.example/-api:1",
        "r.example/api_:1",
        "r.example/a..b:1",
        "r.example/a___b:1",
        "r.example/api:.1",
        "r.example/api:-1",
        "r.example:port/api:1",
        "r.example:+80/api:1",
        "r.example:/api:1",
        "r.example:70000/api:1",
        "r..example/api:1",
        "-r.example/api:1",
        &format!("r.example/api:{}", "t".repeat(129)),
        &format!("r.example/{}:1", "a".repeat(250)),
        &format!("r.example/api@sha256:{}", digest.to_uppercase()),
        &format!("r.example/api@sha256:{digest}a"),
        &format!("r.example/api@{digest}"),
        &format!("r.example/api:@sha256:{digest}"),
        &format!("r.example/api@sha256:{digest}@sha256:{digest}"),
    ];
    for image in wrong {
        assert_eq!(image.parse::<Image>(), Err(Error::Image(image.to_owned())));
    }
}

#[test]
fn a_function_without_an_image_is_named() {
    let mut cluster = cluster();
    cluster.images.remove("applications");
    assert_eq!(manifests(&files(), &cluster), Err(Error::NoImage("applications".to_owned())));
}

#[test]
fn a_value_for_nobody_is_refused() {
    let mut cluster = cluster();
    cluster.settings.insert(("web".to_owned(), "WORKERS".to_owned()), "2".to_owned());
    assert_eq!(manifests(&files(), &cluster), Err(Error::NoFunction("web".to_owned())));
}

#[test]
fn a_secret_that_would_be_written_down_is_refused_and_not_repeated() {
    let mut cluster = cluster();
    let key = ("api".to_owned(), "DATABASE_URL".to_owned());
    cluster.settings.insert(key, "postgres://somebody:secret@host/db".to_owned());
    let error = manifests(&files(), &cluster).expect_err("refused");
    assert_eq!(error, Error::Secret("DATABASE_URL".to_owned(), "api".to_owned()));
    assert!(!error.to_string().contains("postgres"), "{error}");
}

#[test]
fn a_secret_of_another_function_is_refused_as_well() {
    let mut cluster = cluster();
    cluster.settings.insert(("applications".to_owned(), "TOKEN_SIGNING_KEY".to_owned()), "a key".to_owned());
    let error = manifests(&files(), &cluster).expect_err("refused");
    assert_eq!(error, Error::Secret("TOKEN_SIGNING_KEY".to_owned(), "api".to_owned()));
}

#[test]
fn a_namespace_that_is_no_name_is_refused() {
    for name in ["", "Board", "board_1", "-board", &"b".repeat(64)] {
        let cluster = deploy::kubernetes::Cluster { namespace: name.to_owned(), ..cluster() };
        assert_eq!(manifests(&files(), &cluster), Err(Error::Name(name.to_owned())));
    }
}

#[test]
fn files_that_break_a_rule_are_refused_with_it() {
    let mut files = files();
    let text = files.get_mut("api.toml").expect("it is there");
    *text = text.replace("path = \"/routable\"", "path = \"/readyz\"");
    let Err(Error::Broken(told)) = manifests(&files, &cluster()) else { panic!("refused") };
    assert!(told.len() == 1 && told[0].starts_with("api.toml: http_service.checks.0.path"), "{told:?}");
}
