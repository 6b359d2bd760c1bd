//! Answers, all with the headers that keep a browser from doing more than the page needs.

use std::pin::Pin;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;

pub(crate) type AnyBody = Pin<Box<dyn Body<Data = Bytes, Error = std::convert::Infallible> + Send>>;

pub(crate) type Answer = Response<AnyBody>;

/// Scripts, styles and data come from the page itself alone, and a script can make no markup of a
/// text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// Returns an answer with a body of this type.
pub(crate) fn with(status: StatusCode, media_type: &'static str, body: AnyBody) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

pub(crate) fn whole(bytes: impl Into<Bytes>) -> AnyBody {
    Box::pin(Full::new(bytes.into()))
}

/// Returns data for the page's script.
pub(crate) fn json(value: &Value) -> Answer {
    with(StatusCode::OK, "application/json", whole(value.to_string()))
}

/// Returns an answer that says in a line what is wrong.
pub(crate) fn plain(status: StatusCode, line: &str) -> Answer {
    with(status, "text/plain; charset=utf-8", whole(format!("{line}\n")))
}

pub(crate) fn not_found() -> Answer {
    plain(StatusCode::NOT_FOUND, "there is nothing here")
}
