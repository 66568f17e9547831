use std::collections::BTreeSet;

use boardctl::walk::{self, Walked};
use futures_util::future::join_all;
use testbed::otlp::Trace;

use super::whole::{Whole, trace_of};

const WALKS: usize = 50;

fn values(trace: &Trace, attribute: &str) -> BTreeSet<String> {
    let all = trace.spans().iter().map(|span| span.attribute(attribute).to_owned());
    all.filter(|value| !value.is_empty()).collect()
}

fn people(walked: &Walked) -> BTreeSet<String> {
    walked.people.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn fifty_walks_at_once_mix_no_ids() {
    let whole = Whole::start(&[]).await;
    let walks = join_all((0..WALKS).map(|_| whole.walk())).await;
    let mut jobs = BTreeSet::new();
    for walked in &walks {
        assert_eq!(walked.failure, None);
        let trace = trace_of(walked).await;
        assert_eq!(walk::missing(walked, &trace), Vec::<String>::new());
        assert_eq!(values(&trace, "app.user.id"), people(walked));
        let job = values(&trace, "app.job.id");
        assert_eq!(job.len(), 1, "a walk is about one job");
        jobs.extend(job);
    }
    assert_eq!(jobs.len(), WALKS, "each walk is about a job of its own");
}
