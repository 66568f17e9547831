//! A board whose functions are replaced one by one, as a deploy does, while people walk through all of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use boardctl::smoke_test::{self, Places};
use contracts::calls::{GetMe, MyApplications};
use platform::http::client::{Client, stack};
use testbed::board::{Board, Part};
use testbed::process::Process;
use testbed::wait;
use tokio::process::Command;
use url::Url;

use super::super::guide::{Block, Script};
use super::keepsake::{Keepsake, unique};

const PATIENCE: Duration = Duration::from_secs(60);
/// Between two requests of somebody who reads.
const PACE: Duration = Duration::from_millis(5);
const WALKERS: usize = 2;
/// What the names of its apps begin with.
const NAME: &str = "job-board";

/// `openssl`, `psql` and `redis-cli` are the real ones.
const STAND_INS: &str = r#"
boardctl() { [ "$1 $3" = "deploy --image" ] && [ -n "$4" ] && ask "deploy $2"; }
fly() { [ "$1 $2 $3 $4" = "secrets set --stage --app" ] && stage "${@:5}"; }
"#;

/// The functions, each in two colours while it is deployed.
pub(super) const FUNCTIONS: [Part; 3] = [Part::Api, Part::Applications, Part::EmailWorker];

/// What its people and its deploys share.
pub(super) struct Stage {
    pub(super) board: Board,
    pub(super) http: reqwest::Client,
    live: Mutex<BTreeMap<Part, Vec<Arc<Url>>>>,
    told: Mutex<BTreeMap<(Part, String), String>>,
    machines: Mutex<BTreeMap<Part, (usize, Process)>>,
    held: Mutex<Option<String>>,
    walked: [AtomicUsize; WALKERS],
    read: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Stage {
    /// One that runs, with these settings in place of the board's own.
    pub(super) async fn start(told: impl IntoIterator<Item = (Part, &'static str, String)>, board: Board) -> Arc<Self> {
        let told = told.into_iter().map(|(part, name, value)| ((part, name.to_owned()), value)).collect();
        let stage = Arc::new(Self {
            board,
            http: stack().expect("a client"),
            live: Mutex::default(),
            told: Mutex::new(told),
            machines: Mutex::default(),
            held: Mutex::default(),
            walked: Default::default(),
            read: AtomicUsize::new(0),
            failures: Mutex::default(),
        });
        for part in FUNCTIONS {
            stage.begin(part, 0).await;
        }
        stage
    }

    /// Where Resend stands in.
    pub(super) fn inbox(&self) -> Url {
        Url::parse(&self.board.url(Part::ResendStandIn)).expect("an address")
    }

    /// Each machine of a function that is routed to.
    pub(super) fn routed(&self, part: Part) -> Vec<Arc<Url>> {
        lock(&self.live).get(&part).cloned().unwrap_or_default()
    }

    /// One of them, another each time.
    pub(super) fn one(&self, part: Part) -> Arc<Url> {
        let all = self.routed(part);
        all[rand::random_range(0..all.len())].clone()
    }

    async fn begin(&self, part: Part, number: usize) {
        let told = lock(&self.told).clone();
        let own = told.into_iter().filter(|((of, _), _)| *of == part);
        let command = self.board.instance(part, number).expect("a binary");
        let process = own.fold(command, |command, ((_, name), value)| command.env(name, value)).start();
        let process = process.expect("started");
        let url = format!("http://127.0.0.1:{}", self.board.ports_of_instance(part, number).http);
        let ready = process.wait_until_ok(&format!("{url}/readyz"), PATIENCE).await;
        ready.unwrap_or_else(|error| panic!("{}: {error}\n{}", part.name(), process.output()));
        lock(&self.live).entry(part).or_default().push(Arc::new(Url::parse(&url).expect("an address")));
        lock(&self.machines).insert(part, (number, process));
    }

    /// Replaces a function's machine by one that is told these as well: both serve for a while, then the older one is
    /// routed to no more, ends what it has in hand, and drains.
    pub(super) async fn deploy(&self, part: Part, told: BTreeMap<String, String>) {
        lock(&self.told).extend(told.into_iter().map(|(name, value)| ((part, name), value)));
        let before = Keepsake::take(self).await;
        let old = self.routed(part);
        let (number, process) = lock(&self.machines).remove(&part).expect("it runs");
        self.begin(part, number + 1).await;
        before.hold(self);
        self.walks(0).await;
        self.check(&Keepsake::take(self).await, &format!("{} in two colours", part.name())).await;
        lock(&self.live).entry(part).or_default().retain(|url| !old.contains(url));
        // One: here, and with none of those who ask.
        let left = async || old.iter().all(|url| Arc::strong_count(url) == 1);
        wait::until(PATIENCE, "nobody asks the older one", left).await.expect("it is left");
        let ended = process.stop(PATIENCE).await.expect("it ends");
        assert!(ended.success(), "{} drains: {ended}", part.name());
        self.check(&before, &format!("{} in the new colour", part.name())).await;
    }

    /// Notes what of this is refused.
    async fn check(&self, keepsake: &Keepsake, when: &str) {
        for refused in keepsake.refused(self).await {
            self.failed(format!("{when}: {refused}"));
        }
    }

    /// Waits until each walker has begun and ended so many walks from now on, beside the one that is under way.
    async fn walks(&self, count: usize) {
        let before = self.walked.each_ref().map(|walked| walked.load(Ordering::Relaxed));
        let walked = async || {
            let mut both = self.walked.iter().zip(before);
            both.all(|(now, before)| now.load(Ordering::Relaxed) > before + count)
        };
        wait::until(PATIENCE, "people walk", walked).await.expect("they come through");
    }

    /// Lets a script go all its way, while people walk; what failed.
    pub(super) async fn follow(self: &Arc<Self>, block: &Block, variables: &[(&str, String)]) -> Vec<String> {
        Keepsake::take(self).await.hold(self);
        let mut people = tokio::task::JoinSet::new();
        for number in 0..WALKERS {
            people.spawn(self.clone().walk(number));
        }
        people.spawn(self.clone().keep_reading());
        let mut bash = Command::new("bash");
        bash.envs(["API", "APPLICATIONS", "EMAIL_WORKER"].map(|image| (image, "the image that runs")));
        bash.env("NAME", NAME);
        bash.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut script = Script::start(block, STAND_INS, bash);
        while let Some(asked) = script.next().await {
            match asked.what.as_str() {
                "deploy" => {
                    let told = script.staged(&format!("{NAME}-{}", asked.about));
                    self.deploy(Part::named(&asked.about).expect("a function"), told).await;
                }
                "part" if asked.about.starts_with("remove") => self.outlive().await,
                _ => {}
            }
            script.go_on().await;
        }
        // `psql` counts what it lists.
        let is_count = |line: &&String| line.ends_with("row)") || line.ends_with("rows)");
        let listed: Vec<_> = script.said.iter().filter(is_count).filter(|line| *line != "(0 rows)").collect();
        assert!(listed.is_empty(), "somebody is left: {listed:?}");
        self.walks(1).await;
        people.shutdown().await;
        let (walks, reads) = (&self.walked, self.read.load(Ordering::Relaxed));
        println!("{walks:?} walks and {reads} reads");
        std::mem::take(&mut *lock(&self.failures))
    }

    /// Lets what the old secret made live out its life: nobody holds any of it afterwards.
    async fn outlive(&self) {
        Keepsake::take(self).await.hold(self);
        self.walks(1).await;
    }

    /// The access token that readers come with.
    pub(super) fn hold(&self, token: String) {
        *lock(&self.held) = Some(token);
    }

    async fn walk(self: Arc<Self>, number: usize) {
        loop {
            let (api, applications) = (self.one(Part::Api), self.one(Part::Applications));
            let places = Places { api: (*api).clone(), applications: (*applications).clone(), inbox: self.inbox() };
            let walk = smoke_test::run(&places, &self.http, &unique()).await;
            if let Some(failure) = walk.failure {
                self.failed(format!("a walk: {failure}"));
            }
            self.walked[number].fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn keep_reading(self: Arc<Self>) {
        loop {
            let token = lock(&self.held).clone().expect("somebody is signed in");
            let (api, applications) = (self.one(Part::Api), self.one(Part::Applications));
            let of = |url: &Url| Client::new(self.http.clone(), url.clone()).with_token(token.clone().into());
            let me = of(&api).send(&GetMe {}).await.err();
            let mine = of(&applications).send(&MyApplications { limit: 10, cursor: None }).await.err();
            for error in me.into_iter().chain(mine) {
                self.failed(format!("a reader: {error}"));
            }
            drop((api, applications));
            self.read.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PACE).await;
        }
    }

    fn failed(&self, what: String) {
        lock(&self.failures).push(what);
    }
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}
