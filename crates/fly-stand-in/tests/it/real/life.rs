//! Processes that begin and end as Fly says, and Fly told what they do by themselves.

use std::time::Duration;

use deploy::machines::{Exit, MachineId, Meaning, NewMachine, Signal, State};
use fly_stand_in::{Program, Settings};
use serde_json::{Value, json};

use super::{PATIENCE, Rig, config, guest, new, options};
use crate::it::rig::meaning;

fn runs(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

async fn gone(pid: u32) {
    testbed::wait::until(PATIENCE, "the process is gone", async || !runs(pid)).await.expect("it ends");
}

/// The newest event's exit, whole.
async fn exit(rig: &Rig, id: &MachineId) -> Value {
    let url = format!("{}/v1/apps/web/machines/{id}", rig.site.doors().api);
    let client = platform::http::client::builder().build().expect("an HTTP stack");
    let request = client.get(url).header("authorization", format!("FlyV1 {}", rig.site.doors().token));
    let machine: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    machine["events"][0]["request"]["exit_event"].clone()
}

#[tokio::test]
async fn each_machine_has_a_process_an_address_and_a_log_of_its_own() {
    let rig = Rig::new().await;
    let (one, two) = (rig.serving("a", config(json!({}))).await, rig.serving("b", config(json!({}))).await);
    let (one, two) = (rig.guest(&one).await, rig.guest(&two).await);
    assert!(one.address != two.address && one.pid != two.pid && one.log != two.log);
    let log = std::fs::read_to_string(&one.log).expect("a log");
    assert_eq!(log, format!("it listens at {}:8080\n", one.address));
    assert!(one.log.starts_with(rig.site.doors().folder.as_ref().expect("a folder").join("web")));
}

#[tokio::test]
async fn a_stop_sends_the_signal_and_the_process_may_take_its_time() {
    let rig = Rig::new().await;
    let id = rig.serving("a", config(json!({"LAME_MS": "2000"}))).await;
    let pid = rig.guest(&id).await.pid.expect("it runs");
    rig.stop(&id).await;
    let machine = rig.machines.get(&id).await.expect("it is there");
    assert!(machine.state == State::Stopping && runs(pid));
    rig.is(&id, State::Stopped).await;
    gone(pid).await;
    let log = std::fs::read_to_string(rig.guest(&id).await.log).expect("a log");
    assert!(log.ends_with("it is told to end\n"), "{log}");
    let exit = exit(&rig, &id).await;
    assert_eq!((&exit["requested_stop"], exit.get("exit_code"), &exit["signal"]), (&json!(true), None, &json!(-1)));
}

#[tokio::test]
async fn what_does_not_heed_its_signal_is_killed() {
    let rig = Rig::new().await;
    let id = rig.serving("a", config(json!({"ON_TERM": "stay"}))).await;
    let pid = rig.guest(&id).await.pid.expect("it runs");
    rig.machines.stop(&id, Signal::Term, Duration::from_secs(1)).await.expect("told");
    rig.is(&id, State::Stopped).await;
    gone(pid).await;
    let exit = exit(&rig, &id).await;
    assert_eq!((&exit["exit_code"], &exit["signal"], &exit["requested_stop"]), (&json!(137), &json!(9), &json!(true)));
}

#[tokio::test]
async fn a_process_that_is_killed_is_told_and_started_again_where_the_policy_has_it() {
    let rig = Rig::new().await;
    let mut always = config(json!({}));
    always["restart"] = json!({"policy": "always"});
    let id = rig.serving("a", always).await;
    let before = rig.guest(&id).await;
    rig.site.control().signal("a", "SIGKILL").await.expect("sent");
    let again = async || rig.guest(&id).await.boots == 2;
    testbed::wait::until(PATIENCE, "it is started again", again).await.expect("it is");
    rig.routed(&id, true).await;
    assert_ne!(rig.guest(&id).await.pid, before.pid);
    let machine = rig.machines.get(&id).await.expect("it is there");
    let exit = machine.events.iter().find_map(|event| event.exit).expect("an exit");
    assert_eq!(exit, Exit { exit_code: 137, restarting: true, ..Exit::default() });
}

#[tokio::test]
async fn a_process_that_exits_by_itself_is_told_with_its_code() {
    let rig = Rig::new().await;
    let id = rig.made("a", config(json!({"EXIT_CODE": "3"}))).await;
    rig.sees(&id, "it has stopped", |machine| machine.state == State::Stopped).await;
    let exit = exit(&rig, &id).await;
    assert_eq!((&exit["exit_code"], &exit["guest_exit_code"], &exit["signal"]), (&json!(3), &json!(3), &json!(-1)));
}

#[tokio::test]
async fn a_machine_that_is_only_laid_out_runs_nothing_until_it_is_started() {
    let rig = Rig::new().await;
    let laid_out = NewMachine { skip_launch: true, ..new("a", config(json!({}))) };
    let id = rig.machines.create(&laid_out).await.expect("made");
    rig.is(&id, State::Stopped).await;
    assert_eq!(rig.guest(&id).await.pid, None);
    rig.start(&id).await;
    rig.routed(&id, true).await;
}

#[tokio::test]
async fn a_machine_that_is_destroyed_leaves_no_process() {
    // It is still shown meanwhile.
    let settings = Settings { remembers: Duration::from_secs(36_000), ..Settings::default() };
    let rig = Rig::with(options().program(guest()).settings(settings)).await;
    let id = rig.serving("a", config(json!({"ON_TERM": "stay"}))).await;
    let pid = rig.guest(&id).await.pid.expect("it runs");
    rig.machines.destroy(&id, true).await.expect("destroyed");
    gone(pid).await;
}

#[tokio::test]
async fn a_suspended_machine_keeps_its_process() {
    let rig = Rig::new().await;
    let id = rig.serving("a", config(json!({}))).await;
    let pid = rig.guest(&id).await.pid;
    rig.ask().get("/").await;
    let suspend = format!("{}/v1/apps/web/machines/{id}/suspend", rig.site.doors().api);
    let client = platform::http::client::builder().build().expect("an HTTP stack");
    let request = client.post(suspend).header("authorization", format!("FlyV1 {}", rig.site.doors().token));
    assert!(request.send().await.expect("an answer").status().is_success());
    rig.routed(&id, false).await;
    let frozen = async || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.expect("it runs")));
        stat.expect("it is there").contains(") T ")
    };
    testbed::wait::until(PATIENCE, "it stands still", frozen).await.expect("it does");
    rig.start(&id).await;
    rig.routed(&id, true).await;
    assert_eq!(rig.guest(&id).await.pid, pid);
}

#[tokio::test]
async fn an_image_without_a_program_is_not_to_be_found() {
    let rig = Rig::with(options()).await;
    let refused = rig.machines.create(&new("a", config(json!({})))).await;
    assert!(matches!(meaning(refused), Meaning::ImageUnknown(_)));
    rig.site.control().program(&guest()).await.expect("told");
    rig.serving("a", config(json!({}))).await;
}

#[tokio::test]
async fn a_program_that_is_not_there_exits_as_in_a_shell_and_says_so() {
    let rig = Rig::with(options().program(Program::new("sha256:11", "/no/such/program"))).await;
    let id = rig.made("a", config(json!({}))).await;
    let machine = rig.sees(&id, "it has stopped", |machine| machine.state == State::Stopped).await;
    assert_eq!(machine.events[0].exit.map(|exit| exit.exit_code), Some(127));
    let log = std::fs::read_to_string(rig.guest(&id).await.log).expect("a log");
    assert!(log.starts_with("fly-stand-in: could not start `/no/such/program`"), "{log}");
}

#[tokio::test]
async fn nothing_runs_any_more_when_the_site_has_ended() {
    let rig = Rig::new().await;
    let id = rig.serving("a", config(json!({"ON_TERM": "stay"}))).await;
    let (pid, folder) = (rig.guest(&id).await.pid.expect("it runs"), rig.site.doors().folder.clone());
    drop(rig);
    gone(pid).await;
    assert!(folder.is_some_and(|folder| !folder.exists()));
}
