//! What `boardctl new` makes, as it comes, held to its own tests. Here no file of `fly/` lists it: it runs in the place of `api`.

mod http;
mod worker;
