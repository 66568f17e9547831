//! When things happen by themselves, to the millisecond: in virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use deploy::machines::{CheckStatus, Machine, State};
use fly_stand_in::{Behaviour, CheckBehaviour, Settings};
use tokio::time::{Instant, sleep};

use super::rig::{HOUR, ROUTABLE, Rig, new};

fn checks(machine: &Machine) -> Vec<(String, bool)> {
    machine.checks().map(|check| (check.name.clone(), check.status == CheckStatus::Passing)).collect()
}

fn named(names: &[(&str, bool)]) -> Vec<(String, bool)> {
    names.iter().map(|(name, passing)| ((*name).to_owned(), *passing)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_started_when_it_was_laid_out_and_has_booted() {
    let rig = Rig::with(Settings::default());
    rig.behave(Behaviour::default());
    let begun = Instant::now();
    let id = rig.made(&new("a")).await;
    rig.machines.wait(&id, &State::Started, None, HOUR).await.expect("started");
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn checks_come_into_the_list_one_by_one_each_after_its_grace_period() {
    let rig = Rig::here();
    let (at_once, ready) =
        (Some(Duration::ZERO), CheckBehaviour { passes: Some(Duration::from_secs(20)), fails: None });
    let checked = BTreeMap::from([("ready".to_owned(), ready)]);
    rig.behave(Behaviour { lays_out: at_once, boots: at_once, checks: checked, ..Behaviour::default() });
    let id = rig.made(&new("a")).await;
    let mut seen = Vec::new();
    for seconds in [4, 2, 5, 15] {
        sleep(Duration::from_secs(seconds)).await;
        seen.push(checks(&rig.look(&id).await));
    }
    // By the clock: 4, 6, 11 and 26 s after the start.
    let both = |ready| named(&[(ROUTABLE, true), ("ready", ready)]);
    assert_eq!(seen, [named(&[]), named(&[(ROUTABLE, true)]), both(false), both(true)]);
}

#[tokio::test(start_paused = true)]
async fn a_check_fails_again_when_its_time_has_come_and_all_when_the_machine_ends() {
    let rig = Rig::here();
    let at_once = Some(Duration::ZERO);
    let fails = CheckBehaviour { fails: Some(Duration::from_secs(60)), ..CheckBehaviour::default() };
    let checked = BTreeMap::from([(ROUTABLE.to_owned(), fails)]);
    rig.behave(Behaviour { lays_out: at_once, boots: at_once, checks: checked, ..Behaviour::default() });
    let id = rig.made(&new("a")).await;
    sleep(Duration::from_secs(58)).await;
    let before = rig.look(&id).await;
    sleep(Duration::from_secs(4)).await;
    let after = rig.look(&id).await;
    assert_eq!(checks(&before), named(&[(ROUTABLE, true), ("ready", true)]));
    assert_eq!(checks(&after), named(&[(ROUTABLE, false), ("ready", true)]));
    let since = |machine: &Machine| machine.checks().next().and_then(|check| check.updated_at.clone());
    assert!(since(&before) < since(&after));
    rig.machines.stop(&id, deploy::machines::Signal::Term, HOUR).await.expect("told");
    sleep(Duration::from_secs(1)).await;
    let gone = rig.look(&id).await;
    assert!(gone.state == State::Stopped && gone.checks().all(|check| check.output == "gone"), "{gone:?}");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_heeds_the_signal_ends_in_its_time_and_another_is_killed_in_ours() {
    for (takes, code) in [(3, 0), (20, 137)] {
        let rig = Rig::here();
        rig.behave(Behaviour { stops: Some(Duration::from_secs(takes)), ..Behaviour::told() });
        let id = rig.started("a").await;
        let begun = Instant::now();
        let term = deploy::machines::Signal::Term;
        rig.machines.stop(&id, term, Duration::from_secs(10)).await.expect("told");
        rig.machines.wait(&id, &State::Stopped, None, HOUR).await.expect("stopped");
        assert_eq!(begun.elapsed().as_secs(), takes.min(10));
        let exit = rig.look(&id).await.events[0].exit.expect("an exit");
        assert_eq!((exit.exit_code, exit.requested_stop), (code, true));
    }
}

#[tokio::test(start_paused = true)]
async fn a_killed_process_is_gone_at_once() {
    let rig = Rig::here();
    let id = rig.started("a").await;
    rig.machines.stop(&id, deploy::machines::Signal::Kill, HOUR).await.expect("told");
    let machine = rig.look(&id).await;
    assert_eq!((machine.state, machine.events[0].exit.map(|exit| exit.exit_code)), (State::Stopped, Some(137)));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_forgotten_in_the_end() {
    let rig = Rig::here();
    rig.set(|settings| settings.remembers = Duration::from_secs(60));
    let id = rig.started("a").await;
    rig.machines.destroy(&id, true).await.expect("by force");
    sleep(Duration::from_secs(59)).await;
    assert_eq!(rig.look(&id).await.state, State::Destroyed);
    sleep(Duration::from_secs(2)).await;
    assert!(matches!(super::rig::meaning(rig.machines.get(&id).await), deploy::machines::Meaning::NotFound(_)));
}
