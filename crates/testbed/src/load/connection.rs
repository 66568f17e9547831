use std::io;
use std::net::SocketAddr;

use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Ask;
use super::body::Slowly;
use crate::http::Answer;

/// A client's connection: opened when it is needed, kept as long as the server keeps it. Nothing is ever repeated.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    open: Option<SendRequest<Slowly>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No connection was to be had.
    #[error("no connection: {0}")]
    Refused(io::ErrorKind),
    /// The connection ended before the whole answer had come.
    #[error("the connection ended amid the request: {0}")]
    Cut(String),
    /// The client waited long enough.
    #[error("no answer in time")]
    Late,
}

impl Connection {
    /// To this address.
    pub fn to(address: SocketAddr) -> Self {
        Self { address, open: None }
    }

    /// Asks, over the open connection if there is one.
    ///
    /// # Errors
    ///
    /// [`Lost`]; the next request then takes a new connection.
    pub async fn ask(&mut self, ask: &Ask) -> Result<Answer, Lost> {
        let mut sender = match self.kept().await {
            Some(kept) => kept,
            None => self.connect().await?,
        };
        let answer = exchange(&mut sender, self.request(ask)).await?;
        self.open = Some(sender);
        Ok(answer)
    }

    /// The open connection, unless the server closed it while it was idle, as it may.
    async fn kept(&mut self) -> Option<SendRequest<Slowly>> {
        let mut kept = self.open.take()?;
        kept.ready().await.ok().map(|()| kept)
    }

    async fn connect(&self) -> Result<SendRequest<Slowly>, Lost> {
        let refused = |error: io::Error| Lost::Refused(error.kind());
        let stream = TcpStream::connect(self.address).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await.map_err(|error| Lost::Cut(error.to_string()))?;
        // What becomes of the connection, the sender is told.
        tokio::spawn(driver);
        Ok(sender)
    }

    fn request(&self, ask: &Ask) -> Request<Slowly> {
        let request = Request::builder().method(ask.method).uri(&ask.path).header(HOST, self.address.to_string());
        let request = ask.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.body(Slowly::new(&ask.body, ask.slowly)).expect("a script writes requests that can be sent")
    }
}

async fn exchange(sender: &mut SendRequest<Slowly>, request: Request<Slowly>) -> Result<Answer, Lost> {
    let cut = |error: hyper::Error| Lost::Cut(chain(&error));
    let answer = sender.send_request(request).await.map_err(cut)?;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(cut)?.to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, text })
}

/// hyper's own words and those of the system below it.
fn chain(error: &hyper::Error) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
