//! What testbed itself says to the server.

use super::Redis;
use crate::Error;

impl Redis {
    /// Sends one command: see [`command`](super::command()).
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    pub async fn command(&self, words: &[&str]) -> Result<String, Error> {
        super::command(&self.url(), words).await
    }
}
