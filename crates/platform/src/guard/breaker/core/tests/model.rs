//! The core beside a naive breaker that keeps every event for ever and counts them anew each time.

use proptest::prelude::*;

use super::*;

/// Milliseconds since the start.
type Ms = u64;

#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(Ms),
    /// A call is let in, or not.
    Call,
    /// So many calls that are let in, or not, and answered at once.
    Calls(usize, Verdict),
    /// One of the calls under way is answered, however late.
    Answer(prop::sample::Index, Verdict),
    /// The caller of one goes away.
    Leave(prop::sample::Index),
    Trial,
    AnswerTrial(Verdict),
    WithdrawTrial,
}

fn step() -> impl Strategy<Value = Step> {
    let verdict = prop_oneof![2 => Just(Verdict::Bad), 1 => Just(Verdict::Good)].boxed();
    prop_oneof![
        4 => prop_oneof![0..250_u64, 900..1_100_u64, 9_000..11_000_u64, 26_500..30_500_u64].prop_map(Step::Pass),
        2 => Just(Step::Call),
        5 => (1..12_usize, verdict.clone()).prop_map(|(count, verdict)| Step::Calls(count, verdict)),
        3 => (any::<prop::sample::Index>(), verdict.clone()).prop_map(|(which, verdict)| Step::Answer(which, verdict)),
        1 => any::<prop::sample::Index>().prop_map(Step::Leave),
        3 => Just(Step::Trial),
        3 => verdict.prop_map(Step::AnswerTrial),
        1 => Just(Step::WithdrawTrial),
    ]
}

/// What happened, and in which life of the breaker; every change of state begins a new one.
struct Event {
    life: u64,
    at: Ms,
    bad: bool,
}

struct Naive {
    events: Vec<Event>,
    life: u64,
    state: State,
    until: Ms,
    openings: usize,
    trial: Option<u64>,
}

/// The shortest and the longest open time, in turns.
const DRAWS: [(f64, Ms); 2] = [(0.0, 27_000), (1.0, 30_000)];

impl Naive {
    fn new() -> Self {
        Self { events: Vec::new(), life: 1, state: State::Closed, until: 0, openings: 0, trial: None }
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.life += 1;
        self.trial = None;
    }

    fn open(&mut self, now: Ms) {
        self.until = now + DRAWS[self.openings % 2].1;
        self.openings += 1;
        self.turn(State::Open);
    }

    fn settle(&mut self, life: u64, verdict: Verdict, now: Ms) {
        if life != self.life {
            return;
        }
        match (self.state, verdict) {
            (State::HalfOpen, Verdict::Good) => self.turn(State::Closed),
            (State::HalfOpen, Verdict::Bad) => self.open(now),
            (State::Closed | State::Open, _) => {
                self.events.push(Event { life, at: now, bad: verdict == Verdict::Bad });
                let lately: Vec<_> =
                    self.events.iter().filter(|it| it.life == life && it.at / 100 + 100 > now / 100).collect();
                let bad = lately.iter().filter(|it| it.bad).count();
                if verdict == Verdict::Bad && lately.len() >= 10 && bad * 2 >= lately.len() {
                    self.open(now);
                }
            }
        }
    }

    fn admit(&self, now: Ms) -> Result<u64, Duration> {
        let wait = Duration::from_millis(self.until.saturating_sub(now));
        if self.state == State::Closed { Ok(self.life) } else { Err(wait) }
    }

    fn trial(&mut self, now: Ms) -> Option<u64> {
        if self.state == State::Open && now > self.until {
            self.turn(State::HalfOpen);
        }
        if self.state != State::HalfOpen || self.trial.is_some() {
            return None;
        }
        self.trial = Some(self.life);
        self.trial
    }
}

struct Pair<'a> {
    rig: Rig<'a>,
    naive: Naive,
    now: Ms,
    /// Calls under way, as each of the two numbers them.
    calls: Vec<(u64, u64)>,
    trial: Option<(u64, u64)>,
}

impl Pair<'_> {
    fn call(&mut self) -> Option<(u64, u64)> {
        let (real, naive) = (self.rig.admit(), self.naive.admit(self.now));
        assert_eq!(real.err(), naive.err(), "who is let in, and for how long not");
        real.ok().zip(naive.ok())
    }

    fn settle(&mut self, (epoch, life): (u64, u64), verdict: Verdict) {
        self.rig.settle(epoch, verdict);
        self.naive.settle(life, verdict, self.now);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Pass(ms) => {
                self.rig.pass(Duration::from_millis(ms));
                self.now += ms;
            }
            Step::Call => {
                let call = self.call();
                self.calls.extend(call);
            }
            Step::Calls(count, verdict) => {
                for _ in 0..count {
                    if let Some(call) = self.call() {
                        self.settle(call, verdict);
                    }
                }
            }
            Step::Answer(which, verdict) if !self.calls.is_empty() => {
                let call = self.calls.swap_remove(which.index(self.calls.len()));
                self.settle(call, verdict);
            }
            Step::Leave(which) if !self.calls.is_empty() => {
                self.calls.swap_remove(which.index(self.calls.len()));
            }
            Step::Answer(..) | Step::Leave(_) => {}
            Step::Trial => {
                let (real, naive) = (self.rig.core.trial(), self.naive.trial(self.now));
                assert_eq!(real.is_some(), naive.is_some(), "whether the trial is let in");
                self.trial = real.zip(naive).or(self.trial);
            }
            Step::AnswerTrial(verdict) => {
                if let Some(trial) = self.trial.take() {
                    self.settle(trial, verdict);
                }
            }
            Step::WithdrawTrial => {
                if let Some((epoch, _)) = self.trial.take() {
                    self.rig.core.withdraw(epoch);
                    self.naive.trial = None;
                }
            }
        }
        assert_eq!(self.rig.core.state(), self.naive.state);
    }
}

proptest! {
    #[test]
    fn it_does_what_one_does_that_keeps_every_event(steps in prop::collection::vec(step(), 1..120)) {
        let mut openings = 0;
        let draw = move || {
            openings += 1;
            DRAWS[(openings - 1) % 2].0
        };
        clock::freeze(|clock| {
            let core = Core::new(BreakerSettings::default(), Box::new(draw), clock.now());
            let rig = Rig { clock, core };
            let mut pair = Pair { rig, naive: Naive::new(), now: 0, calls: Vec::new(), trial: None };
            for step in steps {
                pair.take(step);
            }
        });
    }
}
