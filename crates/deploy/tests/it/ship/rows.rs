//! Rows and parts of rows that the search leaves out: regions, ill hosts, leases, other people's cordons, refusals.

use deploy::ship::{
    Colour, ColourId, Commit, Create, End, Evidence, Fingerprint, Fleet, Life, Mark, Member, Place, Plan, Release,
    ReleaseKey, Sight, Step, Wait, Why, next,
};

const BLUE: u64 = 1_000;
const GREEN: u64 = 2_000;

fn member(colour: u64, index: u8) -> Member {
    let release = u8::from(colour == GREEN);
    let digest = "222222222222".parse().expect("a digest");
    let key = ReleaseKey { id: ColourId::new(colour, 0), fingerprint: asked(release).fingerprint, digest };
    Member {
        colour: Colour::Ours(key),
        born: colour,
        place: Some(Place { index, again: 0 }),
        region: 0,
        life: Life::Awake,
        ill: false,
        cordoned: false,
        plan: Some(Plan { started: 1, all: 1 }),
        commit: Commit::of(if colour == GREEN { "1111111" } else { "0000000" }),
        passed: colour == BLUE,
        failed: None,
        rested: false,
        refused: None,
    }
}

fn asked(release: u8) -> Release {
    Release { fingerprint: Fingerprint::new([release; 8]), first: Plan { started: 1, all: 2 } }
}

/// All that run take connections were just seen to.
fn seen(members: &[Member]) -> Evidence {
    let sight = |one: &Member| Sight { checked: true, seen: !one.cordoned && one.life == Life::Awake, tried: false };
    Evidence { sights: members.iter().map(sight).collect(), opened: true, shut: true, ..Evidence::default() }
}

fn step(members: &[Member]) -> Step {
    next(&Fleet { members: members.to_vec() }, Some(&asked(1)), &seen(members))
}

fn create(members: &[Member]) -> Create {
    match step(members) {
        Step::Create(create) => create,
        other => panic!("{other:?}"),
    }
}

#[test]
fn with_its_lease_lost_a_run_touches_nothing() {
    let members = [member(BLUE, 0), Member { failed: Some(Why::Late), ..member(GREEN, 0) }];
    let evidence = Evidence { locked: true, ..seen(&members) };
    let step = next(&Fleet { members: members.to_vec() }, Some(&asked(1)), &evidence);
    assert_eq!(step, Step::End(End::Locked));
}

#[test]
fn somebody_elses_cordon_stops_a_deploy_and_no_mend() {
    let apart = Member { colour: Colour::Foreign(None), cordoned: true, passed: false, born: 1, ..member(BLUE, 0) };
    let members = [member(BLUE, 0), apart];
    assert_eq!(step(&members), Step::End(End::SetApart(1)));
    let mended = next(&Fleet { members: members.to_vec() }, None, &seen(&members));
    assert_eq!(mended, Step::Stop(1), "a mend is asked for by a person");
    assert_ne!(step(&[member(BLUE, 0), Member { rested: true, ..apart }]), Step::End(End::SetApart(1)), "ours");
}

#[test]
fn the_same_release_again_does_nothing() {
    let members = [Member { passed: true, ..member(GREEN, 0) }, Member { passed: true, ..member(GREEN, 1) }];
    assert_eq!(step(&members), Step::End(End::Done));
}

#[test]
fn each_green_is_made_in_the_region_of_the_blue_that_has_none_yet() {
    let blues = [member(BLUE, 0), Member { region: 1, ..member(BLUE, 1) }];
    let first = create(&blues);
    assert_eq!((first.colour, first.beside, first.plan), (None, Some(0), Plan { started: 2, all: 2 }));
    let green = Member { cordoned: true, ..member(GREEN, 0) };
    let second = create(&[blues[0], blues[1], green]);
    assert_eq!((second.place.index, second.beside), (1, Some(1)));
    assert_eq!(create(&[blues[0], blues[1], Member { region: 1, ..green }]).beside, Some(0));
}

#[test]
fn the_green_of_a_sleeping_blue_is_never_booted_but_one_green_always_runs() {
    let asleep = |index| Member { life: Life::Asleep, ..member(BLUE, index) };
    assert!(create(&[asleep(0), asleep(1)]).launch, "the first proves the image");
    let green = Member { cordoned: true, ..member(GREEN, 0) };
    assert!(!create(&[asleep(0), asleep(1), green]).launch);
    assert!(create(&[member(BLUE, 0), member(BLUE, 1), green]).launch);
}

#[test]
fn a_first_deploy_makes_as_many_as_are_asked_for() {
    let first = create(&[]);
    assert_eq!((first.beside, first.plan), (None, Plan { started: 1, all: 2 }));
}

#[test]
fn a_fleet_that_grew_meanwhile_is_matched() {
    let green = Member { cordoned: true, ..member(GREEN, 0) };
    assert_eq!(create(&[member(BLUE, 0), member(BLUE, 1), member(BLUE, 2), green]).plan, Plan { started: 3, all: 3 });
}

#[test]
fn what_is_kept_on_a_lost_host_is_replaced_in_its_region_and_once() {
    let lost = Member { ill: true, region: 7, ..member(BLUE, 1) };
    let green = Member { cordoned: true, ..member(GREEN, 0) };
    let second = create(&[member(BLUE, 0), lost, green]);
    assert_eq!((second.plan, second.beside), (Plan { started: 2, all: 2 }, Some(1)));
    let replaced = Member { place: Some(Place { index: 1, again: 1 }), ..member(BLUE, 1) };
    assert_eq!(create(&[member(BLUE, 0), replaced, lost, green]).plan, Plan { started: 2, all: 2 });
    let foreign = |digest| Member { colour: Colour::Foreign(digest), place: None, plan: None, ..member(BLUE, 0) };
    let known = foreign(Some("333333333333".parse().expect("a digest")));
    let unknown = Member { ill: true, ..foreign(None) };
    assert_eq!(create(&[known, unknown, green]).plan, Plan { started: 2, all: 2 });
}

#[test]
fn a_green_on_a_lost_host_is_replaced_under_a_name_of_its_own_until_that_is_no_accident() {
    let lost = |again| Member { place: Some(Place { index: 0, again }), ill: true, ..member(GREEN, 0) };
    let second = Member { cordoned: true, plan: Some(Plan { started: 1, all: 2 }), ..member(GREEN, 1) };
    let place = create(&[member(BLUE, 0), second, lost(0)]).place;
    assert_eq!(place, Place { index: 0, again: 1 });
    let hopeless = step(&[member(BLUE, 0), second, lost(0), lost(1), lost(2)]);
    assert_eq!(hopeless, Step::Mark(1, Mark::Failed(Why::Late)));
}

#[test]
fn what_a_lost_host_still_has_of_an_older_colour_is_removed_and_tried_once() {
    let members = [Member { passed: true, ..member(GREEN, 0) }, Member { ill: true, ..member(BLUE, 0) }];
    assert_eq!(step(&members), Step::Destroy(1));
    let mut evidence = seen(&members);
    evidence.sights[1].tried = true;
    let after = next(&Fleet { members: members.to_vec() }, Some(&asked(1)), &evidence);
    assert_eq!(after, Step::End(End::Done));
    let unknown = Member { colour: Colour::Foreign(None), place: None, born: GREEN + 1, ill: true, ..member(BLUE, 0) };
    assert_eq!(step(&[members[0], unknown]), Step::End(End::Done), "it may be a clone of what is kept");
}

#[test]
fn what_is_kept_says_once_which_commit_failed_beside_it() {
    let failed = Member { failed: Some(Why::Faulty), cordoned: true, ..member(GREEN, 0) };
    assert_eq!(step(&[member(BLUE, 0), failed]), Step::Mark(0, Mark::Refused(1)));
    assert_eq!(step(&[Member { refused: failed.commit, ..member(BLUE, 0) }, failed]), Step::Stop(1));
    let abandoned = Member { failed: Some(Why::Abandoned), ..failed };
    assert_eq!(step(&[member(BLUE, 0), abandoned]), Step::Stop(1), "nobody judged it");
}

#[test]
fn what_does_not_end_in_time_is_killed() {
    let going =
        Member { life: Life::Going, cordoned: true, failed: Some(Why::Interrupted), commit: None, ..member(GREEN, 0) };
    let members = [member(BLUE, 0), going];
    assert_eq!(step(&members), Step::Wait(Wait::Down(1)));
    let evidence = Evidence { overdue: true, ..seen(&members) };
    assert_eq!(next(&Fleet { members: members.to_vec() }, Some(&asked(1)), &evidence), Step::Destroy(1));
}

#[test]
fn a_step_back_boots_nothing_while_a_blue_is_awake() {
    let rested = |life, index| Member { life, rested: true, cordoned: true, ..member(BLUE, index) };
    let failed = Member { failed: Some(Why::Faulty), ..member(GREEN, 0) };
    let mut members = [rested(Life::Awake, 0), rested(Life::Asleep, 1), failed];
    assert_eq!(step(&members), Step::Uncordon(0));
    members[0].cordoned = false;
    assert_eq!(step(&members), Step::Uncordon(1));
    members[1].cordoned = false;
    assert_eq!(step(&members), Step::Cordon(2));
}
