//! The calls that flyctl makes to api.fly.io, which is at the same address here: REST under `/api/v1`, and GraphQL.

use serde_json::Value;

use super::Act;

/// A call of these, whose app and whose release it is. Where a body names the app, the path does not.
pub(super) fn read<'a>(method: &str, path: &'a str, body: &'a Value) -> Option<(Act, &'a str, Option<&'a str>)> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if (method, path) == ("POST", "/graphql") {
        let named = ["/variables/appName", "/variables/name"].map(text);
        return Some((Act::Graph, named.into_iter().find(|name| !name.is_empty()).unwrap_or_default(), None));
    }
    let parts: Vec<&str> = path.strip_prefix("/api/v1/")?.split('/').collect();
    Some(match (method, parts.as_slice()) {
        ("GET", ["organizations", _]) => (Act::Organization, "", None),
        ("POST", ["builds"]) => (Act::Build, text("/app_name"), None),
        ("POST", ["builds", "finish"]) => (Act::FinishBuild, text("/app_name"), None),
        ("POST", ["releases"]) => (Act::NewRelease, text("/app_name"), None),
        ("PATCH", ["releases", id]) => (Act::MarkRelease, "", Some(id)),
        ("GET", ["apps", app, "releases"]) => (Act::Releases, app, None),
        ("GET", ["apps", app, "releases", "current"]) => (Act::CurrentRelease, app, None),
        _ => return None,
    })
}
