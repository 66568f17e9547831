//! Machines killed within a request, and an answer that is cut on its way: whoever asks again with the same key gets the
//! first answer, at once.

use std::time::{Duration, Instant};

use serde_json::json;
use testbed::board::Part;
use testbed::http::Answer;
use testbed::load::{Arrivals, Ask, Connection, Lost, Plan, Script, Steady};
use testbed::proxy::Proxy;
use testbed::wait;
use tokio_postgres::Client;

use super::fleet::Fleet;
use super::scene::{Person, Scene, database};
use super::scripts::{Applies, Reads};
use super::{table, verdicts};

/// How much later PostgreSQL's answers come: a commit is then seen here well before its caller hears of it, and a
/// transaction of some steps still ends before it is cut.
const LATE: Duration = Duration::from_millis(200);

/// How soon a request that is repeated is answered with what was made already.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Longer than any request.
const PATIENCE: Duration = Duration::from_secs(15);

const QUOTA: usize = 10;

const COMPANIES: &str = "SELECT count(*) FROM companies WHERE name = 'Afoot'";

/// While a machine dies, its proxy says so, or the connection ends.
pub(super) struct Dying<S>(pub(super) S);

impl<S: Script> Script for Dying<S> {
    fn ask(&self, number: u64) -> Ask {
        self.0.ask(number)
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        match answer {
            Err(Lost::Cut(_)) => Ok("cut"),
            Ok(answer) if answer.status == 502 => Ok("cut"),
            _ => self.0.judge(number, answer),
        }
    }
}

fn create(path: &str, body: &serde_json::Value, person: &Person) -> Ask {
    Ask::post(path, body)
        .header("authorization", format!("Bearer {}", person.token))
        .header("idempotency-key", format!("\"{}:{path}\"", person.id))
}

fn apply(person: &Person, job: &str) -> Ask {
    create(&format!("/v1/jobs/{job}/applications"), &json!({ "letter": "I would like to." }), person)
}

async fn count(client: &Client, statement: &str) -> i64 {
    client.query_one(statement, &[]).await.expect("the database answers").get(0)
}

fn of(person: &Person) -> String {
    format!("SELECT count(*) FROM applications WHERE person_id = '{}'", person.id)
}

/// What the request is answered when it is repeated, which must be what the first one made.
async fn repeated(fleet: &Fleet, part: Part, ask: &Ask) -> Answer {
    let answer = Connection::to(fleet.front(part)).ask(ask).await.expect("an answer to the second");
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("idempotency-replayed"), "true", "{answer:?}");
    answer
}

/// Jobs enough for the quota and one more, and one person who applies for them.
async fn jobs_and_person(fleet: &Fleet) -> (Vec<String>, Person) {
    let (mut jobs, mut people) = (Vec::new(), Vec::new());
    while jobs.len() <= QUOTA {
        let scene = Scene::of(fleet, 1).await;
        jobs.extend(scene.jobs);
        people.extend(scene.people);
    }
    (jobs, people.swap_remove(0))
}

/// Applies for all of these, each accepted.
async fn apply_for(fleet: &Fleet, person: &Person, jobs: &[String]) {
    let mut connection = Connection::to(fleet.front(Part::Applications));
    for job in jobs {
        let answer = connection.ask(&apply(person, job)).await.expect("an answer");
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

/// Kills the first machine of a function when it has committed what `ask` wants and not yet answered; `statement` counts
/// that. Others ask all the while, through the proxy.
async fn killed_within(fleet: &mut Fleet, part: Part, ask: &Ask, statement: &str) {
    let (scene, begun) = (Scene::of(fleet, 200).await, Instant::now());
    let plan = |part, rate| Plan {
        address: fleet.front(part),
        clients: 4,
        arrivals: Arrivals::Rate(rate),
        patience: PATIENCE,
    };
    let applies = Applies::new(scene.clone());
    let reads = Steady::start(plan(Part::Api, 40.0), Dying(Reads(scene.clone()))).expect("a thread");
    let writes = Steady::start(plan(Part::Applications, 10.0), Dying(applies.clone())).expect("a thread");
    let client = database(fleet).await;
    let before = count(&client, statement).await;
    fleet.postgres.delay(LATE);
    let (address, first) = (fleet.address(part, 0), ask.clone());
    let first = tokio::spawn(async move { Connection::to(address).ask(&first).await });
    let committed = async || count(&client, statement).await == before + 1;
    wait::until(PATIENCE, "the commit", committed).await.expect("it commits");
    fleet.kill(part, 0);
    fleet.postgres.heal().expect("its port is ours");
    let first = first.await.expect("it ends");
    assert!(matches!(first, Err(Lost::Cut(_))), "killed too late, after {first:?}");
    let asked = Instant::now();
    repeated(fleet, part, ask).await;
    let again = asked.elapsed();
    assert!(again < AT_ONCE, "answered again after {again:?}");
    fleet.put_back(part, 0).await;
    let back = Instant::now();
    let good = |load: &Steady, kind| load.since(back).count(kind) > 10;
    wait::until(PATIENCE, "good answers", async || good(&reads, "200") && good(&writes, "201"))
        .await
        .expect("all well");
    assert_eq!(count(&client, statement).await, before + 1, "it was made once");
    let (reads, writes) = (reads.finish(PATIENCE * 2).await, writes.finish(PATIENCE * 2).await);
    let (reads, writes) = (reads.expect("the load ends"), writes.expect("the load ends"));
    let saw = format!("the answer to the first on asking again, after {again:.0?}; reads {reads}; applies {writes}");
    table::add(&format!("{} killed -9 within a request", part.name()), &saw, back.duration_since(asked));
    let mut wrongs = reads.wrongs(begun);
    wrongs.extend(writes.wrongs(begun));
    assert!(wrongs.is_empty(), "what clients must not see:\n{}", wrongs.join("\n"));
    for report in [&reads, &writes] {
        assert_eq!(report.between(back, Instant::now()).count("cut"), 0, "nobody is cut once the dead one is replaced");
    }
    let (accepted, people) = (applies.accepted().clone(), scene.people.iter().map(|it| it.id.clone()));
    let rows = verdicts::nothing_is_lost_or_doubled(fleet, &accepted, &people.collect::<Vec<_>>()).await;
    let unknown = writes.count("cut") + writes.count("unknown");
    assert!(rows <= accepted.len() + unknown, "{rows} rows for {} accepted", accepted.len());
    assert_eq!(fleet.dead(), Vec::<String>::new(), "nobody killed these");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn api_is_killed_within_a_request() {
    let mut fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let scene = Scene::of(&fleet, 2).await;
    let company = |name, person| create("/v1/companies", &json!({ "name": name }), person);
    // A connection that knows the statements: preparing them late would take longer than a transaction may.
    let ahead = Connection::to(fleet.address(Part::Api, 0)).ask(&company("Ahead", &scene.people[1])).await;
    assert_eq!(ahead.expect("an answer").status, 201);
    let ask = company("Afoot", &scene.people[0]);
    killed_within(&mut fleet, Part::Api, &ask, COMPANIES).await;
    fleet.give_back();
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn applications_is_killed_within_somebodys_tenth_application() {
    let mut fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let (jobs, person) = jobs_and_person(&fleet).await;
    apply_for(&fleet, &person, &jobs[..QUOTA - 1]).await;
    killed_within(&mut fleet, Part::Applications, &apply(&person, &jobs[QUOTA - 1]), &of(&person)).await;
    fleet.give_back();
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn the_answer_to_a_tenth_application_is_cut_and_comes_on_asking_again() {
    let fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let (jobs, person) = jobs_and_person(&fleet).await;
    apply_for(&fleet, &person, &jobs[..QUOTA - 1]).await;
    let client = database(&fleet).await;
    let way = Proxy::start(fleet.front(Part::Applications)).expect("a proxy");
    way.delay(PATIENCE);
    let (address, tenth) = (way.address(), apply(&person, &jobs[QUOTA - 1]));
    let first = tenth.clone();
    let first = tokio::spawn(async move { Connection::to(address).ask(&first).await });
    let made = async || count(&client, &of(&person)).await == QUOTA as i64;
    wait::until(PATIENCE, "ten", made).await.expect("the tenth is within the quota");
    way.cut();
    assert!(matches!(first.await.expect("it ends"), Err(Lost::Cut(_))), "cut too late");
    let asked = Instant::now();
    let answer = repeated(&fleet, Part::Applications, &tenth).await;
    let again = asked.elapsed();
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    let its = format!("{} AND id = '{id}'", of(&person));
    assert_eq!(
        (count(&client, &of(&person)).await, count(&client, &its).await),
        (QUOTA as i64, 1),
        "one row, and its id"
    );
    let eleventh = Connection::to(fleet.front(Part::Applications)).ask(&apply(&person, &jobs[QUOTA])).await;
    eleventh.expect("an answer").problem(429, "quota-exceeded");
    let saw = format!("201 with the first one's id on asking again, after {again:.0?}; the eleventh 429");
    table::add("The answer to a tenth application cut", &saw, again);
    fleet.give_back();
}
