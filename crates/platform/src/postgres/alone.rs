//! A connection outside of any pool.

use std::ops::{Deref, DerefMut};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Connection, Error};

/// A connection that ends when this is dropped, whatever is under way. By itself the driver would end only when all that
/// was asked is answered, and so would stay, with its connection, beside a server that does not answer.
#[derive(Debug)]
pub struct Alone {
    client: Client,
    driver: JoinHandle<Result<(), Error>>,
}

impl Alone {
    pub(super) fn drive<S, T>(client: Client, connection: Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self { client, driver: tokio::spawn(connection) }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Deref for Alone {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Alone {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_postgres::NoTls;

    use super::*;

    /// As PostgreSQL says that somebody is let in, and that it waits for a query.
    const LET_IN: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

    /// Far more than it takes.
    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn dropped_within_a_question_it_leaves_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("it comes");
            let mut startup = vec![0; 1_024];
            assert!(stream.read(&mut startup).await.expect("its startup") > 0);
            stream.write_all(LET_IN).await.expect("it reads");
            stream
        };
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(port).user("u");
        let (connected, mut stream) = tokio::join!(config.connect(NoTls), server);
        let (client, connection) = connected.expect("it is let in");
        let alone = Alone::drive(client, connection);
        assert!(alone.simple_query("SELECT 1").now_or_never().is_none());
        let mut asked = Vec::new();
        assert!(stream.read_buf(&mut asked).await.expect("a question") > 0);
        drop(alone);
        let end = tokio::time::timeout(PATIENCE, stream.read_buf(&mut asked)).await;
        assert_eq!(end.expect("it ends, unanswered").expect("in order"), 0);
    }
}
