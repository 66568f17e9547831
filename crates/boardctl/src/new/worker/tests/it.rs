//! What `newcomer` promises: the real binary, beside real servers.

mod it {
    mod rounds;
    mod started;
}
