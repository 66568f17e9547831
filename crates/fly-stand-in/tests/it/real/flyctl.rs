//! The real flyctl, where there is one: `FLYCTL=/path/to/flyctl cargo test -p fly-stand-in --test it -- --ignored flyctl`.

use std::path::Path;
use std::time::{Duration, Instant};

use fly_stand_in::{Program, Settings};
use testbed::process::Process;

use super::{PATIENCE, Rig, guest, options, proxy};

const FILE: &str = r#"
app = "web"
primary_region = "ams"
kill_signal = "SIGTERM"
kill_timeout = "10s"
[deploy]
strategy = "bluegreen"
[processes]
app = ""
[env]
LISTEN = "[::]:8080"
[http_service]
internal_port = 8080
processes = ["app"]
auto_stop_machines = "off"
auto_start_machines = false
[[http_service.checks]]
interval = "1s"
timeout = "1s"
grace_period = "1s"
path = "/routable"
"#;

/// What it says, standard output and the rest.
fn flyctl(rig: &Rig, folder: &Path, words: &str) -> String {
    let program = std::env::var("FLYCTL").expect("FLYCTL is the path of a flyctl");
    let doors = rig.site.doors();
    let mut command = Process::command(program).clean_env().in_folder(folder).args(words.split(' '));
    for name in ["FLY_API_BASE_URL", "FLY_FLAPS_BASE_URL", "FLY_UIEX_BASE_URL"] {
        command = command.env(name, &doors.api);
    }
    let home = folder.display().to_string();
    // It sends traces of its own to a host of Fly's, with the token.
    let quiet = [("FLY_NO_UPDATE_CHECK", "1"), ("FLY_SEND_METRICS", "0"), ("FLY_TRACE_COLLECTOR_URL", "127.0.0.1")];
    let command = quiet.into_iter().fold(command, |command, (name, value)| command.env(name, value));
    let said = command.env("HOME", home).env("FLY_API_TOKEN", &doors.token).run();
    said.unwrap_or_else(|error| panic!("flyctl {words}: {error}"))
}

fn deploy(tag: u8) -> String {
    let digest = tag.to_string().repeat(64);
    format!("deploy --image registry.fly.io/web:deployment-{tag}@sha256:{digest} --ha=false --dns-checks=false")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a flyctl: FLYCTL is its path"]
async fn flyctl_deploys_scales_tells_and_sets_secrets_without_losing_a_request() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("fly.toml"), FILE).expect("written");
    // Its first deploy takes a 404 just after the create for the end; and it lists so often that commands in a row are
    // refused for their pace, as documents have that.
    let settings = Settings { get_lag: Duration::ZERO, rate: None, ..Settings::default() };
    let of = |tag: &str| Program { image: tag.to_owned(), ..guest() };
    let mut options = options().program(of("deployment-1")).program(of("deployment-2")).settings(settings);
    // Macaroons that are none it drops, and says nothing.
    options.token = "fo1_stand-in".to_owned();
    let rig = Rig::with(options).await;
    let run = |words: &str| flyctl(&rig, folder.path(), words);
    run(&deploy(1));
    run("scale count 2 --yes");
    let load = proxy::load(&rig);
    load.wait_until(PATIENCE, "it serves", |seen| seen.count("served") > 30).await.expect("it does");
    run(&deploy(2));
    let status = run("status");
    assert!(status.contains("web:deployment-2") && status.matches("1 total, 1 passing").count() == 2, "{status}");
    run("secrets set A=b --stage");
    assert!(run("secrets list").contains("Staged"));
    run("secrets deploy");
    assert!(!run("secrets list").contains("Staged"));
    // The next step kills a machine without a cordon or a stop, and loses what is under way there.
    let seen = load.finish(PATIENCE).await.expect("it ends");
    assert_eq!(seen.count("WRONG"), 0, "{:?}", seen.wrongs(Instant::now()));
    println!("{} requests, none lost", seen.count("served"));
    run("scale count 1 --yes");
    // One that is on its way out is still listed.
    let alone = async || run("machine list").matches("web:deployment-2").count() == 1;
    testbed::wait::until(PATIENCE, "one machine is left", alone).await.expect("it is");
    let releases = run("releases");
    assert_eq!(releases.matches("complete").count(), 3, "{releases}");
    assert!(run("config show").contains("bluegreen") && run("scale show").contains("app"));
}
