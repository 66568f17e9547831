//! An HTTP/1.1 server on 127.0.0.1 with a thread of its own.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Error;
use crate::background::Background;

/// The server; it ends with this value, and its connections with it.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    _thread: Background,
}

impl Server {
    /// Listens on this port and answers each request by `answer`; `name` is the thread's, and stands in errors.
    pub(crate) fn start<F>(
        name: &str,
        port: u16,
        answer: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    ) -> Result<Self, Error>
    where
        F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = std::net::TcpListener::bind(address)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(Error::io(format!("the {name} could not listen on {address}")))?;
        let thread = Background::start(name, move || serve(listener, Arc::new(answer)))?;
        Ok(Self { address, _thread: thread })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve<A, F>(listener: std::net::TcpListener, answer: Arc<A>)
where
    A: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let listener =
        TcpListener::from_std(listener).expect("a listener that is not blocking, within a runtime, is accepted");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of files, most likely: no reason to spin.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let answer = Arc::clone(&answer);
        let service = service_fn(move |request| {
            let answered = answer(request);
            async move { Ok::<_, Infallible>(answered.await) }
        });
        // A connection that breaks is its sender's matter.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
