//! Processes on cores of their own.

use testbed::process::Process;
use testbed::process::cores::OwnCore;

/// Such as `0-1`.
fn cores_of(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.expect("the kernel tells").trim().to_owned()
}

#[test]
fn a_process_has_a_core_for_itself_until_it_gives_it_back() {
    let sleep = || Process::command("/bin/sleep").arg("60").start().expect("it starts");
    let (measured, other) = (sleep(), sleep());
    let before = cores_of(measured.pid());
    let own = OwnCore::of(&measured).expect("two cores");
    let (its, others) = (cores_of(measured.pid()), cores_of(other.pid()));
    assert!(its.parse::<usize>().is_ok(), "one core, not {its}");
    assert_ne!(its, others);
    assert_eq!(cores_of(std::process::id()), others);
    drop(own);
    assert_eq!([measured.pid(), other.pid()].map(cores_of), [before.clone(), before]);
}
