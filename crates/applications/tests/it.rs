//! What `applications` promises, asked of the real binary over HTTP, beside real servers.

mod it {
    mod apply;
    mod apply_wrong;
    mod atomic;
    mod board;
    mod http;
    mod interrupted;
    mod letters;
    mod lists;
    mod lists_wrong;
    mod odd;
    mod secrecy;
    mod snapshots;
}
