//! Four hundred at once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::http::Answer;
use testbed::load::{Ask, Lost, Report, Script};
use testbed::otlp::Kind;
use testbed::wait;
use tokio::time::sleep;

use crate::faults::burst::burst;
use crate::faults::fleet::{Fleet, MACHINES};
use crate::faults::scripts::Greedy;
use crate::faults::{meters, table, verdicts};

/// Processes of the function, each a machine.
const PROCESSES: usize = 4;

/// At work at once, on all machines together.
const CLIENTS: usize = 400;

/// Applications of the crowd: each client comes again some times, so that it meets Redis in more than one state.
const ASKED: u64 = 1_200;

/// More of them, by fewer at once: a machine that is at its end hears Redis too late, and leaves it alone.
const LATER: u64 = 800;

/// At work at once on those.
const FEWER: usize = 8;

/// Each machine takes its share of the crowd, lets one person send all of this, and tells every trace.
const SETTINGS: [(&str, &str); 3] =
    [("AT_WORK_MAX", "200"), ("PERSON_REQUESTS_MAX", "100000"), ("OTEL_TRACES_SAMPLER_ARG", "1")];

/// Bound for spans to come, which are sent once a second or so.
const SPANS_COME: Duration = Duration::from_secs(30);

/// Goes on where the crowd ended.
struct Later(Greedy);

impl Script for Later {
    fn ask(&self, number: u64) -> Ask {
        self.0.ask(ASKED + number)
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        self.0.judge(ASKED + number, answer)
    }
}

/// The crowd, and who comes later.
async fn everybody(addresses: &[SocketAddr], greedy: &Greedy) -> Report {
    let mut report = burst(addresses, CLIENTS, ASKED, greedy.clone()).await;
    report.0.extend(burst(addresses, FEWER, LATER, Later(greedy.clone())).await.0);
    report
}

/// Redis flaps and forgets. Tells how often.
async fn flap(fleet: &Fleet, flaps: &mut usize) {
    loop {
        fleet.redis.refuse().expect("its port is ours");
        fleet.redis.cut();
        sleep(Duration::from_millis(30)).await;
        fleet.redis_server().empty().await.expect("it is there");
        fleet.redis.heal().expect("its port is ours");
        *flaps += 1;
        // Long enough for the machines to connect again, and for Redis to learn who has used up the quota.
        sleep(Duration::from_millis(700)).await;
    }
}

/// The refusals by the quota without any statement, of all the traces of applications, once all of these are there.
async fn refused_without_a_statement(fleet: &Fleet) -> usize {
    let otlp = &fleet.board.servers.otlp;
    let mut untouched = 0;
    let all = wait::until(SPANS_COME, "a trace of each request", async || {
        let (mut answered, mut statements) = (HashMap::<String, String>::new(), HashMap::<String, usize>::new());
        for span in otlp.spans() {
            if span.kind == Kind::Server && span.name.ends_with("/applications") {
                answered.insert(span.trace_id, span.attributes["http.response.status_code"].clone());
            } else if span.attributes.get("db.system.name").is_some_and(|system| system == "postgresql") {
                *statements.entry(span.trace_id).or_default() += 1;
            }
        }
        let refused = answered.iter().filter(|(_, status)| *status == "429");
        untouched = refused.filter(|(trace, _)| !statements.contains_key(*trace)).count();
        answered.len() >= usize::try_from(ASKED + LATER).expect("few")
    });
    all.await.expect("no span is lost");
    untouched
}

fn tell(report: &Report, flaps: usize, by_redis: usize) {
    let longest = report.longest().as_secs_f64();
    let saw =
        format!("{report}, {by_redis} of them refused by Redis, which flapped {flaps} times; longest {longest:.1} s");
    table::add("400 at once by one person over 4 processes while Redis flaps and is emptied", &saw, Duration::ZERO);
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn of_four_hundred_at_once_ten_are_accepted_while_redis_flaps_and_forgets() {
    println!("\n--- 400 at once by one person");
    let fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let greedy = Greedy::with_jobs(&fleet, i32::try_from(ASKED + LATER).expect("few")).await;
    let machines = fleet.more(Part::Applications, PROCESSES, &SETTINGS).await;
    let numbers = MACHINES..MACHINES + PROCESSES;
    let addresses: Vec<_> = numbers.clone().map(|number| fleet.address(Part::Applications, number)).collect();
    fleet.board.servers.otlp.clear();
    let (begun, mut flaps) = (Instant::now(), 0);
    let report = tokio::select! {
        report = everybody(&addresses, &greedy) => report,
        () = flap(&fleet, &mut flaps) => Report::default(),
    };
    fleet.redis.heal().expect("its port is ours");
    let texts = meters::texts(numbers.map(|number| fleet.metrics(Part::Applications, number))).await;
    let by_redis = meters::sum(&texts, "board_quota_verdicts_total{quota=\"apply\",verdict=\"refused_by_redis\"}");
    tell(&report, flaps, by_redis);
    assert_eq!(report.wrongs(begun), Vec::<String>::new());
    assert_eq!(report.count("201"), 10, "{report}");
    assert!(flaps > 1 && by_redis > 0, "Redis flapped {flaps} times and refused {by_redis}");
    assert_eq!(refused_without_a_statement(&fleet).await, by_redis, "a refusal by Redis touches nothing");
    assert!(machines.iter().all(|machine| machine.is_running()), "nobody killed these");
    assert_eq!(greedy.rows(&fleet).await, 10);
    drop(machines);
    fleet.give_back();
}
