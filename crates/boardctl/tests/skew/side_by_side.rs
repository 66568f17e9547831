//! Older and newer functions on the newer schema, in every mix.

use std::time::Duration;

use boardctl::smoke_test::{self, Places, STEPS};
use platform::http::client::stack;
use testbed::board::{Board, Part, Secrets, Servers};
use testbed::process::Process;
use url::Url;

use super::older::Older;

const PATIENCE: Duration = Duration::from_secs(60);

/// As the number of a process of its part.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Age {
    Old = 0,
    New = 1,
}

const BOTH: [Age; 2] = [Age::Old, Age::New];

/// A board on the newer schema.
struct Skewed {
    board: Board,
    older: Older,
    http: reqwest::Client,
    walks: usize,
}

impl Skewed {
    async fn new(older: Older) -> Self {
        let servers = Servers::temporary(&[]).await.expect("servers");
        // By the `migrate` that is here.
        let board = Board::migrated(servers, Secrets::generate(), testbed::cargo::binary, |_| 0).await;
        Self { board: board.expect("a board"), older, http: stack().expect("a client"), walks: 0 }
    }

    fn url(&self, part: Part, age: Age) -> String {
        format!("http://127.0.0.1:{}", self.board.ports_of_instance(part, age as usize).http)
    }

    async fn start(&self, part: Part, age: Age) -> Process {
        let program = match age {
            Age::Old => self.older.program(part),
            Age::New => testbed::cargo::binary(part.name()).expect("built"),
        };
        let process = self.board.instance_of(program, part, age as usize).start().expect("started");
        let ready = process.wait_until_ok(&format!("{}/readyz", self.url(part, age)), PATIENCE).await;
        ready.unwrap_or_else(|error| panic!("{age:?} {}: {error}\n{}", part.name(), process.output()));
        process
    }

    /// Signs in, posts, applies, and waits for the mails, of this `api` and these `applications`.
    async fn walk(&mut self, api: Age, applications: Age, workers: &str) {
        let url = |part, age| Url::parse(&self.url(part, age)).expect("an address");
        let inbox = Url::parse(&self.board.url(Part::ResendStandIn)).expect("an address");
        let places = Places { api: url(Part::Api, api), applications: url(Part::Applications, applications), inbox };
        let test = smoke_test::run(&places, &self.http, &uuid::Uuid::new_v4().simple().to_string()).await;
        let told = format!("{api:?} api, {applications:?} applications, {workers}");
        assert_eq!(test.failure, None, "{told}");
        assert_eq!(test.steps.len(), STEPS.len(), "{told}");
        self.walks += 1;
    }

    async fn walk_all(&mut self, workers: &str) {
        for api in BOTH {
            for applications in BOTH {
                self.walk(api, applications, workers).await;
            }
        }
    }
}

#[tokio::test]
#[ignore = "builds another commit: scripts/test skew runs it"]
async fn older_functions_run_on_the_newer_schema_and_beside_newer_ones_in_every_mix() {
    let Some(older) = Older::built() else {
        println!(
            "NOT LOOKED AT: this clone has no commit before this one (SKEW_FROM=REV names one that has to be there)"
        );
        return;
    };
    let (commit, is_same) = (older.commit.clone(), older.is_same());
    let mut skewed = Skewed::new(older).await;
    let stand_in = skewed.board.command(Part::ResendStandIn).expect("built").start().expect("started");
    let inbox = format!("{}/readyz", skewed.board.url(Part::ResendStandIn));
    stand_in.wait_until_ok(&inbox, PATIENCE).await.expect("ready");

    let mut running = Vec::new();
    for part in [Part::Api, Part::Applications] {
        running.push(skewed.start(part, Age::Old).await);
    }
    let old_worker = skewed.start(Part::EmailWorker, Age::Old).await;
    if is_same {
        skewed.walk(Age::Old, Age::Old, "one worker").await;
    } else {
        for part in [Part::Api, Part::Applications] {
            running.push(skewed.start(part, Age::New).await);
        }
        skewed.walk_all("old worker").await;
        let _new_worker = skewed.start(Part::EmailWorker, Age::New).await;
        skewed.walk(Age::New, Age::Old, "both workers").await;
        let ended = old_worker.stop(PATIENCE).await.expect("it ends");
        assert!(ended.success(), "the older worker drains: {ended}");
        skewed.walk_all("new worker").await;
    }
    println!("{} walks, with the functions of {commit}", skewed.walks);
}
