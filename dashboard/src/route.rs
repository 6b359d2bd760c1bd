//! The paths of the page, and what answers them.

mod path;

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};

use self::path::{Look, Path};
use crate::assets;
use crate::controls::token::{Gate, Token};
use crate::controls::{self};
use crate::deadline::Deadline;
use crate::guard::{self, Hosts};
use crate::looks::Looks;
use crate::respond::{self, Answer};
use crate::snapshot::Seen;
use crate::stream::Events;
use crate::view::{about, connections, options, protocol};

/// The page, as requests see it.
pub(crate) struct Site {
    hosts: Hosts,
    gate: Option<Gate>,
    looks: Looks,
}

impl Site {
    pub(crate) fn new(hosts: Hosts, token: Option<Token>, looks: Looks) -> Self {
        Site {
            hosts,
            gate: token.map(Gate::new),
            looks,
        }
    }

    pub(crate) fn has_controls(&self) -> bool {
        self.gate.is_some()
    }

    pub(crate) fn looks(&self) -> &Looks {
        &self.looks
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, deadline: Deadline) -> Answer {
        if !self.hosts.admit(request.headers()) {
            return respond::plain(
                StatusCode::MISDIRECTED_REQUEST,
                "the page doesn't go by this name: `Dashboard::host` adds one",
            );
        }
        let Some(path) = Path::of(request.uri(), self.has_controls()) else {
            return respond::not_found();
        };
        let allowed = if matches!(path, Path::Control(..)) {
            Method::POST
        } else {
            Method::GET
        };
        if *request.method() != allowed {
            let mut answer = respond::plain(StatusCode::METHOD_NOT_ALLOWED, "that can't be done here");
            let allowed = HeaderValue::from_str(allowed.as_str());
            answer
                .headers_mut()
                .extend(allowed.ok().map(|allowed| (ALLOW, allowed)));
            return answer;
        }
        // The page itself may be come to by a link.
        if !matches!(path, Path::Asset(_)) && guard::is_foreign(request.headers()) {
            return respond::plain(StatusCode::FORBIDDEN, "a page of another site can't look");
        }
        match (path, &self.gate) {
            (Path::Asset(name), _) => assets::of(name).unwrap_or_else(respond::not_found),
            (Path::About, _) => respond::json(&about::of(self.has_controls())),
            (Path::Events, _) => self.events(deadline),
            (Path::Server(number, look), _) => match self.looks.current().server(number) {
                Some(seen) => self.look(seen, look).await,
                None => respond::not_found(),
            },
            (Path::Control(number, control), Some(gate)) => {
                let server = self.looks.current().server(number).map(|seen| seen.server.clone());
                controls::act(gate, server.as_ref(), control, request).await
            }
            (Path::Control(..), None) => respond::not_found(),
        }
    }

    fn events(&self, deadline: Deadline) -> Answer {
        let Some(viewer) = self.looks.view() else {
            let mut answer = respond::plain(StatusCode::SERVICE_UNAVAILABLE, "too many look at the page");
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
            return answer;
        };
        let events = Box::pin(Events::new(viewer, deadline));
        respond::with(StatusCode::OK, "text/event-stream", events)
    }

    async fn look(&self, seen: &Seen, look: Look) -> Answer {
        respond::json(&match look {
            Look::Tree => seen.tree().clone(),
            Look::Options => options::of(&seen.server),
            Look::Protocol => protocol::of(&seen.server),
            Look::Connections(part) => connections::of(seen.connections(), part),
            Look::Connection(id) => {
                let found = seen.connections().iter().find(|info| info.id == id);
                let Some(found) = found else {
                    return respond::not_found();
                };
                connections::detail(found, seen.server.inspect(id).await)
            }
        })
    }
}
