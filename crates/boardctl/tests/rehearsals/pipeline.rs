//! The workflows in `.github`, job by job and script by script: against the stand-in and a registry, with small programs in
//! the functions' places. A runner is made here as far as these workflows need one; what they use and it does not know ends
//! the test.

mod expression;
mod groups;
mod job;
mod process;
mod run;
mod workflow;
mod world;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use testbed::wait;

use self::run::Run;
use self::world::World;

const PATIENCE: Duration = Duration::from_secs(120);

/// A world in which the first push has brought everything up, and its commit.
async fn begun() -> (Arc<World>, String) {
    let world = Arc::new(World::new().await);
    let first = world.commit("README.md", "The board, at first.\n");
    Run::of_push(&world, &first, 1).end().await.is_good(&world::functions());
    for function in world::shipped() {
        world.runs(function, &first).await;
    }
    (world, first)
}

/// Waits until a deploy of this function has made its new machines.
async fn in_mid_deploy(world: &World, function: &str) {
    let both = async || world.machines(function).await.len() == 4;
    wait::until(PATIENCE, "both colours are there", both).await.expect("a deploy");
}

#[tokio::test]
#[ignore = "scripts/test rehearsals"]
async fn a_push_ships_what_it_changed_and_no_push_tries_again_what_was_taken_back() {
    let (world, first) = begun().await;
    let attested = world.attested.lock().expect("nobody panics under it").clone();
    assert_eq!(attested.len(), 2 * world::functions().len(), "each image: where it is from, and what it is of");
    assert!(attested.iter().all(|one| one["subject-digest"].starts_with("sha256:")), "{attested:?}");

    let changed = world.behave("api", "WORK_MS=1");
    let report = Run::of_push(&world, &changed, 1).end().await;
    report.is_good(&["api"]);
    let summary = &report.of("ship", "api").summary;
    assert!(summary.contains("### api") && summary.contains("stands alone"), "{summary}");
    world.runs("api", &changed).await;
    world.runs("applications", &first).await;

    let words = world.commit("README.md", "The board, in other words.\n");
    Run::of_push(&world, &words, 1).end().await.is_good(&[]);

    let bad = world.behave("api", "EXIT_CODE=1");
    let report = Run::of_push(&world, &bad, 1).end().await;
    assert_eq!((report.result("ship"), report.result("mend")), ("failure", "success"), "{}", report.said());
    assert_eq!(report.of("ship", "applications").result, "success", "one function's failure is its own");
    world.runs("api", &changed).await;
    let words = world.commit("README.md", "The board, as ever.\n");
    Run::of_push(&world, &words, 1).end().await.is_good(&[]);

    let mended = world.behave("api", "WORK_MS=2");
    Run::of_push(&world, &mended, 1).end().await.is_good(&["api"]);
    world.runs("api", &mended).await;
}

#[tokio::test]
#[ignore = "scripts/test rehearsals"]
async fn tests_or_a_migration_that_fail_ship_nothing() {
    let (world, first) = begun().await;
    world.behave("migrate", "EXIT_CODE=1");
    let bad = world.behave("applications", "WORK_MS=1");
    world.is_good.store(false, std::sync::atomic::Ordering::Relaxed);
    let report = Run::of_push(&world, &bad, 1).end().await;
    assert_eq!(
        (report.result("test"), report.result("migrate"), report.result("ship")),
        ("failure", "skipped", "skipped")
    );

    world.is_good.store(true, std::sync::atomic::Ordering::Relaxed);
    let report = Run::of_push(&world, &bad, 1).end().await;
    assert_eq!((report.result("migrate"), report.result("ship")), ("failure", "skipped"), "{}", report.said());
    assert_eq!(report.result("mend"), "skipped");
    for function in world::shipped() {
        world.runs(function, &first).await;
    }

    let mended = world.behave("migrate", "EXIT_CODE=0");
    Run::of_push(&world, &mended, 1).end().await.is_good(&["applications", "migrate"]);
    world.runs("applications", &mended).await;
    let words = world.commit("README.md", "The board, migrated.\n");
    Run::of_push(&world, &words, 1).end().await.is_good(&[]);

    // One that would run, and break what runs.
    let drop = "-- Expand: so it says.\nALTER TABLE jobs DROP COLUMN place;\n";
    let bad = world.commit("migrations/V0901__drop_place.sql", drop);
    let report = Run::of_push(&world, &bad, 1).end().await;
    assert_eq!((report.result("migrate"), report.result("ship")), ("failure", "skipped"), "{}", report.said());
    assert!(report.said().contains("V0901__drop_place: the column jobs.place is gone"), "{}", report.said());
    world.runs("applications", &mended).await;
}

#[tokio::test]
#[ignore = "scripts/test rehearsals"]
async fn a_cancelled_run_leaves_one_colour_and_ships_when_it_is_run_again() {
    let (world, first) = begun().await;
    let changed = world.behave("api", "WORK_MS=1");
    let run = Run::of_push(&world, &changed, 1);
    in_mid_deploy(&world, "api").await;
    run.cancel();
    let report = run.end().await;
    assert_eq!((report.result("ship"), report.result("mend")), ("cancelled", "success"), "{}", report.said());
    world.runs("api", &first).await;

    let words = world.commit("README.md", "The board, meanwhile.\n");
    Run::of_push(&world, &words, 1).end().await.is_good(&[]);
    world.runs("api", &first).await;

    let report = Run::of_push(&world, &changed, 2).end().await;
    report.is_good(&["api"]);
    world.runs("api", &changed).await;
}

#[tokio::test]
#[ignore = "scripts/test rehearsals"]
async fn two_quick_pushes_end_with_the_newer_one_everywhere() {
    let (world, first) = begun().await;
    let one = world.behave("api", "WORK_MS=1");
    let (one, other) = {
        let run = Run::of_push(&world, &one, 1);
        // Ten seconds, in a tenth of the times.
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.behave("applications", "WORK_MS=2");
        let newer = world.behave("api", "WORK_MS=2");
        (run, (Run::of_push(&world, &newer, 1), newer))
    };
    let (older, newer) = (one.end().await, other.0.end().await);
    assert_ne!(older.result("ship"), "failure", "{}", older.said());
    newer.is_good(&["api", "applications"]);
    world.runs("api", &other.1).await;
    world.runs("applications", &other.1).await;
    world.runs("email-worker", &first).await;
}

#[tokio::test]
#[ignore = "scripts/test rehearsals"]
async fn a_rollback_by_hand_cancels_the_deploy_and_no_push_brings_back_what_it_left() {
    let (world, first) = begun().await;
    let one = world.behave("api", "WORK_MS=1");
    Run::of_push(&world, &one, 1).end().await.is_good(&["api"]);
    let other = world.behave("api", "WORK_MS=2");
    Run::of_push(&world, &other, 1).end().await.is_good(&["api"]);

    // Asked for twice, it goes back once; and from there further back.
    for (from, to) in [(&other, &one), (&other, &one), (&one, &first)] {
        back(&world, "from", &from[..12]).await;
        world.runs("api", to).await;
    }
    let words = world.commit("README.md", "The board, back again.\n");
    for attempt in [1, 2] {
        Run::of_push(&world, &words, attempt).end().await.is_good(&[]);
    }
    back(&world, "to", &other).await;
    world.runs("api", &other).await;

    let bad = world.behave("api", "WORK_MS=3");
    let deploy = Run::of_push(&world, &bad, 1);
    in_mid_deploy(&world, "api").await;
    back(&world, "from", &bad).await;
    let deploy = deploy.end().await;
    assert_eq!(deploy.of("ship", "api").result, "cancelled", "{}", deploy.said());
    world.runs("api", &other).await;
    let words = world.commit("README.md", "The board, once more.\n");
    Run::of_push(&world, &words, 1).end().await.is_good(&[]);
}

async fn back(world: &Arc<World>, way: &str, commit: &str) {
    let inputs = json!({ "function": "api", "way": way, "commit": commit, "gate": "strict" });
    let report = Run::by_hand(world, "rollback.yml", inputs).end().await;
    assert_eq!(report.result("rollback"), "success", "{}", report.said());
}

#[test]
#[ignore = "scripts/test rehearsals"]
fn every_function_that_is_shipped_can_be_taken_back() {
    let file = super::rig::root().join(".github/workflows/rollback.yml");
    let rollback: workflow::Workflow = workflow::read(&file);
    // Each function has an environment of its name: its deploys name it, and GitHub offers them all.
    assert_eq!(rollback.on["workflow_dispatch"]["inputs"]["function"]["type"], "environment");
    assert_eq!(rollback.jobs["rollback"].environment.as_deref(), Some("${{ inputs.function }}"));
    let deploy: workflow::Workflow = workflow::read(&file.with_file_name("deploy.yml"));
    assert_eq!(deploy.jobs["ship"].environment.as_deref(), Some("${{ matrix.function }}"));
    let script = super::rig::root().join("scripts/ship");
    let mut shipped = world::shipped();
    shipped.sort_unstable();
    let listed = std::process::Command::new(script).arg("functions").output().expect("it runs").stdout;
    assert_eq!(String::from_utf8_lossy(&listed).trim(), format!("functions={}", json!(shipped)));
}
