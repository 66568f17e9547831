//! The stand-in as a process of its own.

use fly_stand_in::site::{Control, Doors};
use nix::sys::signal::Signal;
use serde_json::json;
use testbed::process::Process;

use super::{PATIENCE, client, config, guest, new};

#[tokio::test]
async fn it_runs_by_itself_and_takes_its_machines_with_it() {
    let program = testbed::cargo::binary("fly-stand-in").expect("built");
    let folder = tempfile::tempdir().expect("a folder");
    let program = Process::command(program).clean_env().arg("--json").env("LISTEN", "127.0.0.1:0").env("SCALE", "0.1");
    let program = program.env("PROGRAMS", json!([guest()]).to_string()).env("FOLDER", folder.path());
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let process = program.start().expect("it starts");
        let told = process.wait_for_line("\"url\"", PATIENCE).await.expect("it tells");
        let doors: Doors = serde_json::from_str(&told).expect("where it is met");
        let control = Control::new(&doors).expect("an HTTP stack");
        let id = client(&doors.api, &doors.token).create(&new("a", config(json!({})))).await.expect("made");
        let routed = async || control.routed("web").await.expect("told").contains(&id.to_string());
        testbed::wait::until(PATIENCE, "it serves", routed).await.expect("it does");
        let http = platform::http::client::builder().build().expect("an HTTP stack");
        let answer = http.get(format!("http://{}/", doors.public["web"])).send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), id.as_str());
        let guest = control.guests().await.expect("told").remove(0);
        let pid = guest.pid.expect("it runs");
        process.signal(signal).expect("sent");
        process.wait(PATIENCE).await.expect("it ends");
        let gone = async || !std::path::Path::new(&format!("/proc/{pid}")).exists();
        testbed::wait::until(PATIENCE, "its machine has ended", gone).await.expect("it has");
        assert!(guest.log.starts_with(folder.path()) && guest.log.exists());
    }
}
