//! What a look shows.

use deploy::machines::{Config, HostStatus, Machine, State};
use deploy::run::{Proxy as _, Records as _};
use platform::telemetry::log::chain;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::ask::{Asker, Said};
use super::finding::{Finding, Item};

/// A ULID.
const INSTANCE: usize = 26;

/// Looks at all that can be looked at; the machines that there are.
pub(super) async fn all(asker: &Asker, tell: &mut impl FnMut(Finding)) -> Vec<Machine> {
    for finding in app(asker).await {
        tell(finding);
    }
    let (machines, findings) = list(asker).await;
    findings.into_iter().for_each(&mut *tell);
    let started = machines.iter().find(|machine| machine.state == State::Started);
    for finding in machine(asker, started).await {
        tell(finding);
    }
    tell(unknown(asker).await);
    tell(secrets(asker).await);
    tell(releases(asker).await);
    tell(graphql(asker).await);
    tell(registry(asker).await);
    tell(prometheus(asker).await);
    tell(front(asker, started).await);
    machines
}

async fn app(asker: &Asker) -> Vec<Finding> {
    const TOKEN: Item = ("token", "a deploy token, sent as FlyV1 whole, may read its app");
    const SHAPE: Item = ("app", "answered with name and organization.slug, and a fly-request-id");
    const STATUS: Item = ("app-status", "never read: of an app deployed over this API alone it says nothing");
    let said = match asker.get("").await {
        Ok(said) => said,
        Err(why) => return vec![Finding::not_seen(TOKEN, why)],
    };
    let whole = said.body["name"].is_string() && said.body["organization"]["slug"].is_string() && said.has_request_id;
    let shape =
        if whole { "all three".to_owned() } else { format!("{}, request id: {}", said.words(), said.has_request_id) };
    let status = said.body["status"].as_str().unwrap_or("none").to_owned();
    vec![
        Finding::judged(TOKEN, said.status == 200, said.words()),
        Finding::judged(SHAPE, whole, shape),
        Finding::noted(STATUS, status),
    ]
}

/// Every field that a deploy reads, of each machine.
const FIELDS: [&str; 10] =
    ["id", "name", "state", "region", "instance_id", "host_status", "image_ref", "config", "checks", "events"];

async fn list(asker: &Asker) -> (Vec<Machine>, Vec<Finding>) {
    const SHAPE: Item = ("list", "an array whose machines have every field that a deploy reads");
    const NONCE: Item = ("list-nonce", "a lease's nonce may be shown, and is never taken from there");
    const CLIENT: Item = ("list-read", "the client of a deploy reads it");
    let said = match asker.get("/machines").await {
        Ok(said) => said,
        Err(why) => return (Vec::new(), vec![Finding::not_seen(SHAPE, why)]),
    };
    if said.body.as_array().is_some_and(Vec::is_empty) {
        let none = [SHAPE, NONCE, CLIENT].map(|item| Finding::not_seen(item, "there is no machine"));
        return (Vec::new(), none.into());
    }
    let all = said.body.as_array().cloned().unwrap_or_default();
    let missing: Vec<&str> =
        FIELDS.into_iter().filter(|field| all.iter().any(|machine| machine.get(field).is_none())).collect();
    let shape =
        if missing.is_empty() { format!("{} machines", all.len()) } else { format!("without {}", missing.join(", ")) };
    let nonce = all.iter().any(|machine| machine["nonce"].as_str().is_some_and(|nonce| !nonce.is_empty()));
    let shown = if nonce { "it is shown" } else { "it is not shown, or nothing is leased" };
    let read: Result<Vec<Machine>, _> = serde_json::from_value(said.body.clone());
    let client = read.as_ref().map_or_else(ToString::to_string, |read| format!("{} machines", read.len()));
    let findings = vec![
        Finding::judged(SHAPE, said.body.is_array() && missing.is_empty(), shape),
        Finding::noted(NONCE, shown),
        Finding::judged(CLIENT, read.is_ok(), client),
    ];
    (read.unwrap_or_default(), findings)
}

async fn machine(asker: &Asker, machine: Option<&Machine>) -> Vec<Finding> {
    const IMAGE: Item = ("image-ref", "its digest is there; the tag of TAG@DIGEST may be");
    const INSTANCE_ID: Item = ("instance-id", "a ULID: its first letters are the time of its birth");
    const HOST: Item = ("host-status", "a well host says ok");
    const CHECKS: Item = ("checks", "every configured check is listed, each passing or not");
    const LEASE: Item = ("lease-read", "404 where nobody holds one, else owner and description");
    const WAIT: Item = ("wait", "200 for the state that it is in, 408 for another");
    const EVENTS: Item = ("events", "newest first, with type and timestamp in milliseconds");
    const METADATA: Item = ("metadata-read", "an object of texts");
    const PS: Item = ("ps", "may be refused under a deploy token: nothing rests on it");
    let items = [IMAGE, INSTANCE_ID, HOST, CHECKS, LEASE, WAIT, EVENTS, METADATA, PS];
    let Some(machine) = machine else {
        return items.map(|item| Finding::not_seen(item, "no machine is started")).into();
    };
    let path = format!("/machines/{}", machine.id);
    let ask = async |tail: &str| asker.get(&format!("{path}{tail}")).await;
    let image = &machine.image_ref;
    let (digest, tag) = (image.digest.is_some(), image.tag.as_deref().is_some_and(|tag| !tag.is_empty()));
    let listed = machine.checks().count();
    let lease = ask("/lease").await;
    let (now, other) = (ask("/wait?state=started&timeout=1").await, ask("/wait?state=stopped&timeout=1").await);
    let born = machine.instance_id.as_str();
    vec![
        Finding::judged(IMAGE, digest, format!("digest: {digest}, tag: {tag}")),
        Finding::judged(INSTANCE_ID, born.len() == INSTANCE, format!("{} letters", born.len())),
        Finding::judged(HOST, machine.host_status == HostStatus::Ok, format!("{:?}", machine.host_status)),
        match configured(machine) {
            0 => Finding::not_seen(CHECKS, "none is configured"),
            all => Finding::judged(CHECKS, listed == all, format!("{listed} of {all} listed")),
        },
        Finding::of(LEASE, lease, |said| said.status == 404 || said.body["data"].is_object()),
        both(WAIT, now, other),
        Finding::of(EVENTS, ask("/events?limit=2").await, |said| is_newest_first(&said.body)),
        Finding::of(METADATA, ask("/metadata").await, |said| {
            said.status == 200 && said.body.as_object().is_some_and(|all| all.values().all(Value::is_string))
        }),
        noted(PS, ask("/ps").await),
    ]
}

/// How many checks its configuration has, of its services and of its own.
fn configured(machine: &Machine) -> usize {
    let config = machine.config().map(Config::as_json).unwrap_or(&Value::Null);
    let services = config["services"].as_array().into_iter().flatten();
    let of_services: usize = services.filter_map(|service| service["checks"].as_array()).map(Vec::len).sum();
    of_services + config["checks"].as_object().map_or(0, Map::len)
}

fn is_newest_first(events: &Value) -> bool {
    let times: Vec<i64> =
        events.as_array().into_iter().flatten().filter_map(|event| event["timestamp"].as_i64()).collect();
    !times.is_empty() && times.is_sorted_by(|one, next| one >= next)
}

/// An answer of which any is good.
fn noted(item: Item, said: Result<Said, String>) -> Finding {
    match said {
        Ok(said) => Finding::noted(item, said.words()),
        Err(why) => Finding::not_seen(item, why),
    }
}

fn both(item: Item, one: Result<Said, String>, other: Result<Said, String>) -> Finding {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            let good = one.status == 200 && other.status == 408;
            Finding::judged(item, good, format!("{}, {}", one.words(), other.words()))
        }
        (Err(why), _) | (_, Err(why)) => Finding::not_seen(item, why),
    }
}

async fn unknown(asker: &Asker) -> Finding {
    let said = asker.get("/machines/00000000000000").await;
    Finding::of(("unknown-machine", "404 for a machine that there is not"), said, |said| said.status == 404)
}

async fn secrets(asker: &Asker) -> Finding {
    let whole = |said: &Said| {
        let all = said.body["secrets"].as_array();
        all.is_some_and(|all| all.iter().all(|one| one["name"].is_string() && one["digest"].is_string()))
    };
    let said = asker.get("/secrets").await;
    Finding::of(
        ("secrets", "names with digests, never values: by these a changed secret is another release"),
        said,
        whole,
    )
}

async fn releases(asker: &Asker) -> Finding {
    const ITEM: Item = ("releases", "a deploy token may read release records at api.fly.io, as a bearer");
    match asker.records.newest(5).await {
        Ok(records) if records.is_empty() => Finding::not_seen(ITEM, "there is no record yet"),
        Ok(records) => {
            let images = records.iter().filter(|record| record.image_ref.is_some()).count();
            let seen = format!("{} records, {images} with an image", records.len());
            Finding::judged(ITEM, images == records.len(), seen)
        }
        Err(error) => Finding::judged(ITEM, false, error.to_string()),
    }
}

async fn graphql(asker: &Asker) -> Finding {
    const ITEM: Item = ("graphql", "the release that the autoscaler asks for can be asked for: running pauses it");
    let query = "query($name: String!) { app(name: $name) { currentRelease: currentReleaseUnprocessed { id version status } } }";
    let body = json!({ "query": query, "variables": { "name": asker.app } });
    let said = asker.api(Method::POST, "/graphql", Some(body)).await;
    Finding::of(ITEM, said, |said| {
        said.status == 200 && said.body.get("errors").is_none() && said.body["data"]["app"].is_object()
    })
}

async fn registry(asker: &Asker) -> Finding {
    const ITEM: Item = ("registry", "a deploy token is the password of its app's repository: tags, and a tag's digest");
    let Some(registry) = &asker.registry else {
        return Finding::not_seen(ITEM, "FLY_REGISTRY_URL names none");
    };
    let tags = match registry.tags().await {
        Ok(tags) => tags,
        Err(error) => return Finding::judged(ITEM, false, chain(&error)),
    };
    let Some(tag) = tags.last() else { return Finding::not_seen(ITEM, "there is no tag yet") };
    match registry.digest(tag).await {
        Ok(_) => Finding::judged(ITEM, true, format!("{} tags, and a digest", tags.len())),
        Err(error) => Finding::judged(ITEM, false, chain(&error)),
    }
}

async fn prometheus(asker: &Asker) -> Finding {
    const ITEM: Item = ("prometheus", "may be refused under a deploy token: nothing of a deploy rests on it");
    let app = asker.get("").await.ok();
    let slug = app.and_then(|said| Some(said.body["organization"]["slug"].as_str()?.to_owned())).unwrap_or_default();
    let said = asker.api(Method::GET, &format!("/prometheus/{slug}/api/v1/query?query=up"), None).await;
    noted(ITEM, said)
}

async fn front(asker: &Asker, machine: Option<&Machine>) -> Finding {
    const ITEM: Item =
        ("force-instance", "fly-force-instance-id asks that machine alone, and fails for one that there is not");
    let (Some(proxy), Some(machine)) = (&asker.proxy, machine) else {
        return Finding::not_seen(ITEM, "no public address, or no machine is started");
    };
    let nobody = "00000000000000".parse();
    let (Ok(nobody), here) = (nobody, proxy.ask(&machine.id, "/routable").await) else {
        return Finding::not_seen(ITEM, "there is no such id");
    };
    let nowhere = proxy.ask(&nobody, "/routable").await;
    let good =
        here.as_ref().is_ok_and(|reply| reply.status == 200) && nowhere.as_ref().map_or(true, |it| it.status >= 400);
    let words = |reply: &Result<deploy::run::Reply, deploy::run::Unreached>| match reply {
        Ok(reply) => reply.status.to_string(),
        Err(unreached) => unreached.0.clone(),
    };
    Finding::judged(ITEM, good, format!("{} of one, {} of none", words(&here), words(&nowhere)))
}
