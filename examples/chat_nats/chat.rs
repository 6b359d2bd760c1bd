//! The chat server: each connection is one member.

use std::sync::Arc;
use std::time::Duration;

use async_nats::ServerAddr;
use bytes::Bytes;
use kai_tcp_server::{Action, ChildSpec, CloseReason, Failure, Peer, Result, Socket, Supervisor, tcp_server};

use crate::bus;
use crate::hall::{Hall, LOBBY, Seat};
use crate::pace::Pace;
use crate::text::{clean, is_http};

/// The time that a member may listen without sending a line. A connection without a name has only
/// the `recv_timeout` of the options.
const IDLE: Duration = Duration::from_mins(30);

/// The longest time that a starting node waits for NATS before it opens its port. After that it
/// serves without.
const FIRST_CONTACT: Duration = Duration::from_secs(2);

pub(crate) struct Chat {
    pub(crate) hall: Arc<Hall>,
    /// The addresses of nats-server; without any, this node is alone.
    pub(crate) servers: Vec<ServerAddr>,
}

/// The state of a connection.
pub(crate) struct Member {
    peer: Peer<Bytes>,
    /// `None` until the member has chosen a free name.
    seat: Option<Seat>,
    pace: Pace,
}

/// One member alone on one node:
///
/// ```transcript
/// S: * Welcome! What is your name?
/// C: anna
/// S: * Hello anna, this is the lobby on a. /help helps
/// C: /join den
/// S: * You are in den
/// C: /who
/// S: * anna
/// C: /rooms
/// S: * den (1)
/// C: /nonsense
/// S: ! no such command: /help lists them
/// C: /quit
/// S: * Bye!
/// S! closed
/// ```
#[tcp_server(
    port = 10008,
    name = "Chat",
    env = "CHAT",
    packet = line(crlf | lf),
    packet_size = 512,
    max_processes = 1000,
    mailbox = 1024,
    recv_timeout = "1m",
    send_timeout = "10s",
    example = Chat { hall: Arc::new(Hall::new("a".to_owned())), servers: Vec::new() }
)]
impl Chat {
    /// Starts the bus as a child of this server, which ends with it. The port opens when NATS is
    /// there, so that a new node's first members are heard everywhere, or else a little later.
    async fn init(&mut self, supervisor: &Supervisor) -> Result {
        if self.servers.is_empty() {
            return Ok(());
        }
        let (hall, servers) = (Arc::clone(&self.hall), self.servers.clone());
        let reached = self.hall.outbox.await_others();
        supervisor.start_child(ChildSpec::trapping("bus", move |exit| {
            bus::run(Arc::clone(&hall), servers.clone(), exit)
        }))?;
        drop(tokio::time::timeout(FIRST_CONTACT, reached).await);
        Ok(())
    }

    async fn connected(&self, socket: &mut Socket, peer: Peer<Bytes>) -> Result<Member> {
        socket.send("* Welcome! What is your name?").await?;
        Ok(Member {
            peer,
            seat: None,
            pace: Pace::new(),
        })
    }

    async fn handle_call(&self, line: &str, socket: &mut Socket, member: &mut Member) -> Action {
        member.pace.keep().await;
        let line = line.trim();
        let Some(seat) = &mut member.seat else {
            return self.introduce(line, socket, member);
        };
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (command, rest.trim()) {
            ("", _) => noreply,
            ("/help", "") => reply("* /join ROOM, /leave, /rooms, /who, /quit; all else is said to the room"),
            ("/rooms", "") => reply(("* ", self.hall.rooms().join(", "))),
            ("/who", "") => reply(("* ", self.hall.who(&seat.room).join(", "))),
            ("/join", room) => self.go(room, seat, &member.peer),
            ("/leave", "") => self.go(LOBBY, seat, &member.peer),
            ("/quit", "") => close("* Bye!"),
            (command, _) if command.starts_with('/') => reply("! no such command: /help lists them"),
            _ => match self.hall.say(seat, &clean(line), &member.peer) {
                Ok(()) => noreply,
                Err(why) => reply(("! ", why)),
            },
        }
    }

    fn handle_info(&self, line: Bytes) -> Action {
        reply(line)
    }

    /// Reports failures in the words of the protocol.
    fn failed(&self, failure: &Failure) -> Action {
        match failure {
            Failure::NotUtf8 => reply("! that was no UTF-8: nobody heard it"),
            Failure::Timeout => close("! you were silent for too long: bye"),
            Failure::TooLong => close("! a line has at most 512 bytes: bye"),
            _ => close,
        }
    }

    fn stopping(&self) -> Action {
        close("* The server is closing: bye!")
    }

    /// Tells the room that the member left, however the connection ended.
    fn closed(&self, member: Member, reason: CloseReason) {
        let how = match reason {
            CloseReason::Peer | CloseReason::Handler => "left".to_owned(),
            reason => format!("was cut off: {reason}"),
        };
        self.hall.leave(&member.peer, &how);
    }

    fn introduce(&self, name: &str, socket: &mut Socket, member: &mut Member) -> Action {
        if is_http(name) {
            return close("! no web pages here: bye");
        }
        let seat = match self.hall.enter(name.to_lowercase(), &member.peer) {
            Ok(seat) => seat,
            Err(why) => return reply(("! ", why, ": what is your name?")),
        };
        socket.set_recv_timeout(IDLE);
        let greeting = reply(format_args!(
            "* Hello {}, this is the {LOBBY} on {}. /help helps",
            seat.name, self.hall.node
        ));
        member.seat = Some(seat);
        greeting
    }

    fn go<'a>(&self, room: &'a str, seat: &mut Seat, peer: &Peer<Bytes>) -> Action<'a> {
        match self.hall.go(room, seat, peer) {
            Err(why) => reply(("! ", why)),
            Ok(()) => reply(("* You are in ", room)),
        }
    }
}
