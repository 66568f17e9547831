//! The control surface's part for real processes.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Payload};
use nix::sys::signal::Signal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::{body, done, said};
use crate::guests::Guests;
use crate::programs::Program;

type Known = Data<Option<Arc<Guests>>>;

fn real(known: &Known) -> Result<&Guests, String> {
    known.as_deref().ok_or_else(|| "nothing real runs here: it was started without PROGRAMS".to_owned())
}

/// `POST /control/programs`: more of them, or others for the same images.
pub(crate) async fn programs(payload: Payload, known: Known) -> HttpResponse {
    let programs = body::<Vec<Program>>(payload).await;
    said(programs.and_then(|programs| {
        let guests = real(&known)?;
        programs.into_iter().for_each(|program| guests.program(program));
        Ok(done())
    }))
}

/// `GET /control/guests`: what runs for each machine.
pub(crate) async fn guests(known: Known) -> HttpResponse {
    said(real(&known).map(|guests| json!(guests.guests())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signalled {
    machine: String,
    signal: String,
}

/// `POST /control/signal`: to a machine's process.
pub(crate) async fn signal(payload: Payload, known: Known) -> HttpResponse {
    let signalled = body::<Signalled>(payload).await;
    said(signalled.and_then(|Signalled { machine, signal }| -> Result<Value, String> {
        let signal: Signal = signal.parse().map_err(|_| format!("{signal:?} is no signal: wanted SIGKILL, say"))?;
        let sent = real(&known)?.signal(&machine, signal);
        if sent { Ok(done()) } else { Err(format!("no process runs for {machine:?}")) }
    }))
}
