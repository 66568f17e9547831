//! Sessions: an access token for whoever holds the token of a mailed link. A first sign-in makes the person.

pub(crate) mod http;
mod store;
