//! The stand-in as a process of its own.

use std::time::Duration;

use fly_stand_in::site::Child;
use nix::sys::signal::Signal;
use serde_json::json;

use super::{PATIENCE, client, config, guest, new, options};

#[tokio::test]
async fn it_runs_by_itself_and_takes_its_machines_with_it() {
    let program = testbed::cargo::binary("fly-stand-in").expect("built");
    let folder = tempfile::tempdir().expect("a folder");
    let options = options().program(guest()).folder(folder.path());
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let child = Child::start(&program, &options).await.expect("it starts");
        let doors = child.doors().clone();
        let id = client(&doors.api, &doors.token).create(&new("a", config(json!({})))).await.expect("made");
        let routed = async || child.control().routed("web").await.expect("told").contains(&id.to_string());
        testbed::wait::until(PATIENCE, "it serves", routed).await.expect("it does");
        let http = platform::http::client::builder().build().expect("an HTTP stack");
        let answer = http.get(format!("http://{}/", doors.public["web"])).send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), id.as_str());
        let guest = child.control().guests().await.expect("told").remove(0);
        let pid = guest.pid.expect("it runs");
        child.process().signal(signal).expect("sent");
        child.process().wait(PATIENCE).await.expect("it ends");
        let gone = async || !std::path::Path::new(&format!("/proc/{pid}")).exists();
        testbed::wait::until(PATIENCE, "its machine has ended", gone).await.expect("it has");
        assert!(guest.log.starts_with(folder.path()) && guest.log.exists());
        tokio::time::timeout(Duration::from_secs(1), async { drop(child) }).await.expect("it is gone");
    }
}
