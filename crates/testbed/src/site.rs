//! A small site on 127.0.0.1, for whoever looks at this machine.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};

use crate::server::Server;
use crate::{Error, port};

/// Pages that a function makes. They are only ever looked at: anything but GET and HEAD is refused. The site ends with
/// this value.
#[derive(Debug)]
pub struct Site {
    server: Server,
}

impl Site {
    /// Listens on the port that is wanted if nobody else does, else on any free one. `page` answers what stands in a
    /// request's line, on a thread of the site's own.
    ///
    /// # Errors
    ///
    /// When no port can be listened on.
    pub fn start(wanted: u16, page: impl Fn(&Uri) -> Response<String> + Send + Sync + 'static) -> Result<Self, Error> {
        let page = Arc::new(page);
        let answer = move |request: Request<Incoming>| {
            let page = Arc::clone(&page);
            async move { answer(&request, page.as_ref()) }
        };
        let on_wanted = Server::start("site", wanted, answer.clone());
        let server = on_wanted.or_else(|_| Server::start("site", port::free_port(), answer))?;
        Ok(Self { server })
    }

    /// Its address: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }
}

fn answer(request: &Request<Incoming>, page: &impl Fn(&Uri) -> Response<String>) -> Response<Full<Bytes>> {
    // hyper sends the head alone where HEAD was asked.
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut refused = Response::new(Full::new(Bytes::from_static(b"only GET and HEAD")));
        *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    page(request.uri()).map(|body| Full::new(Bytes::from(body)))
}
