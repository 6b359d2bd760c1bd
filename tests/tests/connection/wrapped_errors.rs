//! The socket's state decides the reason for which a connection ends, whatever a handler turns the
//! error into.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use kai_tcp_server::{Action, BoxError, CloseReason, Failure, Packet, Server, Socket, start, tcp_server};
use kai_tcp_server_tests::{Client, next};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::codec::LinesCodec;

/// An error that hides its cause, as boxed errors of other crates do.
#[derive(Debug)]
struct Opaque(String);

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Opaque {}

fn opaque(error: impl StdError) -> Opaque {
    Opaque(error.to_string())
}

/// An error enum as users write it.
#[derive(Debug)]
enum Problem {
    Socket(kai_tcp_server::Error),
    Disconnected,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Problem::Socket(_) => "the socket failed",
            Problem::Disconnected => "nobody is there",
        })
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Problem::Socket(error) => Some(error),
            Problem::Disconnected => None,
        }
    }
}

struct Wraps(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(lf), packet_size = 64, recv_timeout = "1s")]
impl Wraps {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action, BoxError> {
        let mut bytes = [0; 10];
        match data {
            "opaque" => drop(socket.recv_exact(10).await.map_err(opaque)?),
            "enum" => drop(socket.recv_exact(10).await.map_err(Problem::Socket)?),
            "text" => drop(socket.recv_exact(10).await.map_err(|error| error.to_string())?),
            "read_exact" => {
                socket.read_exact(&mut bytes).await?;
            }
            "opaque read_exact" => {
                socket.read_exact(&mut bytes).await.map_err(opaque)?;
            }
            "read" => {
                if socket.read(&mut bytes).await? == 0 {
                    return Err(Problem::Disconnected.into());
                }
            }
            "cleans up" => {
                let received = socket.recv_exact(10).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
                drop(received.map_err(opaque)?);
            }
            "frame" => drop(socket.recv().await.map_err(opaque)?),
            "malformed" => {
                socket.set_packet(Packet::Tpkt);
                drop(socket.recv().await.map_err(opaque)?);
            }
            "item" => drop(socket.recv_item::<LinesCodec>().await.map_err(opaque)?),
            // The error after this has nothing to do with the peer.
            "all received" => {
                while socket.recv().await?.is_some() {}
                return Err("the handler's own".into());
            }
            "all read" => {
                tokio::io::copy(socket, &mut tokio::io::sink()).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
                return Err("the handler's own".into());
            }
            "goes on" => {
                let _ = socket.recv_exact(10).await.unwrap_err();
                socket.set_recv_timeout(Duration::from_secs(20));
                socket.recv_exact(4).await?;
                return Err("the handler's own".into());
            }
            "own" => return Err(kai_tcp_server::Error::new(kai_tcp_server::ErrorKind::Malformed, "upstream's").into()),
            _ => {}
        }
        Ok(reply("done"))
    }

    fn failed(&self, failure: &Failure) -> Action {
        let name = match failure {
            Failure::Call(_) => "failed: Call",
            Failure::Timeout => "failed: Timeout",
            Failure::TooLong => "failed: TooLong",
            Failure::Malformed => "failed: Malformed",
            _ => "failed",
        };
        let _ = self.0.send(name.to_owned());
        close
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(format!("{reason:?}"));
    }
}

/// The actions of peers.
#[derive(Clone, Copy)]
enum Peer {
    Leaves,
    Resets,
    IsSilent,
    Sends(&'static str),
    SendsAndLeaves(&'static str),
}

async fn wraps() -> (Server, UnboundedReceiver<String>) {
    let (events, told) = unbounded_channel();
    (start(Wraps(events)).await.unwrap(), told)
}

async fn ends(line: &str, peer: Peer, events: &[&str]) {
    let (server, mut told) = wraps().await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\n", "done\n").await;
    client.send([line, "\n"].concat()).await;
    match peer {
        Peer::Leaves => client.half_close().await,
        Peer::SendsAndLeaves(more) => {
            client.send(more).await;
            client.half_close().await;
        }
        Peer::Sends(more) => client.send(more).await,
        Peer::Resets => {
            client.reset();
            client = Client::connect(server.local_addr()).await;
        }
        Peer::IsSilent => {}
    }
    for event in events {
        assert_eq!(next(&mut told).await.as_deref(), Some(*event), "{line}");
    }
    drop(client);
}

#[tokio::test]
async fn a_peer_that_leaves_is_no_failure_of_the_call() {
    for line in [
        "opaque",
        "enum",
        "text",
        "read_exact",
        "opaque read_exact",
        "read",
        "cleans up",
    ] {
        ends(line, Peer::Leaves, &["Peer"]).await;
        ends(line, Peer::Resets, &["Reset"]).await;
        if line != "read" {
            ends(line, Peer::SendsAndLeaves("half"), &["Peer"]).await;
        }
    }
}

#[tokio::test]
async fn one_that_is_silent_is_one_that_timed_out() {
    for line in [
        "opaque",
        "enum",
        "text",
        "read_exact",
        "opaque read_exact",
        "read",
        "cleans up",
        "frame",
        "item",
    ] {
        ends(line, Peer::IsSilent, &["failed: Timeout", "Timeout"]).await;
    }
}

#[tokio::test]
async fn what_is_no_frame_is_told_as_what_it_is() {
    const LONG: &str =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    for line in ["frame", "item"] {
        ends(line, Peer::Sends(LONG), &["failed: TooLong", "TooLong"]).await;
    }
    ends("malformed", Peer::Sends("GET /"), &["failed: Malformed", "Malformed"]).await;
}

#[tokio::test]
async fn a_handler_that_fails_for_something_else_has_failed() {
    for line in ["all received", "all read"] {
        ends(line, Peer::SendsAndLeaves("a\nb\n"), &["failed: Call", "Call"]).await;
    }
    let (server, mut told) = wraps().await;
    let mut client = Client::connect(server.local_addr()).await;
    client.send("goes on\n").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    client.send("more").await;
    assert_eq!(next(&mut told).await.as_deref(), Some("failed: Call"));
    // An error like ours that doesn't come from the socket.
    ends("own", Peer::IsSilent, &["failed: Call", "Call"]).await;
}
