#[path = "../../../src/new/http/tests/it/answers.rs"]
mod answers;
#[path = "../../../src/new/http/tests/it/life.rs"]
mod life;

mod started {
    use testbed::board::{Board, Part};
    use testbed::process::Command;

    pub(super) fn part() -> Part {
        Part::Api
    }

    pub(super) fn command(board: &Board) -> Command {
        board.instance_of(testbed::cargo::example("newcomer-http").expect("cargo builds it"), part(), 0)
    }
}
