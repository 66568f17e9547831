//! The binary, on a board of its own.

use testbed::board::{Board, Part};
use testbed::process::Command;

/// What it is of the board.
pub(super) fn part() -> Part {
    Part::named("newcomer").expect("fly/ lists it")
}

/// With its whole environment.
pub(super) fn command(board: &Board) -> Command {
    board.command(part()).expect("cargo builds it")
}
