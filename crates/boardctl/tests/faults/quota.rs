//! The quota: exact, however many ask at once, whatever is broken meanwhile.

mod crowd;
pub(super) mod tries;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use testbed::board::Part;
use testbed::load::{Report, Script};
use testbed::process::Process;

use super::burst::burst;
use super::fleet::{Fleet, MACHINES};
use super::scene::Scene;
use super::scripts::{Applies, Greedy};
use super::{table, verdicts};

/// As many as are asked in less than a minute: as fast as they go.
const MANY: u64 = 1_000;

/// Below what two machines refuse as too many at once.
const CLIENTS: usize = 32;

/// As long as a minute is.
const MINUTE: Duration = Duration::from_secs(60);

/// Asks a thousand times; nobody may be told anything wrong.
async fn thousand(addresses: &[SocketAddr], name: &str, script: impl Script) -> Report {
    println!("\n--- {name}");
    let begun = Instant::now();
    let report = burst(addresses, CLIENTS, MANY, script).await;
    let saw =
        format!("{report} in {:.1} s; longest {:.1} s", begun.elapsed().as_secs_f64(), report.longest().as_secs_f64());
    table::add(name, &saw, Duration::ZERO);
    assert_eq!(report.wrongs(begun), Vec::<String>::new());
    assert!(begun.elapsed() < MINUTE, "the load is a thousand in a minute");
    report
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn of_a_thousand_applications_by_one_person_ten_are_accepted() {
    let fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let greedy = Greedy::with_jobs(&fleet, 1_000).await;
    let front = [fleet.front(Part::Applications)];
    let report = thousand(&front, "1,000 applications by one person", greedy.clone()).await;
    assert_eq!((report.count("201"), report.count("429")), (10, 990), "{report}");
    assert_eq!(greedy.rows(&fleet).await, 10);
    fleet.give_back();
}

/// With the rate limit that a machine has of itself.
#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn a_thousand_people_at_one_address_apply_and_all_are_accepted() {
    let fleet = Fleet::take().await;
    verdicts::forget(&fleet).await;
    let scene = Scene::with_jobs(&fleet, 1_000, 1).await;
    let applies = Applies::new(scene.clone());
    let machines = fleet.more(Part::Applications, MACHINES, &[("ADDRESS_REQUESTS_MAX", "6000")]).await;
    let addresses = [MACHINES, MACHINES + 1].map(|number| fleet.address(Part::Applications, number));
    let report = thousand(&addresses, "1,000 applications by 1,000 people at one address", applies.clone()).await;
    assert_eq!(report.count("201"), 1_000, "{report}");
    let accepted = applies.accepted().clone();
    assert_eq!(verdicts::nothing_is_lost_or_doubled(&fleet, &accepted, &scene.ids()).await, 1_000);
    assert!(machines.iter().all(Process::is_running), "nobody killed these");
    drop(machines);
    fleet.give_back();
}
