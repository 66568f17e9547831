//! What `api` promises, asked of the real binary over HTTP, beside real servers.

mod it {
    mod board;
    mod companies;
    mod companies_wrong;
    mod dump;
    mod fallback;
    mod http;
    mod idempotency;
    mod if_match;
    mod interrupted;
    mod jobs;
    mod jobs_list;
    mod jobs_rights;
    mod jobs_steps;
    mod jobs_wrong;
    mod me;
    mod odd;
    mod own;
    mod ready;
    mod refresh;
    mod refresh_model;
    mod secrecy;
    mod sessions;
    mod sign_in;
    mod sign_in_bounds;
    mod sign_out;
    mod snapshots;
    mod sweep;
    mod texts;
    mod tokens;
}
