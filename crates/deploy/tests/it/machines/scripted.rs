//! A transport in this very process: it answers by a script and notes what it was sent, and when, by tokio's clock. It
//! stays on one thread, as a stand-in's core does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use deploy::machines::{Answer, Limits, Lost, Machines, Request, Transport};
use serde_json::Value;
use tokio::time::Instant;

/// What comes of one call.
pub(super) enum Step {
    Json(u16, Value),
    Text(u16, &'static str),
    RetryAfter(&'static str),
    /// After three seconds.
    Slow(u16, Value),
    Hang,
    Cut,
    NotSent,
}

#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Since the script began.
    pub(super) at: Duration,
    pub(super) call: String,
    pub(super) nonce: Option<String>,
    pub(super) body: Option<Value>,
}

#[derive(Clone)]
pub(super) struct Scripted {
    steps: Rc<RefCell<VecDeque<Step>>>,
    seen: Rc<RefCell<Vec<Seen>>>,
    begun: Instant,
}

impl Scripted {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = Rc::new(RefCell::new(steps.into_iter().collect()));
        Self { steps, seen: Rc::default(), begun: Instant::now() }
    }

    pub(super) fn machines(&self) -> Machines<Self> {
        Machines::new(self.clone(), "web".parse().expect("a name"))
    }

    /// What was sent, when the whole script was used.
    #[track_caller]
    pub(super) fn seen(&self) -> Vec<Seen> {
        assert_eq!(self.steps.borrow().len(), 0, "all steps are used: {:?}", self.seen.borrow());
        self.seen.borrow().clone()
    }

    /// The calls of it, without their machine.
    #[track_caller]
    pub(super) fn calls(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.call).collect()
    }
}

impl Transport for Scripted {
    async fn send(&self, request: Request) -> Result<Answer, Lost> {
        let call = format!("{} {}", request.method, request.path.trim_start_matches("/v1/apps/web"));
        let nonce = request.nonce.map(|nonce| nonce.expose().to_owned());
        let at = self.begun.elapsed();
        self.seen.borrow_mut().push(Seen { at, call: call.clone(), nonce, body: request.body });
        let answer = |status, body: String, retry_after: Option<&str>| {
            let request_id = Some("01K-ams".to_owned());
            Ok(Answer { status, request_id, retry_after: retry_after.map(str::to_owned), body: body.into_bytes() })
        };
        let step = self.steps.borrow_mut().pop_front();
        match step.unwrap_or_else(|| panic!("no step for {call}")) {
            Step::Json(status, body) => answer(status, body.to_string(), None),
            Step::Text(status, body) => answer(status, body.to_owned(), None),
            Step::RetryAfter(seconds) => answer(429, String::new(), Some(seconds)),
            Step::Slow(status, body) => {
                tokio::time::sleep(Duration::from_secs(3)).await;
                answer(status, body.to_string(), None)
            }
            Step::Hang => std::future::pending().await,
            Step::Cut => Err(Lost::Cut("connection closed".to_owned())),
            Step::NotSent => Err(Lost::NotSent("connection refused".to_owned())),
        }
    }
}

/// The limits that the tests reckon with.
#[test]
fn the_limits_are_those_that_fly_and_its_own_tools_have() {
    let Limits { call, interval, look_interval: _, list_interval, lag } = Limits::default();
    let seconds = [call, interval, list_interval, lag].map(|limit| limit.as_secs());
    assert_eq!(seconds, [15, 1, 2, 10]);
}
