//! The table of faults. `scripts/test faults` prints all of it when all have been seen.

use std::io::Write as _;
use std::time::Duration;

/// Adds what clients saw of a fault and how long everything took to be good again: printed here, and added to the file
/// that `FAULTS_TABLE` names.
pub(super) fn add(fault: &str, saw: &str, back: Duration) {
    let line = format!("| {fault} | {saw} | {:.1} s |\n", back.as_secs_f64());
    print!("{line}");
    if let Some(path) = std::env::var_os("FAULTS_TABLE") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("FAULTS_TABLE names a file that can be written");
    }
}
