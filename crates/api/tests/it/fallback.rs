//! Readers while the database is away. Each test harms a server of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testbed::http::Answer;
use testbed::wait;

use super::board::PATIENCE;
use super::own::Own;

/// How soon a function sees that its database is back.
const RETURN: Duration = Duration::from_secs(10);

/// Waits until this is answered by the database again.
async fn afresh(own: &Own, path: &str) -> Answer {
    let fresh = async || Some(own.api.get(path).await).filter(|it| it.status < 500 && !is_marked(it));
    wait::until_some(RETURN, "an answer of the database", fresh).await.expect("it is back")
}

fn is_marked(answer: &Answer) -> bool {
    ["age", "cache-status"].iter().any(|name| answer.headers.contains_key(*name))
}

/// The answer is the remembered one, and says so; its age in seconds.
#[track_caller]
fn stale(answer: &Answer, remembered: &Answer) -> u64 {
    assert_eq!(answer.expect(200), remembered.expect(200));
    assert!(!is_marked(remembered), "{remembered:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let age: u64 = answer.header("age").parse().unwrap_or_else(|_| panic!("no age: {answer:?}"));
    let left = 5 - i64::try_from(age).expect("an age");
    assert_eq!(answer.header("cache-status"), format!("api; hit; ttl={left}; detail=stale-on-error"));
    age
}

#[track_caller]
fn unavailable(answer: &Answer) {
    answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|wait| wait > 0), "{answer:?}");
}

#[tokio::test]
async fn while_the_database_is_away_readers_get_the_last_good_answers_marked_with_their_age() {
    // Enough of it fails here to open the breaker, too.
    let mut own = Own::start(&[("BREAKER_OPEN_S", "1")]).await;
    let company = own.ada.company().await;
    let (seen, unseen) = (own.ada.published(&company).await, own.ada.published(&company).await);
    let (page, unseen) = (format!("/v1/jobs/{seen}"), format!("/v1/jobs/{unseen}"));
    let first = "/v1/jobs?limit=1".to_owned();
    let cursor = own.api.get(&first).await.expect(200)["next_cursor"].as_str().expect("a second page").to_owned();
    let second = format!("/v1/jobs?cursor={cursor}&limit=1");
    let asked = Instant::now();
    let mut remembered = BTreeMap::new();
    for path in [&page, &first, &second] {
        remembered.insert(path.clone(), own.api.get(path).await);
    }

    own.postgres().freeze().expect("it runs");
    let answer = own.api.get(&page).await;
    let age = stale(&answer, &remembered[&page]);
    // It took its time to find out that the database is frozen: as long as a transaction may last.
    assert!((1..=asked.elapsed().as_secs()).contains(&age), "{age} s of {:?}", asked.elapsed());
    own.postgres().thaw().expect("it is there");
    afresh(&own, &page).await.expect(200);

    let given = async |route: &str| own.metric("board_fallback_answers_total", &format!("route=\"{route}\"")).await;
    let before = (given("/v1/jobs/{id}").await, given("/v1/jobs").await);
    own.lose().await;
    for (path, remembered) in &remembered {
        for reader in [&own.api, &own.ada.api] {
            let age = stale(&reader.get(path).await, remembered);
            assert!(age <= asked.elapsed().as_secs(), "{age} s of {:?}", asked.elapsed());
        }
    }
    // The same part of the list, asked for in other words.
    stale(&own.api.get(&format!("/v1/jobs?limit=01&cursor={cursor}")).await, &remembered[&second]);
    // Nobody has asked for the list's beginning but the process itself, whose critical request it is.
    let front = own.api.get("/v1/jobs").await;
    assert!(front.status == 200 && !front.header("age").is_empty(), "{front:?}");
    for path in [unseen.as_str(), "/v1/jobs?limit=2", "/v1/me"] {
        unavailable(&own.ada.api.get(path).await);
    }
    own.api.get("/v1/jobs?limit=0").await.wrong();
    assert_eq!((given("/v1/jobs/{id}").await, given("/v1/jobs").await), (before.0 + 2.0, before.1 + 6.0));
    assert!(own.metric("board_fallback_bytes", "").await > 1_000.0);

    own.restore().await;
    assert_eq!(afresh(&own, &page).await.expect(200), remembered[&page].json());
    told(&own).await;
}

/// Each stale answer's line and span tell its age, and the line why.
async fn told(own: &Own) {
    let output = own.process.output();
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let stale: Vec<Value> = lines.filter(|line| line["stale_s"].is_u64()).collect();
    assert!(stale.len() >= 8, "{stale:?}");
    for line in &stale {
        let operation = line["operation"].as_str().expect("an operation");
        assert!(["GET /v1/jobs", "GET /v1/jobs/{id}"].contains(&operation), "{line}");
        // The first ones waited until their statements were cut.
        let level = if line["duration_ms"].as_f64().is_some_and(|ms| ms > 1_000.0) { "warn" } else { "info" };
        assert_eq!((&line["level"], &line["status"]), (&json!(level), &json!(200)), "{line}");
        assert!(line["error"].as_str().is_some_and(|cause| !cause.is_empty()), "{line}");
    }
    let trace = stale[0]["trace_id"].as_str().expect("a trace");
    let span = async || {
        let spans = own.whole.servers.otlp.trace(trace);
        spans
            .spans()
            .iter()
            .any(|span| span.attributes.get("app.fallback.age_s") == Some(&stale[0]["stale_s"].to_string()))
    };
    wait::until(PATIENCE, "the span of a stale answer", span).await.expect("it is exported");
}

#[tokio::test]
async fn a_company_has_its_last_good_answer_which_a_change_takes_away() {
    let own = Own::start(&[]).await;
    let [seen, changed] = [own.ada.company().await, own.ada.company().await];
    let [seen, changed] = [format!("/v1/companies/{seen}"), format!("/v1/companies/{changed}")];
    let remembered = own.api.get(&seen).await;
    own.api.get(&changed).await.expect(200);
    own.ada.api.patch(&changed, &json!({ "place": "Paris" })).await.expect(200);
    own.lose().await;
    stale(&own.api.get(&seen).await, &remembered);
    unavailable(&own.api.get(&changed).await);
}

#[tokio::test]
async fn a_page_is_known_by_its_tag_until_it_changes() {
    let own = Own::start(&[]).await;
    let company = format!("/v1/companies/{}", own.ada.company().await);
    let first = own.api.get(&company).await;
    assert_eq!((first.header("cache-control"), first.header("vary")), ("public, max-age=5", "Authorization"));
    let tag = first.header("etag").to_owned();
    let asked = async |method| Answer::to(own.api.request(method, &company).header("If-None-Match", &tag)).await;
    for method in [Method::GET, Method::HEAD] {
        let known = asked(method).await;
        assert_eq!((known.status, known.text.as_str(), known.header("etag")), (304, "", tag.as_str()));
    }
    own.ada.api.patch(&company, &json!({ "place": "Paris" })).await.expect(200);
    let changed = asked(Method::GET).await;
    assert_eq!(changed.expect(200)["place"], "Paris");
    assert_ne!(changed.header("etag"), tag);
    // What is somebody's own is kept by nobody.
    for path in ["/v1/me", "/v1/companies"] {
        assert_eq!(own.ada.api.get(path).await.header("cache-control"), "no-store", "{path}");
    }
}

/// Guards: fallback anonymous only.
#[tokio::test]
async fn what_a_member_sees_is_never_remembered() {
    let own = Own::start(&[]).await;
    let company = own.ada.company().await;
    let draft = format!("/v1/jobs/{}", own.ada.draft(&company).await);
    let published = format!("/v1/jobs/{}", own.ada.published(&company).await);
    for path in [&draft, &published] {
        own.ada.api.get(path).await.expect(200);
    }
    own.lose().await;
    for path in [&draft, &published] {
        unavailable(&own.api.get(path).await);
        unavailable(&own.ada.api.get(path).await);
    }
}

#[tokio::test]
async fn what_was_changed_here_or_is_gone_is_not_shown_as_it_was() {
    let own = Own::start(&[]).await;
    let company = own.ada.company().await;
    let mut pages = Vec::new();
    for _ in 0..5 {
        pages.push(format!("/v1/jobs/{}", own.ada.published(&company).await));
        own.api.get(&pages[pages.len() - 1]).await.expect(200);
    }
    let [renamed, closed, seen_closed, gone, refused] = &pages[..] else { panic!("five of them") };
    own.ada.api.patch(renamed, &json!({ "title": "Joiner" })).await.expect(200);
    for page in [closed, seen_closed] {
        own.ada.api.step(&format!("{page}/close")).await.expect(200);
    }
    own.api.get(seen_closed).await.expect(200);
    own.ada.api.patch(refused, &json!({ "title": 7 })).await.wrong();
    let rows = own.whole.client().await.expect("a connection");
    let id = gone.rsplit('/').next().expect("an id");
    rows.batch_execute(&format!("DELETE FROM jobs WHERE id = '{id}'")).await.expect("it runs");
    own.api.get(gone).await.problem(404, "not-found");

    own.lose().await;
    for page in [renamed, closed, gone] {
        unavailable(&own.api.get(page).await);
    }
    assert_eq!(own.api.get(seen_closed).await.expect(200)["status"], "closed");
    assert_eq!(own.api.get(refused).await.expect(200)["status"], "published");
}

#[tokio::test]
async fn an_answer_past_its_age_is_not_given_any_more() {
    let own = Own::start(&[("FALLBACK_MAX_AGE_S", "1")]).await;
    let company = own.ada.company().await;
    let page = format!("/v1/jobs/{}", own.ada.published(&company).await);
    own.api.get(&page).await.expect(200);
    own.lose().await;
    let refused = async || own.api.get(&page).await.status == 503;
    wait::until(Duration::from_secs(10), "a refusal", refused).await.expect("the answer grows too old");
    unavailable(&own.api.get(&page).await);
}

#[tokio::test]
async fn readers_of_ever_other_parts_of_the_list_fill_no_more_than_the_bound() {
    const MIB: f64 = 1_048_576.0;
    let own = Own::start(&[("FALLBACK_MIB", "1")]).await;
    let company = own.ada.company().await;
    let rows = own.whole.client().await.expect("a connection");
    // A page of a hundred jobs with long titles is above 60 KB.
    rows.batch_execute(&format!(
        "INSERT INTO jobs (id, company_id, title, description, remote, kind, status, published_at)
         SELECT gen_random_uuid(), '{company}', repeat('x', 100), 'Build stairs.', 'no', 'full_time', 'published', now()
         FROM generate_series(1, 120)"
    ))
    .await
    .expect("it runs");
    for limit in 1..=100 {
        own.api.get(&format!("/v1/jobs?limit={limit}")).await.expect(200);
        let held = own.metric("board_fallback_bytes", "").await;
        assert!(held <= MIB, "{held} bytes after {limit}");
    }
    assert!(own.metric("board_fallback_bytes", "").await > 0.9 * MIB, "it is full");
    own.lose().await;
    unavailable(&own.api.get("/v1/jobs?limit=1").await);
    own.api.get("/v1/jobs?limit=100").await.expect(200);
}
