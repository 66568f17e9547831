//! What `applications` promises, asked of the real binary over HTTP, beside real servers.

mod it {
    mod apply;
    mod apply_wrong;
    mod atomic;
    mod board;
    mod http;
    mod idempotency;
    mod interrupted;
    mod letters;
    mod lists;
    mod lists_wrong;
    mod odd;
    mod quota;
    mod quota_redis;
    mod races;
    mod secrecy;
    mod snapshots;
    mod steady;
    mod traces;
}
