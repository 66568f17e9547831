//! The kinds that any function may answer with.

use super::Kind;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $path:literal, $status:literal, $title:literal, $about:literal;)*) => {
        $($(#[$doc])* pub const $name: Kind = Kind { name: $path, status: $status, title: $title, about: $about };)*

        /// Every kind of `platform`, for the pages on them.
        pub const ALL: &[Kind] = &[$($name),*];
    };
}

kinds! {
    /// A body that is not JSON.
    MALFORMED_JSON = "malformed-json", 400, "The body is not well-formed JSON",
        "The body could not be read as one JSON object in UTF-8. Nothing was changed. Send one JSON object.";
    /// A request that is not well-formed HTTP for us.
    BAD_REQUEST = "bad-request", 400, "The request is not well-formed",
        "The request could not be understood. Nothing was changed.";
    /// The header `Idempotency-Key` holds no key.
    MALFORMED_IDEMPOTENCY_KEY = "malformed-idempotency-key", 400, "The Idempotency-Key is not well-formed",
        "The header `Idempotency-Key` may be given once, with a string of 1 to 255 visible ASCII characters in double \
         quotes, such as a UUID. Nothing was changed.";
    /// Nobody is signed in.
    UNAUTHENTICATED = "unauthenticated", 401, "Sign in first",
        "The request had no access token, or one that is malformed, expired or not ours. Sign in and send \
         `Authorization: Bearer TOKEN`. Tokens are good for 15 minutes.";
    /// Nothing is here, or nothing that the caller may see.
    NOT_FOUND = "not-found", 404, "There is nothing here",
        "No resource has this address, or it is not yours to see.";
    /// The resource has no such method.
    METHOD_NOT_ALLOWED = "method-not-allowed", 405, "The method does not exist here",
        "The resource exists, but not with this method. The `Allow` header lists the methods it has.";
    /// Another request with the same key is at work.
    REQUEST_IN_PROGRESS = "request-in-progress", 409, "A request with this Idempotency-Key is still at work",
        "The same request is being worked on right now, perhaps because its first caller gave up waiting. Repeat it \
         after the time in `Retry-After` to get its answer.";
    /// The client sent its head or its body too slowly.
    REQUEST_TIMEOUT = "request-timeout", 408, "The request came too slowly",
        "The head of the request was not there within 10 seconds, or its body within 5 seconds of its head, or, while more \
         are coming than fit into memory, had been coming longest. Nothing was changed. Send it again.";
    /// What is to be changed is not what the caller knows.
    PRECONDITION_FAILED = "precondition-failed", 412, "It was changed meanwhile",
        "It is not what `If-Match` names any more, so nothing was changed. Read it again, and change what is there now.";
    /// The body is larger than 64 KiB.
    CONTENT_TOO_LARGE = "content-too-large", 413, "The body is too large",
        "Bodies may have 64 KiB at most, and those in chunks 128 KiB with all that is around these. Nothing was changed.";
    /// The target is too long.
    URI_TOO_LONG = "uri-too-long", 414, "The address is too long",
        "Path and query may have 8 KiB together. Nothing was changed.";
    /// The body is not declared as JSON.
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", 415, "The media type is not supported",
        "Send the body as `Content-Type: application/json`, in UTF-8, without a content coding.";
    /// Some fields are wrong.
    VALIDATION_FAILED = "validation-failed", 422, "Some values are not as wanted",
        "The list `errors` names every value that is wrong, where it stood (a `pointer` into the body or a \
         query `parameter`) and what is wanted. Nothing was changed.";
    /// The key was used for another request.
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused", 422, "This Idempotency-Key belongs to another request",
        "A request with the same key, but with another path or body, was accepted within the last 24 hours. Nothing \
         was changed. Use a new key for a new request, and an old one only to repeat the very same request.";
    /// So much was accepted that no more is for now.
    QUOTA_EXCEEDED = "quota-exceeded", 429, "You have reached your limit for now",
        "As many as `RateLimit-Policy` allows were accepted within its time. Nothing was changed. Try again after the \
         time in `Retry-After`. Attempts that are refused do not count.";
    /// Too many requests in a short time.
    TOO_MANY_REQUESTS = "too-many-requests", 429, "Too many requests in a short time",
        "You sent more requests than the `RateLimit-Policy` header allows. Nothing was changed. Try again after the time \
         in `Retry-After`, and more slowly.";
    /// The head is too large.
    FIELDS_TOO_LARGE = "header-fields-too-large", 431, "The head of the request is too large",
        "The head of a request may have 16 KiB and 96 fields at most. Nothing was changed.";
    /// A failure of ours.
    INTERNAL = "internal", 500, "Something went wrong on our side",
        "The request failed for a reason of ours. Nothing was changed that was not committed. Tell us the `trace_id`.";
    /// A version of HTTP that is not spoken here.
    HTTP_VERSION_NOT_SUPPORTED = "http-version-not-supported", 505, "The version of HTTP is not spoken here",
        "This server speaks HTTP/1.1 and HTTP/1.0. A proxy in front of it may speak others.";
    /// Something that the answer needs is not there now.
    UNAVAILABLE = "unavailable", 503, "The service cannot answer now",
        "Something that the answer needs is not available now. Nothing was changed. Try again after the time in \
         `Retry-After`.";
    /// More requests are at work than can be carried.
    OVERLOADED = "overloaded", 503, "The service has too much to do now",
        "More requests are at work than can be answered in good time, so this one was refused before anything was done. \
         Try again after the time in `Retry-After`.";
    /// The answer was not ready within its time.
    DEADLINE_EXCEEDED = "deadline-exceeded", 503, "The answer took too long",
        "The answer was not ready within its time and was given up. Try again after the time in `Retry-After`.";
    /// A commit was cut.
    OUTCOME_UNKNOWN = "outcome-unknown", 503, "Whether it was done is not known",
        "The connection was lost while the change was being committed. It may have been done or not. Look whether it \
         was, or repeat it with the same `Idempotency-Key` where the endpoint takes one.";
}
