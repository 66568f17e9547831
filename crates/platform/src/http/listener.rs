//! Takes connections and serves HTTP/1.1 over them, with what actix-web's own `HttpServer` has no place for: connections
//! that are watched, and a bound on requests at work before anything of a request is looked at.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_http::{ConnectionType, HttpMessage as _, HttpService, KeepAlive, Request};
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, fn_service, map_config,
};
use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::http::Version;
use actix_web::rt::net::TcpStream;
use actix_web::rt::spawn;
use futures_util::future::Either;

use super::connection::{Connection, Connections, PIECE, Pieces, Requests};
use super::cors::AllowedOrigins;
use super::routes::is_own_route;
use crate::drain::{Drain, DrainSettings};
use crate::guard::overload::Gate;
use crate::sabotage;
use crate::telemetry::metric::Metrics;

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
    /// Whose pages may ask.
    pub origins: AllowedOrigins,
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
            let connections = Connections::new(self.connections, &self.metrics);
            spawn(connections.clone().watch(self.drain.clone(), self.leaving));
            let (gate, origins) = (
                Gate::new(self.at_work, &self.metrics, self.drain.clone(), self.origins.clone()),
                self.origins.clone(),
            );
            let app = map_config(app().into_factory(), |()| AppConfig::default());
            let app = app.map_err(|error: actix_web::Error| error.error_response());
            let app = apply_fn_factory(app, move |request: Request, app: &_| answered(request, app, &gate, &origins));
            let http = HttpService::build()
                // Each connection has times of its own, for every head and not the first alone.
                .keep_alive(KeepAlive::Os)
                .client_request_timeout(Duration::ZERO)
                .client_disconnect_timeout(Duration::ZERO)
                .h1_write_buffer_size(PIECE)
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

/// Serves the request that its connection has at hand. Whether that ends with the answer is said by the answer.
fn answered<S, B>(
    mut request: Request,
    app: &S,
    gate: &Gate,
    origins: &AllowedOrigins,
) -> impl Future<Output = Result<HttpResponse<Pieces>, HttpResponse>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = HttpResponse>,
    B: MessageBody + 'static,
{
    let under_way = request.conn_data::<Requests>().cloned().unwrap_or_default().begin(&mut request);
    if let Some(wrong) = under_way.wrong() {
        request.extensions_mut().insert(wrong);
    }
    // Whoever asks whether it lives is told, however much is at work, and so is a browser that asks for leave.
    let answer = if is_own_route(request.path()) || origins.is_preflight(request.method(), request.headers()) {
        Either::Left(app.call(request))
    } else {
        Either::Right(gate.pass(request, app))
    };
    async move {
        let mut answer = match answer.await {
            Ok(answer) => answer.into_parts().1.map_into_boxed_body(),
            Err(answer) => answer,
        };
        let last = under_way.is_last().await;
        let head = answer.head_mut();
        // Heads are used again: one still has the version of its last answer, and that of HTTP/1.0 alone means a close.
        // The server sets it when it writes.
        head.version = Version::HTTP_11;
        if last {
            head.set_connection_type(ConnectionType::Close);
        }
        if head.connection_type() == ConnectionType::Close {
            under_way.end();
        }
        Ok(answer.map_body(|_, body| Pieces::of(body, under_way)))
    }
}
