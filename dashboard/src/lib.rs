//! A live page of the [`kai_tcp_server`] servers in a program: who is connected, what they call,
//! how fast, what was refused and what restarted.
//!
//! One line in `main` adds it. It works before [`run`](kai_tcp_server::run) and inside any runtime,
//! and finds the servers by itself.
//!
//! ```no_run
//! use kai_tcp_server::{Action, tcp_server};
//! use kai_tcp_server_dashboard::Dashboard;
//!
//! struct Echo;
//!
//! #[tcp_server(port = 10000)]
//! impl Echo {
//!     fn handle_call(&self, data: &[u8]) -> Action {
//!         reply(data)
//!     }
//! }
//!
//! fn main() -> kai_tcp_server::Result {
//!     Dashboard::new().start()?; // http://127.0.0.1:7070/
//!     kai_tcp_server::run(Echo)
//! }
//! ```
//!
//! The page has, for each server: its state and addresses; connections, accepts, calls and bytes,
//! as numbers and as graphs of the last two minutes; calls by arm of the table; connections that
//! ended or were refused, by reason; the list of connections, sorted by age, calls or bytes, each
//! with its session; the supervision tree; the protocol; and the options, each with its origin.
//!
//! A session is shown if its type implements `Debug`; see
//! [`Server::inspect`](kai_tcp_server::Server::inspect).
//!
//! # Who sees it
//!
//! - The page listens on loopback ([`Dashboard::beyond_loopback`] is the way to say otherwise) and
//!   answers only to its own names, so that no site in a viewer's browser reaches it by a name of
//!   its own. It loads nothing from elsewhere, and a strict `Content-Security-Policy` holds it to
//!   that. What a peer sent becomes text and never markup.
//! - It changes nothing. [`Dashboard::controls`] adds controls, for whoever has a token.
//! - Whoever may open a connection on this machine can look. Leave what others must not see out of
//!   a session's `Debug`.
//!
//! # What it costs
//!
//! While nobody looks the page takes no snapshot, and one thread waits. While somebody looks, all
//! viewers share one snapshot a second. It reads what the servers count already: calls and
//! connections pay nothing. A snapshot with the list of 10,000 connections takes milliseconds of
//! the page's own thread.
//!
//! All of it is bounded: 64 connections at a time, 16 of them with the stream; 16 KiB of a
//! request's head within 3 s; 10 s for an answer; 15 s for a viewer that doesn't read. A page of
//! the list has 50 connections, and the text of a session 8 KiB.
//!
//! # For scripts
//!
//! Scripts may read what the page's own one reads: `GET /api/events` is a stream of
//! [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html), a JSON
//! object a second. Its fields are no stable interface; for graphs and alarms use the feature
//! `metrics` of `kai-tcp-server`.

mod assets;
mod controls;
mod dashboard;
mod deadline;
mod error;
mod guard;
mod log;
mod looks;
mod page;
mod respond;
mod route;
mod serve;
mod snapshot;
mod stream;
mod view;

pub use crate::dashboard::Dashboard;
pub use crate::error::Error;
pub use crate::page::Page;

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of the guide's chapter, as tests.
#[cfg(doctest)]
#[doc = include_str!("../guide.md")]
struct LivePage;
