//! The controls: what whoever has the token may do.

pub(crate) mod token;

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, Request, StatusCode};
use kai_tcp_server::{ErrorKind, Result, Server, SuspendedPort};
use serde_json::Value;
use tokio::time::timeout;

use self::token::{Gate, Verdict};
use crate::guard;
use crate::log::event;
use crate::respond::{self, Answer};

/// The most bytes of what a control is told.
const BODY_MAX: usize = 1024;

/// The time that a control may take; a port that is bound again takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// A control, as the path of a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Suspend,
    Resume,
    SetMaxProcesses,
    /// Closes the connection with this id.
    Close(String),
}

/// Does what a control says, if the request may.
pub(crate) async fn act(gate: &Gate, server: Option<&Server>, control: Control, request: Request<Incoming>) -> Answer {
    if !guard::is_of_the_page(request.headers()) || guard::is_foreign(request.headers()) {
        return respond::plain(StatusCode::FORBIDDEN, "a page of another site can't control servers");
    }
    match gate.judge(bearer(request.headers())) {
        Verdict::Right => {}
        Verdict::Wrong => return respond::plain(StatusCode::UNAUTHORIZED, "the token is missing or wrong"),
        Verdict::Wait => {
            let mut answer = respond::plain(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens: wait");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
            return answer;
        }
    }
    let Some(server) = server else {
        return respond::not_found();
    };
    let Ok(body) = Limited::new(request.into_body(), BODY_MAX).collect().await else {
        return respond::plain(StatusCode::PAYLOAD_TOO_LARGE, "that is no control");
    };
    let told = serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null);
    let done = timeout(PATIENCE, perform(server, &control, &told)).await;
    let name = server.label();
    match done {
        Ok(Ok(true)) => {
            event!(info, name: "dashboard control", server = name, "{name}: the dashboard did {control:?} {told}");
            respond::plain(StatusCode::OK, "done")
        }
        Ok(Ok(false)) => respond::not_found(),
        Ok(Err(error)) => {
            let status = match error.kind() {
                ErrorKind::Options => StatusCode::BAD_REQUEST,
                _ => StatusCode::CONFLICT,
            };
            respond::plain(status, &error.to_string())
        }
        Err(_) => respond::plain(StatusCode::GATEWAY_TIMEOUT, "the server didn't answer in time"),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// Returns false if there is no such connection.
async fn perform(server: &Server, control: &Control, told: &Value) -> Result<bool> {
    match control {
        Control::Suspend => {
            let port = match told["port"].as_str() {
                Some("released") => SuspendedPort::Released,
                _ => SuspendedPort::Kept,
            };
            server.suspend(port).map(|()| true)
        }
        Control::Resume => server.resume().await.map(|()| true),
        Control::SetMaxProcesses => {
            // 0, which no server takes, where there is no number.
            let most = told["max_processes"]
                .as_u64()
                .and_then(|most| usize::try_from(most).ok());
            server.set_max_processes(most.unwrap_or(0)).map(|()| true)
        }
        Control::Close(id) => Ok(id.parse().is_ok_and(|id| server.close(id))),
    }
}
