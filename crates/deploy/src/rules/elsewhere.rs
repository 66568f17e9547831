//! What holds for an app that runs an image from elsewhere. flyctl alone reads its file; what it may have in it is more than
//! what our own apps have, and no function of ours hears of it.

use toml::Table;
use toml::Value;

use super::{Broken, every};

/// Whether this file is of one.
pub(super) fn is(text: &str) -> bool {
    text.parse::<Table>().is_ok_and(|table| image(&table).is_some())
}

fn image(table: &Table) -> Option<&str> {
    table.get("build")?.get("image")?.as_str()
}

/// Holds its file against the rules.
pub(super) fn judge(file: &str, text: &str, broken: &mut Vec<Broken>) {
    let Ok(table) = text.parse::<Table>() else { return };
    let mut rule = |holds: bool, key: &str, wrong: &str, wanted: &str| {
        if !holds {
            let [file, key, wrong, wanted] = [file, key, wrong, wanted].map(str::to_owned);
            broken.push(Broken::Rule { file, key, wrong, wanted });
        }
    };
    for (key, wanted) in [
        ("app", "its name on Fly"),
        ("primary_region", "the region of the database"),
        ("processes", "app in it: without it a fleet has doubled in one deploy"),
        ("vm", "size and memory: a machine keeps what it had, else"),
    ] {
        rule(table.contains_key(key), key, "is missing", wanted);
    }
    let image = image(&table).unwrap_or_default();
    let wanted = "a tag that is not latest, or a digest: another image would come with any deploy";
    rule(stays(image), "build.image", &format!("is {image:?}"), wanted);
    for key in ["http_service", "services"] {
        let wanted = "it left out: who asks for an address on the internet gives it to everybody";
        rule(!table.contains_key(key), key, "is there", wanted);
    }
    let policy = table.get("restart").and_then(|it| it.get(0)?.get("policy")?.as_str());
    let wrong = policy.map_or_else(|| "is missing".to_owned(), |policy| format!("is {policy}"));
    rule(policy == Some("always"), "restart.0.policy", &wrong, "always: nobody else brings it back");
    for name in table.get("env").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
        let wanted = "it set with `fly secrets`: a secret is never written down";
        rule(!every::is_secret(name), &format!("env.{name}"), "is a secret by its name", wanted);
    }
}

fn stays(image: &str) -> bool {
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    image.contains('@') || tag.is_some_and(|tag| !tag.is_empty() && tag != "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_stays_the_same_by_its_tag_or_its_digest() {
        for (image, so) in [
            ("flyio/fly-autoscaler:0.3.2", true),
            ("registry.example:5000/jaeger:2.20.0", true),
            ("jaeger@sha256:00", true),
            ("flyio/fly-autoscaler", false),
            ("registry.example:5000/jaeger", false),
            ("jaeger:latest", false),
            ("jaeger:", false),
        ] {
            assert_eq!(stays(image), so, "{image}");
        }
    }

    #[test]
    fn a_file_without_an_image_is_a_functions() {
        assert!(is("app = \"a\"\n[build]\nimage = \"b:1\"\n"));
        for text in ["app = \"a\"", "[build]\ndockerfile = \"Dockerfile\"", "what is this"] {
            assert!(!is(text), "{text}");
        }
    }
}
