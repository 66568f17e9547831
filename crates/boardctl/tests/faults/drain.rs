//! The way out, proven: machines are replaced one after the other under load, and nobody loses a request.

mod scripts;

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use testbed::board::Part;
use testbed::load::{Arrivals, Plan, Report, Script, Steady};
use testbed::wait;

use super::fleet::{FUNCTIONS, Fleet, MACHINES};
use super::scene::Scene;
use super::scripts::SlowName;
use super::{table, times};
use scripts::{Mine, Pages, Plain};

/// As many as are asked at least.
const REQUESTS: usize = 50_000;

/// How long a slow body takes: less than what is in flight may, at a tenth of the real times, too.
const SLOW: Duration = Duration::from_millis(500);

/// No request is slow here: what takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(15);

/// A machine that has just started opens its connections, and a deploy waits for that: so long as somebody waits longer
/// than this, the next machine is left alone.
const CALM: Duration = Duration::from_millis(250);

/// Bound for all rounds on a busy machine.
const ROUNDS_END: Duration = Duration::from_secs(900);

/// All kinds of clients, to every function.
fn loads(fleet: &Fleet, scene: &Scene) -> Vec<(&'static str, Steady)> {
    let start = |part, clients, arrivals, script: Box<dyn Script>| {
        let plan = Plan { address: fleet.front(part), clients, arrivals, patience: PATIENCE };
        Steady::start(plan, script).expect("a thread")
    };
    let (eager, idle) = (Arrivals::Gaps(Duration::ZERO), Arrivals::Gaps(times::idle()));
    let scene = || scene.clone();
    vec![
        ("eager, api", start(Part::Api, 4, eager, Box::new(Plain))),
        ("with gaps, api", start(Part::Api, 20, idle, Box::new(Pages(scene())))),
        ("slow bodies, api", start(Part::Api, 10, idle, Box::new(SlowName { scene: scene(), takes: SLOW }))),
        ("eager, applications", start(Part::Applications, 4, eager, Box::new(Plain))),
        ("with gaps, applications", start(Part::Applications, 20, idle, Box::new(Mine(scene())))),
        ("eager, email-worker", start(Part::EmailWorker, 4, eager, Box::new(Plain))),
        ("with gaps, email-worker", start(Part::EmailWorker, 20, idle, Box::new(Plain))),
    ]
}

/// Waits until everybody has been answered quickly for a while.
async fn calm(loads: &[(&'static str, Steady)]) {
    let quick = async || {
        loads.iter().all(|(_, load)| {
            let last = load.since(Instant::now() - CALM * 4);
            last.0.len() > 1 && last.longest() < SLOW + CALM
        })
    };
    wait::until(PATIENCE * 2, "everybody is answered quickly", quick).await.expect("the load can be carried");
}

#[tokio::test]
#[ignore = "minutes long: scripts/test faults runs it"]
async fn every_machine_is_replaced_under_load_and_no_request_is_lost() {
    let mut fleet = Fleet::take().await;
    let scene = Scene::of(&fleet, 50).await;
    let (begun, loads) = (Instant::now(), loads(&fleet, &scene));
    let asked = || loads.iter().map(|(_, load)| load.count()).sum::<usize>();
    let mut replaced = 0;
    while replaced == 0 || (asked() < REQUESTS && begun.elapsed() < ROUNDS_END) {
        for signal in [Signal::SIGTERM, Signal::SIGINT] {
            for part in FUNCTIONS {
                for number in 0..MACHINES {
                    calm(&loads).await;
                    assert_eq!(fleet.replace(part, number, signal).await, Some(0));
                    replaced += 1;
                }
            }
        }
    }
    let (mut all, mut lost) = (Report::default(), Vec::new());
    for (name, load) in loads {
        let report = load.finish(PATIENCE * 2).await.expect("the load ends");
        println!("    {name}: {report}, the longest {:?}", report.longest());
        lost.extend(report.wrongs(begun).into_iter().map(|wrong| format!("{name}, {wrong}")));
        all.0.extend(report.0);
    }
    let saw = format!("{} answers; {replaced} machines replaced", all.0.len());
    table::add("Every machine replaced under load, SIGTERM and SIGINT", &saw, Duration::ZERO);
    assert!(lost.is_empty(), "lost:\n{}", lost.join("\n"));
    assert!(all.0.len() >= REQUESTS, "{} asked in {:?}", all.0.len(), begun.elapsed());
    assert_eq!(fleet.dead(), Vec::<String>::new(), "nobody killed these");
    fleet.give_back();
}
