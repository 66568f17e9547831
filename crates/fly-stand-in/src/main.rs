//! Fly on this machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    fly_stand_in::program::run()
}
