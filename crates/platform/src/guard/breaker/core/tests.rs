use failsafe::clock::{self, MockClock};

use super::*;

mod model;

const OPEN: Duration = Duration::from_secs(30);

/// A core whose clock, and failsafe's, is moved by hand.
struct Rig<'a> {
    clock: &'a mut MockClock,
    core: Core,
}

fn rig(test: impl FnOnce(&mut Rig<'_>)) {
    drawing(|| 1.0, test);
}

fn drawing(draw: impl FnMut() -> f64 + Send + 'static, test: impl FnOnce(&mut Rig<'_>)) {
    like(BreakerSettings::default(), draw, test);
}

fn like(settings: BreakerSettings, draw: impl FnMut() -> f64 + Send + 'static, test: impl FnOnce(&mut Rig<'_>)) {
    clock::freeze(|clock| {
        let core = Core::new(settings, Box::new(draw), clock.now());
        test(&mut Rig { clock, core });
    });
}

impl Rig<'_> {
    fn pass(&mut self, time: Duration) {
        self.clock.advance(time);
    }

    fn admit(&self) -> Result<u64, Duration> {
        self.core.admit(self.clock.now())
    }

    fn settle(&mut self, epoch: u64, verdict: Verdict) {
        self.core.settle(epoch, verdict, self.clock.now());
    }

    /// So many calls that are let in and answered at once.
    fn calls(&mut self, count: usize, verdict: Verdict) {
        for _ in 0..count {
            let epoch = self.admit().expect("it is closed");
            self.settle(epoch, verdict);
        }
    }

    fn trial(&mut self) -> u64 {
        self.core.trial().expect("the trial is due")
    }

    fn open(&mut self) {
        self.calls(10, Verdict::Bad);
        assert_eq!(self.core.state(), State::Open);
    }

    /// Open, and its time is over.
    fn due(&mut self) {
        self.open();
        self.pass(OPEN + Duration::from_millis(1));
    }
}

#[test]
fn closed_it_lets_everybody_in() {
    rig(|rig| {
        rig.calls(1_000, Verdict::Good);
        assert_eq!((rig.core.state(), rig.core.remaining(rig.clock.now())), (State::Closed, Duration::ZERO));
    });
}

/// Guards: breaker.
#[test]
fn nine_bad_calls_are_too_few_and_the_tenth_opens_it() {
    rig(|rig| {
        rig.calls(9, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Closed);
        rig.calls(1, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Open);
    });
}

#[test]
fn exactly_half_opens_it_and_less_does_not() {
    rig(|rig| {
        rig.calls(6, Verdict::Good);
        rig.calls(5, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Closed, "5 of 11");
        rig.calls(1, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Open, "6 of 12");
    });
}

#[test]
fn a_good_call_never_opens_it() {
    rig(|rig| {
        rig.calls(9, Verdict::Bad);
        rig.calls(1, Verdict::Good);
        assert_eq!(rig.core.state(), State::Closed);
    });
}

#[test]
fn share_volume_and_window_are_what_the_settings_say() {
    let window = Duration::from_secs(2);
    let settings = BreakerSettings { share: 0.8, volume: 5, window, ..BreakerSettings::default() };
    like(
        settings,
        || 1.0,
        |rig| {
            rig.calls(4, Verdict::Bad);
            rig.pass(window);
            rig.calls(1, Verdict::Good);
            rig.calls(3, Verdict::Bad);
            assert_eq!(rig.core.state(), State::Closed, "3 of 4: what is older than the window is forgotten");
            rig.calls(1, Verdict::Good);
            rig.calls(4, Verdict::Bad);
            assert_eq!(rig.core.state(), State::Closed, "7 of 9 are less than 0.8");
            rig.calls(1, Verdict::Bad);
            assert_eq!(rig.core.state(), State::Open, "8 of 10");
        },
    );
}

/// Guards: silence.
#[test]
fn silence_opens_it_at_once_whatever_was_answered_before() {
    rig(|rig| {
        rig.calls(1_000, Verdict::Good);
        let under_way = rig.admit().expect("it is closed");
        rig.core.fall_silent(rig.clock.now());
        assert_eq!((rig.core.state(), rig.admit()), (State::Open, Err(OPEN)));
        rig.settle(under_way, Verdict::Good);
        assert_eq!(rig.core.state(), State::Open, "an answer from before says nothing");
        rig.pass(OPEN / 2);
        rig.core.fall_silent(rig.clock.now());
        assert_eq!(rig.admit(), Err(OPEN / 2), "open, it does not open again");
    });
}

#[test]
fn silence_says_nothing_of_a_trial_and_is_forgotten_after_it() {
    rig(|rig| {
        rig.core.fall_silent(rig.clock.now());
        rig.pass(OPEN + Duration::from_millis(1));
        let trial = rig.trial();
        rig.core.fall_silent(rig.clock.now());
        assert_eq!(rig.core.state(), State::HalfOpen);
        rig.settle(trial, Verdict::Good);
        rig.calls(9, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Closed, "closed again, it counts as before");
    });
}

#[test]
fn what_is_older_than_ten_seconds_is_forgotten() {
    rig(|rig| {
        rig.calls(9, Verdict::Bad);
        rig.pass(Duration::from_secs(10));
        rig.calls(1, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Closed);
        rig.pass(Duration::from_millis(9_900));
        rig.calls(9, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Open, "ten within ten seconds");
    });
}

#[test]
fn a_healthy_minute_does_not_outweigh_an_outage_for_longer_than_the_window() {
    rig(|rig| {
        for _ in 0..600 {
            rig.calls(10, Verdict::Good);
            rig.pass(Duration::from_millis(100));
        }
        rig.pass(Duration::from_secs(10));
        rig.calls(10, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Open);
    });
}

#[test]
fn open_it_refuses_and_says_for_how_long() {
    rig(|rig| {
        rig.open();
        assert_eq!(rig.admit(), Err(OPEN));
        rig.pass(Duration::from_secs(12));
        assert_eq!(rig.admit(), Err(Duration::from_secs(18)));
        assert_eq!(rig.core.trial(), None, "not yet");
    });
}

#[test]
fn the_open_time_is_drawn_from_its_last_tenth() {
    for (drawn, open) in [(0.0, Duration::from_secs(27)), (0.5, Duration::from_millis(28_500)), (1.0, OPEN)] {
        drawing(
            move || drawn,
            |rig| {
                rig.open();
                let refused = rig.admit().expect_err("open");
                assert!(refused.abs_diff(open) < Duration::from_micros(1), "{refused:?}");
            },
        );
    }
}

/// Guards: breaker trial.
#[test]
fn the_open_time_over_only_the_one_trial_is_let_in() {
    rig(|rig| {
        rig.due();
        assert_eq!(rig.admit(), Err(Duration::ZERO), "before the trial");
        rig.trial();
        assert_eq!(rig.core.state(), State::HalfOpen);
        assert_eq!(rig.admit(), Err(Duration::ZERO), "beside the trial");
        assert_eq!(rig.core.trial(), None, "there is one");
    });
}

#[test]
fn a_good_trial_closes_with_an_empty_window() {
    rig(|rig| {
        rig.due();
        let trial = rig.trial();
        rig.settle(trial, Verdict::Good);
        assert_eq!(rig.core.state(), State::Closed);
        rig.calls(9, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Closed, "neither the trial nor what was before it counts");
        rig.calls(1, Verdict::Bad);
        assert_eq!(rig.core.state(), State::Open);
    });
}

#[test]
fn a_bad_trial_opens_anew_with_a_fresh_draw() {
    let mut draws = [1.0, 0.0].into_iter();
    drawing(
        move || draws.next().expect("a draw for each opening"),
        |rig| {
            rig.due();
            let trial = rig.trial();
            rig.settle(trial, Verdict::Bad);
            assert_eq!((rig.core.state(), rig.admit()), (State::Open, Err(Duration::from_secs(27))));
            rig.pass(Duration::from_secs(28));
            rig.trial();
        },
    );
}

#[test]
fn a_trial_that_was_not_made_may_be_made_at_once() {
    rig(|rig| {
        rig.due();
        let trial = rig.trial();
        rig.core.withdraw(trial);
        assert_eq!(rig.core.trial(), Some(trial));
        rig.core.withdraw(trial - 1);
        assert_eq!(rig.core.trial(), None, "an older one has no say");
    });
}

/// Guards: breaker epoch.
#[test]
fn a_late_answer_to_a_call_from_before_the_opening_says_nothing() {
    rig(|rig| {
        let old: Vec<_> = (0..20).map(|_| rig.admit().expect("it is closed")).collect();
        rig.due();
        let trial = rig.trial();
        rig.settle(old[0], Verdict::Good);
        assert_eq!(rig.core.state(), State::HalfOpen, "a late success does not close it");
        rig.settle(old[1], Verdict::Bad);
        assert_eq!(rig.core.state(), State::HalfOpen, "a late failure does not open it");
        rig.settle(trial, Verdict::Good);
        for epoch in old {
            rig.settle(epoch, Verdict::Bad);
        }
        assert_eq!(rig.core.state(), State::Closed, "late failures are not counted in the new window");
    });
}
