//! The inbox, for people and command lines.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reply::refuse;
use crate::deliveries::Deliveries;
use crate::deliveries::Delivery;
use crate::mailbox::is_address;
use crate::page;
use crate::problem::Problem;
use crate::shared::Shared;

/// How many mails are shown at most: nobody reads more, and a load test may have sent thousands.
const MOST_SHOWN: usize = 100;

/// `GET /`
pub(crate) async fn list(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let to = match filter(&request) {
        Ok(to) => to,
        Err(problem) => {
            return html(StatusCode::BAD_REQUEST, page::notice("Bad request", &problem.message));
        }
    };
    html(
        StatusCode::OK,
        shared.with(|team, _| {
            let (shown, total) = newest(team.deliveries(), to.as_deref());
            page::list(&shown, total, to.as_deref())
        }),
    )
}

/// `GET /inbox/{id}`
pub(crate) async fn mail(id: Path<String>, shared: Data<Shared>) -> HttpResponse {
    let Ok(id) = Uuid::parse_str(&id) else {
        return html(StatusCode::BAD_REQUEST, page::notice("Bad request", "A mail's id is a UUID."));
    };
    match shared.with(|team, _| team.deliveries().find(id).map(page::mail)) {
        Some(page) => html(StatusCode::OK, page),
        None => html(StatusCode::NOT_FOUND, page::notice("Not found", "There is no such mail in the inbox.")),
    }
}

/// `GET /inbox.json`
pub(crate) async fn json(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let to = match filter(&request) {
        Ok(to) => to,
        Err(problem) => return refuse(problem),
    };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(shared.with(|team, _| {
        let (shown, total) = newest(team.deliveries(), to.as_deref());
        let mails: Vec<Value> = shown.into_iter().map(Delivery::record).collect();
        json!({ "total": total, "mails": mails })
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    to: Option<String>,
}

fn filter(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let wanted = Query::<Wanted>::from_query(request.query_string())
        .map_err(|error| Problem::unreadable(format!("The only parameter is `to`, once: {error}.")))?;
    let to = wanted.into_inner().to.unwrap_or_default();
    // The form sends `to=` when it is left empty.
    if to.is_empty() {
        return Ok(None);
    }
    if !is_address(&to) {
        let message = "`to` must be a bare address, such as ada@example.test; write a + as %2B.";
        return Err(Problem::unreadable(message));
    }
    Ok(Some(to))
}

fn newest<'a>(deliveries: &'a Deliveries, to: Option<&str>) -> (Vec<&'a Delivery>, usize) {
    let wanted = |delivery: &&Delivery| to.is_none_or(|to| delivery.is_to(to));
    let total = deliveries.kept().filter(wanted).count();
    (deliveries.kept().rev().filter(wanted).take(MOST_SHOWN).collect(), total)
}

fn html(status: StatusCode, page: String) -> HttpResponse {
    HttpResponseBuilder::new(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, page::POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Mails hold links that sign in: neither caches nor the sites they lead to should learn of them.
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(page)
}
