//! The table as it is, and with one row after the other taken out or moved.

use std::io::Write as _;

use deploy::ship::{End, Life, Row, Step, TABLE};

use super::explore::Search;
use super::world::Setting;

const ONE: Setting = Setting { fleet: &[Life::Awake], foreign: false, mishaps: 2 };
const TWO: Setting = Setting { fleet: &[Life::Awake, Life::Awake], ..ONE };

fn holds(name: &str, setting: Setting, at_least: usize) -> Search {
    let search = Search::run(&setting, TABLE);
    // Past the capture of the test runner: whoever runs the tests sees how much was searched.
    let _ = writeln!(std::io::stdout(), "searched {name}: {} worlds", search.len());
    if let Some(rule) = search.broken {
        panic!("{rule}:\n{}", search.last_trace());
    }
    if let Some(trace) = search.stuck() {
        panic!("no end from here:\n{trace}");
    }
    assert!(search.len() >= at_least, "a search of {} worlds looks at too little", search.len());
    search
}

/// Each gap in the table has to be found by its harm: by all of them, so that one run tells of all.
fn breaks(gaps: impl IntoIterator<Item = (String, Setting, Vec<Row>, &'static str)>) {
    let mut wrong = Vec::new();
    for (gap, setting, table, rule) in gaps {
        let search = Search::run(&Setting { mishaps: 1, ..setting }, &table);
        let stuck = || search.stuck().map(|trace| ("a run never ends", trace));
        let found = search.broken.map(|rule| (rule, search.last_trace())).or_else(stuck);
        let (broken, trace) = found.unwrap_or(("nothing", String::new()));
        println!("{gap}: {broken}, found among {} worlds:\n{trace}", search.len());
        if broken != rule {
            wrong.push(format!("{gap}: {broken}, and not: {rule}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn without(row: Row) -> Vec<Row> {
    TABLE.iter().copied().filter(|one| *one != row).collect()
}

/// The table with a row moved before another.
fn moved(row: Row, before: Row) -> Vec<Row> {
    without(row).into_iter().flat_map(|one| if one == before { vec![row, one] } else { vec![one] }).collect()
}

#[test]
fn a_fleet_of_one_is_never_without_service_and_ends_in_one_colour() {
    let search = holds("a fleet of one", ONE, 50_000);
    for end in [End::Done, End::TakenBack, End::BothIll] {
        assert!(search.ends.contains(&end), "no run ends as {end:?}");
    }
    assert!(search.ends.iter().any(|end| matches!(end, End::KeptIll(_))), "no run gives up");
}

#[test]
fn a_fleet_of_two_is_never_without_service_and_ends_in_one_colour() {
    holds("a fleet of two", TWO, 200_000);
}

#[test]
fn a_fleet_that_sleeps_in_part_is_never_without_service_and_ends_in_one_colour() {
    holds("one awake and one asleep", Setting { fleet: &[Life::Awake, Life::Asleep], ..ONE }, 200_000);
}

#[test]
fn a_fleet_that_sleeps_is_woken_for_nothing_but_a_step_back() {
    let search = holds("one asleep", Setting { fleet: &[Life::Asleep], ..ONE }, 50_000);
    assert!(search.said(|step| matches!(step, Step::Start(_))), "nothing is ever woken");
}

#[test]
fn a_first_deploy_ends_in_one_colour() {
    let search = holds("no fleet", Setting { fleet: &[], ..ONE }, 50_000);
    assert!(search.ends.iter().any(|end| matches!(end, End::NothingGood(_))), "no run is left with nothing good");
}

#[test]
fn a_fleet_that_flyctl_made_is_taken_over() {
    holds("one of flyctl's", Setting { foreign: true, ..ONE }, 50_000);
}

#[test]
fn every_row_is_needed() {
    let gaps: [(Row, Setting, &'static str); 20] = [
        (Row::Fail, TWO, "a step back was made before the verdict"),
        (Row::Dependency, ONE, "a release passed while it showed a fault"),
        (Row::TakeBack, ONE, "a release passed while it showed a fault"),
        (Row::Stand, ONE, "a run says how it ended, and it is not so"),
        (Row::PassAll, TWO, "a blue ends before every green says that it passed"),
        (Row::Retire, ONE, "a machine is ended while it gets connections"),
        (Row::Drain, ONE, "a machine is told to end before all proxies know of its cordon"),
        (Row::Stop, ONE, "a machine is killed that was not told to end"),
        (Row::Ending, ONE, "a machine is killed while it ends"),
        (Row::Destroy, ONE, "a run ends with two colours"),
        (Row::Complete, TWO, "a release passed that is short"),
        (Row::Wake, ONE, "a release passed that was not seen to serve"),
        (Row::Check, ONE, "a green is let in whose checks were not seen to pass"),
        (Row::Uncordon, ONE, "a run never ends"),
        (Row::See, ONE, "a release passed that was not seen to serve"),
        (Row::Rest, ONE, "a release passed that was not watched alone"),
        (Row::Soak, ONE, "a release passed that was not watched alone"),
        (Row::Pass, ONE, "a run says how it ended, and it is not so"),
        (Row::Finish, ONE, "no row holds"),
        (Row::Begin, ONE, "no row holds"),
    ];
    breaks(gaps.map(|(row, setting, rule)| (format!("without {row:?}"), setting, without(row), rule)));
}

#[test]
fn the_order_of_the_rows_matters() {
    let moves: [(Row, Row, &'static str); 5] = [
        (Row::Retire, Row::Stand, "a machine in use is taken away, and no other colour was seen to serve"),
        (Row::Stop, Row::Drain, "a machine is told to end before all proxies know of its cordon"),
        (Row::Rest, Row::See, "a machine in use is taken away, and no other colour was seen to serve"),
        (Row::Pass, Row::Soak, "a release passed that was not watched alone"),
        (Row::Uncordon, Row::Check, "a green is let in whose checks were not seen to pass"),
    ];
    breaks(moves.map(|(row, before, rule)| (format!("{row:?} before {before:?}"), ONE, moved(row, before), rule)));
}
