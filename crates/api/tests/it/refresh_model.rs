//! Every short history of a session, against its rules written once more.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use testbed::http::Answer;

use super::board::Board;
use super::refresh::{Kept, pass};

/// What the clients of one session may do.
#[derive(Clone, Copy, Debug)]
enum Deed {
    UseNewest,
    UseLast,
    UseFirst,
    Wait,
}

/// Two of these are longer than the last token is good for.
const WAIT: Duration = Duration::from_secs(20);

const DEEDS: [Deed; 4] = [Deed::UseNewest, Deed::UseLast, Deed::UseFirst, Deed::Wait];
const LENGTH: u32 = 4;

/// What the session is to be after some deeds.
#[derive(Default)]
struct Model {
    newest: usize,
    since: Duration,
    ended: bool,
}

impl Model {
    /// Uses the token of this generation; whether that is answered.
    fn uses(&mut self, generation: usize) -> bool {
        if generation == self.newest && !self.ended {
            (self.newest, self.since) = (generation + 1, Duration::ZERO);
        } else if generation + 1 != self.newest || self.since > Duration::from_secs(30) {
            self.ended = true;
        }
        !self.ended
    }
}

/// From a client of each history's own, so that none has too many.
async fn used(board: &Board, number: usize, token: &str) -> Answer {
    let request = board.api.request(Method::POST, "/v1/sessions/refresh").json(&json!({ "refresh_token": token }));
    Answer::to(request.header("Fly-Client-IP", format!("198.51.100.{number}"))).await
}

#[tokio::test]
async fn every_short_history_of_a_session_ends_as_the_rules_say() {
    let board = Board::new().await;
    let session = Kept::begin(&board).await;
    let id = session.id(&board).await;
    for number in 0..DEEDS.len().pow(LENGTH) {
        let history: Vec<Deed> = (0..LENGTH).map(|at| DEEDS[number / DEEDS.len().pow(at) % DEEDS.len()]).collect();
        let anew = "generation = 0, ended_at = NULL, begun_at = now(), refreshed_at = now(), expires_at = now() + interval '1 day'";
        board.run(&format!("UPDATE sessions SET {anew} WHERE id = '{id}'")).await;
        let (mut model, mut tokens) = (Model::default(), vec![session.refresh.clone()]);
        for deed in &history {
            let generation = match deed {
                Deed::UseNewest => model.newest,
                Deed::UseLast => model.newest.saturating_sub(1),
                Deed::UseFirst => 0,
                Deed::Wait => {
                    pass(&board, &id, "20 seconds").await;
                    model.since += WAIT;
                    continue;
                }
            };
            let answer = used(&board, number, &tokens[generation]).await;
            if !model.uses(generation) {
                answer.problem(401, "session-ended");
                continue;
            }
            let next = answer.expect(200)["refresh_token"].as_str().expect("a token").to_owned();
            if generation + 1 == tokens.len() {
                tokens.push(next);
            } else {
                assert_eq!(next, tokens[generation + 1], "{history:?}");
            }
        }
    }
}
