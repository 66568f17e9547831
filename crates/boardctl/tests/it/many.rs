use std::collections::BTreeSet;

use boardctl::smoke_test::{self, SmokeTest};
use futures_util::future::join_all;
use testbed::otlp::Trace;

use super::whole::{Whole, trace_of};

const TESTS: usize = 50;

fn values(trace: &Trace, attribute: &str) -> BTreeSet<String> {
    let all = trace.spans().iter().map(|span| span.attribute(attribute).to_owned());
    all.filter(|value| !value.is_empty()).collect()
}

fn people(test: &SmokeTest) -> BTreeSet<String> {
    test.people.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn fifty_smoke_tests_at_once_mix_no_ids() {
    let whole = Whole::start(&[]).await;
    let tests = join_all((0..TESTS).map(|_| whole.smoke_test())).await;
    let mut jobs = BTreeSet::new();
    for test in &tests {
        assert_eq!(test.failure, None);
        let trace = trace_of(test).await;
        assert_eq!(smoke_test::missing(test, &trace), Vec::<String>::new());
        assert_eq!(values(&trace, "app.user.id"), people(test));
        let job = values(&trace, "app.job.id");
        assert_eq!(job.len(), 1, "a smoke test is about one job");
        jobs.extend(job);
    }
    assert_eq!(jobs.len(), TESTS, "each smoke test is about a job of its own");
}
