//! What `newcomer` promises, asked of the real binary over HTTP, beside real servers.

mod it {
    mod answers;
    mod life;
    mod started;
}
