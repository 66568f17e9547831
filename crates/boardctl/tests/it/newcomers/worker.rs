#[path = "../../../src/new/worker/tests/it/rounds.rs"]
mod rounds;

mod started {
    use testbed::board::{Board, Part};
    use testbed::process::Command;

    pub(super) fn part() -> Part {
        Part::Api
    }

    pub(super) fn command(board: &Board) -> Command {
        board.instance_of(testbed::cargo::example("newcomer-worker").expect("cargo builds it"), part(), 0)
    }
}
