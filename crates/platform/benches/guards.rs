//! What the guards cost a call: each measured in turns with the same work without it, in one run, so that whatever else
//! the machine does meets both. `cargo bench -p platform --bench guards`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use platform::guard::breaker::{Breaker, BreakerSettings, State, Verdict};
use platform::telemetry::context::FunctionKey;
use platform::telemetry::metric::Metrics;

/// Turns of each; the middle one is told.
const TURNS: usize = 41;
/// Calls of a turn: enough that reading the clock does not show.
const CALLS: u32 = 20_000;

fn main() {
    // `cargo test --all-targets` runs this, too, and only wants to see it compile.
    if std::env::args().all(|argument| argument != "--bench") {
        return;
    }
    println!("{:<28} {:>12} {:>12} {:>12}", "ns a call", "without", "with", "cost");
    let breaker = Breaker::new("bench", BreakerSettings::default(), &Metrics::default());
    compare("breaker closed", || {
        let permit = breaker.permit();
        work();
        if let Ok(permit) = permit {
            permit.settle(Verdict::Good);
        }
    });
    let key = FunctionKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a key");
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let code = key.code(parent);
    compare("function proof, given", || {
        black_box(key.code(black_box(parent)));
        work();
    });
    compare("function proof, checked", || {
        black_box(key.proves(black_box(parent), &code));
        work();
    });
    while breaker.state() != State::Open {
        if let Ok(permit) = breaker.permit() {
            permit.settle(Verdict::Bad);
        }
    }
    compare("breaker open, refusing", || {
        if breaker.permit().is_ok() {
            work();
        }
    });
}

/// What stands for a call.
fn work() {
    black_box(Instant::now());
}

fn compare(name: &str, guarded: impl Fn()) {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        without.push(turn(&work));
        with.push(turn(&guarded));
    }
    let (without, with) = (middle(without), middle(with));
    println!("{name:<28} {without:>12.1} {with:>12.1} {:>12.1}", with - without);
}

fn turn(call: &impl Fn()) -> Duration {
    let began = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    began.elapsed()
}

/// Nanoseconds a call of the middle turn.
fn middle(mut turns: Vec<Duration>) -> f64 {
    turns.sort_unstable();
    turns[turns.len() / 2].as_secs_f64() * 1e9 / f64::from(CALLS)
}
