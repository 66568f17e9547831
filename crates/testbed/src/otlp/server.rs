//! The HTTP side of the receiver (OTLP 1.x over HTTP/1.1, binary protobuf).

use std::io::Read as _;
use std::sync::atomic::Ordering;

use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

use super::{Refusal, Shared, Span};

/// A full queue of 8,192 spans in one request is about 8 MB.
const LARGEST: usize = 64 * 1024 * 1024;

pub(super) async fn answer(request: Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    // The sender lives as long as the receiver.
    let _ = shared.hanging.subscribe().wait_for(|hanging| !hanging).await;
    let refusal = shared.refusal().clone();
    if let Some(refusal) = refusal {
        shared.refused.fetch_add(1, Ordering::Relaxed);
        return refused(&refusal);
    }
    if request.uri().path() != "/v1/traces" {
        return text(StatusCode::NOT_FOUND, "only /v1/traces is received here");
    }
    if request.method() != Method::POST {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only POST");
    }
    let encodings: Vec<&[u8]> = request.headers().get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes).collect();
    let packed = match encodings[..] {
        [] => false,
        [b"gzip"] => true,
        [..] => return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "only gzip is understood here"),
    };
    let body = match Limited::new(request.into_body(), LARGEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return text(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let body = match packed.then(|| unpacked(&body)) {
        None => body,
        Some(Ok(body)) => {
            shared.packed.fetch_add(1, Ordering::Relaxed);
            body
        }
        Some(Err(error)) => return text(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match ExportTraceServiceRequest::decode(body) {
        Ok(request) => {
            let (mut store, mut many) = (shared.store(), 0);
            for span in Span::read(request) {
                store.add(span);
                many += 1;
            }
            shared.largest.fetch_max(many, Ordering::Relaxed);
            let rejected_spans = shared.rejected.load(Ordering::Relaxed);
            let partial = ExportTracePartialSuccess { rejected_spans, error_message: String::new() };
            // Without it the body is empty: all was accepted.
            let partial_success = (rejected_spans > 0).then_some(partial);
            let body = ExportTraceServiceResponse { partial_success }.encode_to_vec();
            reply(StatusCode::OK, "application/x-protobuf", &body)
        }
        Err(error) => text(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn unpacked(body: &[u8]) -> std::io::Result<Bytes> {
    let mut plain = Vec::new();
    GzDecoder::new(body).take(LARGEST as u64 + 1).read_to_end(&mut plain)?;
    if plain.len() > LARGEST { Err(std::io::Error::other("it is too large")) } else { Ok(plain.into()) }
}

fn refused(refusal: &Refusal) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = text(status, "refused as asked");
    if let Some(wait) = refusal.retry_after.as_ref().and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

fn text(status: StatusCode, body: &str) -> Response<Full<Bytes>> {
    reply(status, "text/plain", body.as_bytes())
}

fn reply(status: StatusCode, kind: &'static str, body: &[u8]) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body)));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
