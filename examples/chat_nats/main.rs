//! A chat server on many nodes: what is said in a room on one node is heard in it on all of them.
//! The nodes are connected by NATS; each room is a subject.
//!
//! ```console
//! $ apt install nats-server && nats-server -a 127.0.0.1
//! $ NODE_NAME=a cargo run --example chat_nats --features chat_nats -- 10008
//! $ NODE_NAME=b cargo run --example chat_nats --features chat_nats -- 10009
//! $ nc 127.0.0.1 10008        # say a name, then talk; `/help` lists the commands
//! $ nc 127.0.0.1 10009        # a member of the other node is shown as `anna@a`
//! ```
//!
//! `NATS_URL` names the servers (`nats://127.0.0.1:4222`, several with commas between them),
//! `NODE_NAME` this node, which no other may be called; by default it is random. `CHAT_PORT`,
//! `CHAT_LISTEN`, `CHAT_HEALTH`, `CHAT_PROXY_PROTOCOL` and the others set the server's options.
//!
//! # What is promised
//!
//! - Members of one node hear each other without NATS. No member waits for another, nor for NATS.
//! - The members of other nodes hear a line **at most once**. It is lost for them if NATS is away
//!   or too slow, if they come into the room at that moment, or if a node ends; it never comes
//!   twice, and none of a node comes after a later one of that node. Nothing is kept: who wasn't
//!   there can't read it later.
//! - When nats-server is away, members are told so within 3 s, and again when it is back, which
//!   needs no restart. A line that was under way meanwhile may come late.
//! - A name is one member's on a node; another node may have another `anna`. All are in `/who`.
//! - The members of a node that is unheard for 5 s are told to have left.
//!
//! Each node says once a second, and after each change, who is where on it, about 20 bytes for each
//! member; the others know of its first 4,096. Of 100 nodes they know, and they hear 5,000 messages
//! a second together. A program that may publish on nats-server can say anything in anybody's name:
//! let the nodes alone reach it.

mod bus;
mod chat;
mod hall;
mod nodes;
mod outbox;
#[path = "../chat/pace.rs"]
mod pace;
#[path = "../chat/text.rs"]
mod text;
mod wire;

use std::env;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use async_nats::ServerAddr;
use kai_tcp_server::{Error, ErrorKind, Result, with};

use crate::chat::Chat;
use crate::hall::Hall;

fn main() -> Result {
    let wrong = |problem: String| Error::new(ErrorKind::Options, problem);
    let servers = variable("NATS_URL")?.unwrap_or_else(|| "nats://127.0.0.1:4222".to_owned());
    let servers: Vec<ServerAddr> = servers
        .split(',')
        .map(|url| url.parse().map_err(|why| wrong(format!("NATS_URL: {url:?}: {why}"))))
        .collect::<Result<_>>()?;
    // Random, as the seed of a hasher is.
    let node = variable("NODE_NAME")?.unwrap_or_else(|| format!("{:08x}", RandomState::new().hash_one(()) >> 32));
    text::check_name(&node).map_err(|why| wrong(format!("NODE_NAME: {why}")))?;
    let mut options = Chat::OPTIONS;
    if let Some(port) = env::args_os().nth(1) {
        let port = port.to_string_lossy();
        let parsed = port.parse();
        options = options.port(parsed.map_err(|_| wrong(format!("{port:?} is no port: 0 takes a free one")))?);
    }
    let hall = Arc::new(Hall::new(node));
    kai_tcp_server::run(with(Chat { hall, servers }, options))
}

/// Returns an environment variable that isn't empty.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(why) => Err(Error::new(ErrorKind::Options, format!("{name}: {why}"))),
    }
}
