use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceContextExt as _;
use uuid::Uuid;

use super::ClientAddress;
use super::once::header;
use crate::guard::rate_limits::RateLimits;
use crate::http::problem::{Problem, UNAUTHENTICATED};
use crate::identity::{Claims, Verifier};
use crate::probe::critical::Mark;
use crate::telemetry::context;

/// Who is signed in. A handler that takes it refuses everybody else with 401. The process's own critical request comes
/// from the nil UUID, which nobody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller(pub Uuid);

/// Who turned out to be signed in, for the log line of the request, which outlives the request itself.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownCaller(pub(super) Rc<Cell<Option<Caller>>>);

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if Mark::is_on(request) {
            return ready(Ok(Self(Uuid::nil())));
        }
        let caller = caller(request);
        if let Ok(caller) = &caller {
            if let Some(known) = request.extensions().get::<KnownCaller>() {
                known.0.set(Some(*caller));
            }
            context::current().span().set_attribute(KeyValue::new("app.user.id", caller.0.to_string()));
        }
        ready(caller)
    }
}

/// The session that the caller's access token is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentSession {
    /// Who is signed in.
    pub caller: Caller,
    /// Which session; none where the token names none.
    pub id: Option<Uuid>,
}

impl FromRequest for CurrentSession {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        ready(caller.and_then(|caller| Ok(Self { caller, id: claims(request)?.session })))
    }
}

/// Who is signed in, if anybody: no token is fine, a bad one is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequest for MaybeCaller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(AUTHORIZATION) {
            return ready(Ok(Self(None)));
        }
        ready(Caller::from_request(request, payload).into_inner().map(|caller| Self(Some(caller))))
    }
}

/// Counts a request with the rate limits: with its person's or, where no good token says who it is, with its address'.
pub(super) fn within_rings(request: &HttpRequest) -> Result<(), Problem> {
    let Some(rate_limits) = request.app_data::<Data<RateLimits>>() else { return Ok(()) };
    let signed_in = request.headers().contains_key(AUTHORIZATION).then(|| caller(request).ok()).flatten();
    match signed_in {
        Some(Caller(id)) => rate_limits.person(id),
        None => rate_limits.address(ClientAddress::of(request).network()),
    }
}

fn caller(request: &HttpRequest) -> Result<Caller, Problem> {
    claims(request).map(|claims| Caller(claims.subject))
}

fn claims(request: &HttpRequest) -> Result<Claims, Problem> {
    let refuse = |detail: &str| Problem::from(UNAUTHENTICATED).detail(detail);
    let Some(verifier) = request.app_data::<Data<Verifier>>() else {
        return Err(Problem::from(crate::http::problem::INTERNAL).because_text("no public keys were given"));
    };
    let given = header(request.headers(), AUTHORIZATION)?.ok_or_else(|| refuse("The request has no access token."))?;
    let token = given
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| refuse("The Authorization header is not `Bearer TOKEN`."))?;
    verifier.verify(token).map_err(|error| Problem::invalid_token(&error.to_string()))
}
