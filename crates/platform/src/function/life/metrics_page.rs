//! The page that Prometheus reads.

use actix_web::http::Method;
use actix_web::http::header::{Accept, CACHE_CONTROL, Header as _, Quality, VARY};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::routes::{on, resource};
use crate::telemetry::metric::Metrics;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(resource("/metrics", [on(Method::GET, page)]));
}

async fn page(request: HttpRequest, metrics: Data<Metrics>) -> HttpResponse {
    let open = wants_open_metrics(&request);
    HttpResponse::Ok()
        .content_type(if open { OPEN_METRICS } else { CLASSIC })
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((VARY, "Accept"))
        .body(if open { metrics.text() } else { metrics.classic_text() })
}

/// Whether OpenMetrics is asked for, and at least as much as text is. Whoever asks for nothing gets text.
fn wants_open_metrics(request: &HttpRequest) -> bool {
    let accepted = Accept::parse(request).map(|Accept(accepted)| accepted).unwrap_or_default();
    let most = |such: &dyn Fn(&str, Option<&str>) -> bool| {
        let accepted = accepted.iter().filter(|it| {
            let version = it.item.get_param("version");
            such(it.item.essence_str(), version.as_ref().map(|version| version.as_str()))
        });
        accepted.map(|it| it.quality).max().unwrap_or(Quality::ZERO)
    };
    let open = most(&|name, version| name == "application/openmetrics-text" && version.is_none_or(|it| it == "1.0.0"));
    let text = most(&|name, version| match name {
        "text/plain" => version.is_none_or(|it| it == "0.0.4"),
        name => matches!(name, "text/*" | "*/*"),
    });
    open > Quality::ZERO && open >= text
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn who_asks_for_open_metrics_gets_them_and_all_others_text() {
        let wants =
            |accept: &str| wants_open_metrics(&TestRequest::get().insert_header((ACCEPT, accept)).to_http_request());
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                          application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,\
                          text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for open in [prometheus, "application/openmetrics-text", "application/openmetrics-text; version=1.0.0, */*"] {
            assert!(wants(open), "{open}");
        }
        for text in [
            "",
            "*/*",
            "text/plain",
            "text/html, */*;q=0.8",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text;q=0.5, text/plain",
            "not a media type",
        ] {
            assert!(!wants(text), "{text}");
        }
        assert!(!wants_open_metrics(&TestRequest::get().to_http_request()));
    }
}
