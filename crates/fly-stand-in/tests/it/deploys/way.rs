//! The way to Fly that sees every call, and dies at one of them; and the proxy before the machines.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use deploy::machines::{Answer, Lost, MachineId, Request, Transport};
use deploy::run::{NewRecord, Proxy, Record, RecordEnd, RecordError, Records, Reply, Unreached};
use fly_stand_in::{Local, Shared, State};
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::judge::Judge;

/// Where a run dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dies {
    Before(usize),
    After(usize),
}

/// Carries the calls of one run.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) local: Local,
    pub(super) judge: Rc<Judge>,
    pub(super) calls: Rc<RefCell<Vec<String>>>,
    pub(super) dies: Rc<Cell<Option<Dies>>>,
    pub(super) dead: Rc<Notify>,
    /// How long a look takes to be answered.
    pub(super) looks: Rc<Cell<Duration>>,
}

impl Way {
    pub(super) fn new(fly: &Arc<Shared>, judge: &Rc<Judge>, dies: Option<Dies>) -> Self {
        Self {
            local: Local(Arc::clone(fly)),
            judge: Rc::clone(judge),
            calls: Rc::default(),
            dies: Rc::new(Cell::new(dies)),
            dead: Rc::new(Notify::new()),
            looks: Rc::default(),
        }
    }

    async fn die(&self) -> Result<Answer, Lost> {
        self.dead.notify_one();
        std::future::pending().await
    }
}

impl Transport for Way {
    async fn send(&self, request: Request) -> Result<Answer, Lost> {
        let told = format!("{} {}", request.method, request.path);
        let number = {
            let mut calls = self.calls.borrow_mut();
            calls.push(told.clone());
            calls.len()
        };
        if self.dies.get() == Some(Dies::Before(number)) {
            return self.die().await;
        }
        if told.starts_with("GET") {
            tokio::time::sleep(self.looks.get()).await;
        }
        self.judge.called(&self.local.0, &told);
        let answer = self.local.send(request).await;
        self.judge.looked(&self.local.0, &told);
        if self.dies.get() == Some(Dies::After(number)) {
            return self.die().await;
        }
        answer
    }
}

/// From when to when a colour shows a fault, by its image's tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sick {
    pub(super) from: OffsetDateTime,
    pub(super) until: OffsetDateTime,
    /// Whether it says that all it needs is there.
    pub(super) able: bool,
}

/// Fly's proxy: it reaches those that it has heard of.
pub(super) struct Edge {
    pub(super) fly: Arc<Shared>,
    pub(super) sick: RefCell<BTreeMap<String, Sick>>,
    pub(super) asked: Cell<u64>,
}

impl Proxy for Edge {
    async fn ask(&self, machine: &MachineId, path: &str) -> Result<Reply, Unreached> {
        self.asked.set(self.asked.get() + 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (now, routed, machine) = self.fly.with(|fly, now| {
            let view = fly.machines().find(|view| view.id == machine.as_str());
            (now, fly.routed(now, "web"), view)
        });
        let there = machine.filter(|view| routed.contains(&view.id) && view.state == State::Started);
        let Some(view) = there else { return Err(Unreached("no such machine is routed".to_owned())) };
        let image = view.config["image"].as_str().unwrap_or_default();
        let sick = self.sick.borrow();
        let sick = sick
            .iter()
            .find(|(tag, sick)| image.contains(&format!(":{tag}@")) && (sick.from..sick.until).contains(&now));
        match sick {
            Some((_, sick)) if path.starts_with("/readyz") => {
                let body =
                    json!({"ready": sick.able, "checks": [], "unsteady": ["its critical request failed: status 500"]});
                Ok(Reply { status: 503, body: body.to_string() })
            }
            _ => Ok(Reply { status: 200, body: "{}".to_owned() }),
        }
    }
}

/// Release records, kept here.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) all: RefCell<Vec<Record>>,
    pub(super) away: Cell<bool>,
}

impl Records for Shelf {
    async fn open(&self, new: &NewRecord) -> Result<Record, RecordError> {
        if self.away.get() {
            return Err(RecordError("away".to_owned()));
        }
        let mut all = self.all.borrow_mut();
        let version = 1 + all.len() as u64;
        let (status, image_ref) = ("running".to_owned(), Some(new.image.clone()));
        all.push(Record { id: format!("rel{version}"), version, status, image_ref, created_at: None });
        Ok(all.last().cloned().expect("one"))
    }

    async fn close(&self, id: &str, end: RecordEnd, _error: &str) -> Result<(), RecordError> {
        if self.away.get() {
            return Err(RecordError("away".to_owned()));
        }
        for record in self.all.borrow_mut().iter_mut().filter(|record| record.id == id) {
            record.status = end.as_str().to_owned();
        }
        Ok(())
    }

    async fn newest(&self, limit: usize) -> Result<Vec<Record>, RecordError> {
        if self.away.get() {
            return Err(RecordError("away".to_owned()));
        }
        Ok(self.all.borrow().iter().rev().take(limit).cloned().collect())
    }
}
