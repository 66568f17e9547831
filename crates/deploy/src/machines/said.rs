//! Reads a refusal. Often the meaning stands in Fly's words alone, so this is the one place that looks at them; the
//! tests hold each text that is known.

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::error::{Doubt, Holder, Meaning, Said};
use super::read::{Unreadable, Why};
use super::transport::Answer;
use super::{Call, MachineId};

/// The two shapes of a refusal in one: leases say `message`, all others `error`.
#[derive(Default, Deserialize)]
struct Body {
    error: Option<String>,
    message: Option<String>,
    status: Option<String>,
}

/// What an answer means that is no success; a 429 and a wait that ran out are the caller's to know.
pub(crate) fn meaning(call: Call, answer: &Answer) -> Meaning {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = body.message.or(body.error);
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(&answer.body).into_owned());
    if answer.status >= 400
        && let Some(meaning) = by_words(answer.status, &text, body.status.as_deref())
    {
        return meaning;
    }
    let said = Said::new(&text);
    match answer.status {
        401 => Meaning::Unauthorized(said),
        403 => Meaning::Forbidden(said),
        404 => Meaning::NotFound(said),
        409 => Meaning::Conflict(said),
        412 => Meaning::WrongState(said),
        408 | 500..=599 => unknown(call, Doubt::Failed(said)),
        400..=499 => Meaning::Invalid(said),
        status => Meaning::Unreadable(Unreadable::whole(Why::Status(status))),
    }
}

/// What no answer means.
pub(crate) fn unknown(call: Call, doubt: Doubt) -> Meaning {
    if call.writes() { Meaning::Unknown(doubt) } else { Meaning::Unanswered(doubt) }
}

/// A host without room: a new machine may find another.
const HOST_FULL: [&str; 7] = [
    "could not reserve resource for machine",
    "insufficient cpus",
    "insufficient memory",
    "memory available",
    "insufficient resources available",
    "governor policy blocked start",
    "deploys to this host are temporarily disabled",
];

/// A region without room.
const REGION_FULL: [&str; 2] = ["could not find a candidate host", "aborted: no capacity"];

/// What a registry says of an image that it does not have.
const IMAGE_UNKNOWN: [&str; 2] = ["manifest_unknown", "manifest unknown"];

fn by_words(code: u16, text: &str, status: Option<&str>) -> Option<Meaning> {
    let low = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| low.contains(word));
    let said = || Said::new(text);
    if let Some(holder) = holder(text) {
        return Some(Meaning::LeaseHeld(Box::new(holder)));
    }
    if low.contains("unique machine name violation") || status == Some("name_taken") {
        let id = text.split_once("machine ID ").and_then(|(_, rest)| rest.split_whitespace().next());
        let id = id.and_then(|id| id.parse::<MachineId>().ok());
        return Some(Meaning::NameTaken(id));
    }
    // Before the region, whose `status` may stand beside both. A 422 that speaks of memory is about the configuration.
    if matches!(code, 409 | 412 | 503) && has(&HOST_FULL) {
        return Some(Meaning::HostFull(said()));
    }
    if has(&REGION_FULL) || status == Some("insufficient_capacity") {
        return Some(Meaning::RegionFull(said()));
    }
    has(&IMAGE_UNKNOWN).then(|| Meaning::ImageUnknown(said()))
}

/// `machine ID X lease currently held by OWNER, expires at T`
fn holder(text: &str) -> Option<Holder> {
    let (_, rest) = text.split_once("lease currently held by ")?;
    let (owner, until) = rest.split_once(", expires at ").unwrap_or((rest, ""));
    let until = OffsetDateTime::parse(until.trim().trim_end_matches('"'), &Rfc3339).ok();
    Some(Holder { owner: Some(Said::new(owner).to_string()), description: None, until })
}

#[cfg(test)]
mod tests;
