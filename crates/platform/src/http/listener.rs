//! Takes connections and serves HTTP/1.1 over them, with what actix-web's own `HttpServer` has no place for: connections
//! that are watched, and a bound on requests at work before anything of a request is looked at.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{ConnectionType, HttpService, Request};
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, fn_service, map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::Version;
use actix_web::rt::net::TcpStream;
use actix_web::rt::spawn;
use actix_web::{HttpResponse, ResponseError as _};
use futures_util::future::{Either, ready};

use super::connection::{Connection, Connections, Requests, UnderWay};
use super::problem::{Problem, UNAVAILABLE};
use super::server::is_own_route;
use crate::drain::{Drain, DrainSettings};
use crate::guard::deadline;
use crate::guard::overload::Gate;
use crate::sabotage;
use crate::telemetry::metric::Metrics;

/// How long an idle connection is kept: well above the 4 s for which Fly's proxy keeps its own.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long what a client still sends is read away after an answer that came before its body's end. Closed at once, the
/// connection would be reset, and the client might lose the answer.
const LINGER: Duration = Duration::from_secs(1);

/// When to ask again what was not looked at.
const AGAIN: Duration = Duration::from_secs(1);

/// How to listen.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Where.
    pub address: SocketAddr,
    /// With how many threads.
    pub workers: usize,
    /// Connections that each of them may have.
    pub connections: usize,
    /// Requests that each of them may work at.
    pub at_work: usize,
    /// Times of its end.
    pub leaving: DrainSettings,
    /// Counts.
    pub metrics: Metrics,
    /// Says when answers are to end their connections.
    pub drain: Drain,
}

impl Listener {
    /// Serves an app, which each worker makes for itself.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn serve<A, S, B>(self, app: impl Fn() -> A + Send + Clone + 'static) -> io::Result<Server>
    where
        A: IntoServiceFactory<S, Request>,
        S: ServiceFactory<
                Request,
                Config = AppConfig,
                Response = ServiceResponse<B>,
                Error = actix_web::Error,
                InitError: Debug,
                Service: 'static,
                Future: 'static,
            > + 'static,
        B: MessageBody + 'static,
    {
        let server = Server::build()
            .workers(self.workers)
            .max_concurrent_connections(if sabotage::takes_out("connection bound") {
                usize::MAX
            } else {
                self.connections
            })
            .disable_signals()
            // Later than our own bound, which names what it cuts.
            .shutdown_timeout(self.leaving.in_flight.as_secs() + 2);
        let address = self.address;
        let server = server.bind("public", address, move || {
            let connections = Connections::new(self.connections, self.metrics.clone());
            spawn(connections.clone().watch(self.drain.clone(), self.leaving));
            let gate = Gate::new(self.at_work, self.metrics.clone(), self.drain.clone());
            let app = map_config(app().into_factory(), |()| AppConfig::default());
            let app = app.map_err(|error: actix_web::Error| error.error_response());
            let app = apply_fn_factory(app, move |request: Request, app: &_| answered(request, app, &gate));
            let http = HttpService::build()
                .keep_alive(KEEP_ALIVE)
                .client_request_timeout(deadline::HEAD)
                .client_disconnect_timeout(if sabotage::takes_out("linger") { Duration::ZERO } else { LINGER })
                // A client that hangs up has gone away: its request is dropped, and its query with it.
                .h1_allow_half_closed(false)
                .on_connect_ext(|connection: &Connection, extensions: &mut _| connection.tell(extensions))
                .h1(app);
            let taken = fn_service(move |stream: TcpStream| {
                let peer = stream.peer_addr().ok();
                let taken = connections.take(stream);
                async move { Ok((taken, peer)) }
            });
            taken.and_then(http)
        })?;
        Ok(server.run())
    }
}

/// Serves a request of which its connection knows that it is under way.
fn answered<S, B>(
    mut request: Request,
    app: &S,
    gate: &Gate,
) -> impl Future<Output = Result<S::Response, HttpResponse>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = HttpResponse>,
{
    let connection = request.conn_data::<Rc<Requests>>().cloned();
    let under_way = connection.map(|connection| connection.begin(&mut request));
    if under_way.as_ref().is_some_and(UnderWay::is_behind_the_last) {
        let refused = Problem::from(UNAVAILABLE).retry_after(AGAIN).last_of_connection();
        return Either::Left(ready(Err(refused.error_response())));
    }
    // Whoever asks whether it lives is told, however much is at work.
    let answer = if is_own_route(request.path()) {
        Either::Left(app.call(request))
    } else {
        Either::Right(gate.pass(request, app))
    };
    Either::Right(async move {
        if let Some(request) = &under_way {
            request.turn().await;
        }
        let mut answer = answer.await;
        let head = match &mut answer {
            Ok(answer) => answer.response_mut().head_mut(),
            Err(answer) => answer.head_mut(),
        };
        // Heads are used again: one still has the version of its last answer, and that of HTTP/1.0 alone means a close.
        // The server sets it when it writes.
        head.version = Version::HTTP_11;
        if let Some(request) = under_way.filter(|_| head.connection_type() == ConnectionType::Close) {
            request.last();
        }
        answer
    })
}
