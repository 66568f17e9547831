//! `GET /v1/jobs`. Other tests publish jobs of their own meanwhile, as people do.

use std::collections::BTreeSet;

use serde_json::Value;
use testbed::http::Client;

use super::board::{Board, Someone};

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

/// Goes through the whole list and does something between any two pages.
async fn walk(api: &Client, limit: usize, mut between: impl AsyncFnMut()) -> Vec<Value> {
    let (mut seen, mut path) = (Vec::new(), format!("/v1/jobs?limit={limit}"));
    loop {
        let page = api.get(&path).await.expect(200);
        let items = page["items"].as_array().expect("items");
        seen.extend(items.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return seen };
        assert_eq!(items.len(), limit, "a page that is not the last one is full");
        path = format!("/v1/jobs?limit={limit}&cursor={cursor}");
        between().await;
    }
}

async fn seven(ada: &Someone, company: &str) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(ada.published(company).await);
    }
    made.reverse();
    made
}

#[tokio::test]
async fn published_jobs_are_listed_newest_first_for_everybody() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let made = seven(&ada, &ada.company().await).await;
    let all = walk(&board.api, 100, async || {}).await;
    let of_mine: Vec<&str> =
        all.iter().filter_map(|job| job["id"].as_str()).filter(|id| made.iter().any(|mine| mine == id)).collect();
    assert_eq!(of_mine, made);
    let times: Vec<&str> = all.iter().map(|job| job["published_at"].as_str().expect("a time")).collect();
    let seconds: Vec<&str> = times.iter().map(|time| &time[..19]).collect();
    assert!(seconds.is_sorted_by(|newer, older| newer >= older), "{seconds:?}");
}

#[tokio::test]
async fn pages_cover_every_job_once_while_others_are_published() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    let made = seven(&ada, &company).await;
    // Four at the very same time, where a page may end: only their ids tell them apart.
    let same: Vec<String> = made[..4].iter().map(|id| format!("'{id}'")).collect();
    let oldest =
        format!("UPDATE jobs SET published_at = '2020-01-01 12:00:00.000001' WHERE id IN ({})", same.join(","));
    board.run(&oldest).await;
    let mut more = 3;
    let seen = walk(&board.api, 3, async || {
        if more > 0 {
            more -= 1;
            ada.published(&company).await;
        }
    });
    let seen: Vec<String> = seen.await.iter().map(|job| job["id"].as_str().expect("an id").to_owned()).collect();
    let once: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "a job came twice");
    assert!(made.iter().all(|id| once.contains(id)), "a job was left out");
    let mut tied: Vec<&String> = seen.iter().filter(|id| made[..4].contains(id)).collect();
    tied.reverse();
    assert!(tied.is_sorted(), "{tied:?}");
}

#[tokio::test]
async fn drafts_closed_jobs_and_those_past_their_time_are_not_listed() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    let (draft, closed) = (ada.draft(&company).await, ada.published(&company).await);
    let (late, open) = (ada.published(&company).await, ada.published(&company).await);
    ada.api.step(&format!("/v1/jobs/{closed}/close")).await.expect(200);
    board.run(&format!("UPDATE jobs SET closes_at = now() - interval '1 second' WHERE id = '{late}'")).await;
    let all: Vec<Value> = walk(&ada.api, 100, async || {}).await;
    let listed = |id: &String| all.iter().any(|job| job["id"] == **id);
    assert_eq!([&draft, &closed, &late, &open].map(listed), [false, false, false, true]);
    assert_eq!(board.api.get(&format!("/v1/jobs/{late}")).await.status, 200, "whoever has its address still finds it");
}

#[tokio::test]
async fn a_list_leaves_descriptions_out_and_says_where_to_apply() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let id = ada.published(&ada.company().await).await;
    let one = board.api.get(&format!("/v1/jobs/{id}")).await.expect(200);
    let all = walk(&board.api, 100, async || {}).await;
    let listed = all.iter().find(|job| job["id"] == id).expect("it is listed");
    let mut wanted = one.clone();
    wanted.as_object_mut().expect("an object").remove("description").expect("the job by itself has it");
    assert_eq!(*listed, wanted);
}

#[tokio::test]
async fn twenty_jobs_are_a_page_where_nobody_says_how_many() {
    let board = Board::new().await;
    let ada = board.someone().await;
    let company = ada.company().await;
    for _ in 0..3 {
        seven(&ada, &company).await;
    }
    let page = board.api.get("/v1/jobs").await.expect(200);
    assert_eq!(ids(&page).len(), 20);
    assert!(page["next_cursor"].is_string());
    assert_eq!(ids(&board.api.get("/v1/jobs?limit=1").await.expect(200)).len(), 1);
}

#[tokio::test]
async fn every_wrong_parameter_is_named() {
    let board = Board::new().await;
    for limit in ["", "0", "101", "-1", "x", "1.5", "99999999999999999999", "%00", "%F0%9F%98%80", "1%202", "null"] {
        assert_eq!(board.api.get(&format!("/v1/jobs?limit={limit}")).await.wrong(), ["limit"], "{limit}");
    }
    // The last two have the right length, and times that no row has.
    let (before, beyond) = (format!("{}8", "_".repeat(42)), format!("f{}8", "_".repeat(41)));
    for cursor in ["", "x", "%00", "null", "AAAA", &"_".repeat(42), &before, &beyond] {
        assert_eq!(board.api.get(&format!("/v1/jobs?cursor={cursor}")).await.wrong(), ["cursor"], "{cursor}");
    }
    assert_eq!(board.api.get("/v1/jobs?limit=5&limit=6").await.wrong(), ["limit"]);
    assert_eq!(board.api.get("/v1/jobs?offset=5&&=&sort").await.wrong(), ["", "offset", "sort"]);
    assert_eq!(board.api.get("/v1/jobs?limit=0&cursor=x&page=2").await.wrong(), ["cursor", "limit", "page"]);
}
