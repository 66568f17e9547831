//! What crosses between functions, and between them and their callers: typed ids, the shapes of answers, problem
//! types, mail kinds, how tokens are derived, the schema and the rights that functions were built for, and each
//! endpoint as a [`Call`](platform::http::client::Call).

pub mod address;
pub mod answers;
pub mod calls;
pub mod ids;
pub mod mail;
pub mod problems;
pub mod schema;
pub mod sign_in;
pub mod token_keys;
