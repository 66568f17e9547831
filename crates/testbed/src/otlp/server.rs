//! The HTTP side of the receiver (OTLP 1.x over HTTP/1.1, binary protobuf).

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use super::{Shared, Span};

/// A full queue of 8,192 spans in one request is about 8 MB.
const LARGEST: usize = 64 * 1024 * 1024;

pub(super) async fn answer(request: Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    // The sender lives as long as the receiver.
    let _ = shared.hanging.subscribe().wait_for(|hanging| !hanging).await;
    if request.uri().path() != "/v1/traces" {
        return text(StatusCode::NOT_FOUND, "only /v1/traces is received here");
    }
    if request.method() != Method::POST {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only POST");
    }
    if request.headers().contains_key("content-encoding") {
        return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "compression is not understood here");
    }
    let body = match Limited::new(request.into_body(), LARGEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return text(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match ExportTraceServiceRequest::decode(body) {
        Ok(request) => {
            let mut store = shared.store();
            for span in Span::read(request) {
                store.add(span);
            }
            // An empty body is an empty ExportTraceServiceResponse: all was accepted.
            reply(StatusCode::OK, "application/x-protobuf", "")
        }
        Err(error) => text(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn text(status: StatusCode, body: &str) -> Response<Full<Bytes>> {
    reply(status, "text/plain", body)
}

fn reply(status: StatusCode, kind: &'static str, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
