//! Several commands as one step. A script is done whole, in one round trip, with nothing of anybody else's in between, at
//! one moment: a key does not pass away amid it. Sent one by one, or in a pipeline, the first of two may be done and the
//! second refused. fred's own transactions wait for everything that is under way before, and for their answers without
//! a bound.

use fred::error::Error;
use fred::prelude::{Client, ClientLike as _, FromValue, Value};
use fred::types::{ClusterHash, CustomCommand};

/// What it is called in spans.
pub(crate) const EVAL: &str = "EVAL";

/// Where the key stands: behind the text, and behind how many keys there are.
const KEY: usize = 2;

/// Runs a script on one key.
pub(crate) async fn run<T: FromValue>(
    client: &Client,
    script: &'static str,
    key: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<T, Error> {
    let command = CustomCommand::new_static(EVAL, ClusterHash::Offset(KEY), false);
    let head = [Value::from_static_str(script), Value::from(1), Value::from(key)];
    client.custom(command, head.into_iter().chain(values).collect()).await
}
