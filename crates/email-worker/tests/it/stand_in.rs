//! Resend on a thread and a port of its own, asked and changed without a network.

use std::thread::JoinHandle;

use actix_web::body::to_bytes;
use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use platform::clock::Clock;
use resend_stand_in::{Behaviour, Shared, routes};
use serde_json::{Value, json};

/// A stand-in that ends with this value.
pub(super) struct StandIn {
    shared: Data<Shared>,
    port: u16,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    pub(super) fn start() -> Self {
        Self::like(Behaviour::default())
    }

    /// One that knows this key alone.
    pub(super) fn knowing(key: &str) -> Self {
        Self::like(Behaviour { api_key: Some(key.to_owned()), ..Behaviour::default() })
    }

    fn like(behaviour: Behaviour) -> Self {
        let clock = Clock::system();
        let shared = Data::new(Shared::new(behaviour, clock));
        let (port, its) = (testbed::port::free_port(), shared.clone());
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let app = move || App::new().app_data(its.clone()).configure(routes);
                let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0);
                let server = server.bind(("127.0.0.1", port)).expect("a free port").run();
                tell.send(server.handle()).expect("the test waits");
                server.await.expect("a good server");
            });
        });
        Self { shared, port, server: told.recv().expect("a server"), thread: Some(thread) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn call(&self, request: TestRequest) -> Value {
        let app = init_service(App::new().app_data(self.shared.clone()).configure(routes)).await;
        let response = call_service(&app, request.insert_header(("host", "localhost")).to_request()).await;
        let body = to_bytes(response.into_body()).await.expect("a whole answer");
        serde_json::from_slice(&body).expect("JSON")
    }

    /// Behaves like this from now on.
    pub(super) async fn behave(&self, change: Value) {
        let answer = self.call(TestRequest::post().uri("/control/behaviour").set_json(change)).await;
        assert!(answer.get("statusCode").is_none(), "{answer}");
    }

    /// Lets the next posts fail like this.
    pub(super) async fn fail_next(&self, faults: &[Value]) {
        self.behave(json!({ "fail_next": faults })).await;
    }

    async fn report(&self) -> Value {
        self.call(TestRequest::get().uri("/control/deliveries")).await
    }

    /// How many posts there were.
    pub(super) async fn posts(&self) -> u64 {
        self.report().await["requests"].as_u64().expect("a number")
    }

    /// How many mails were accepted.
    pub(super) async fn count(&self) -> u64 {
        self.report().await["count"].as_u64().expect("a number")
    }

    /// What was accepted, oldest first.
    pub(super) async fn deliveries(&self) -> Vec<Value> {
        self.report().await["deliveries"].as_array().expect("a list").clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // The order is given by the call; its future only waits.
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            // A panic over there was printed over there.
            let _ = thread.join();
        }
    }
}
