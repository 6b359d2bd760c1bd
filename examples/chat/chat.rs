//! The chat server: each connection is one member.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kai_tcp_server::{Action, CloseReason, Failure, Peer, Result, Socket, tcp_server};

use crate::hall::{Hall, LOBBY, Seat};
use crate::pace::Pace;
use crate::text::{clean, is_http};

/// The time that a member may listen without sending a line. A connection without a name has only
/// the `recv_timeout` of the options.
const IDLE: Duration = Duration::from_mins(30);

pub(crate) struct Chat(pub(crate) Arc<Hall>);

/// The state of a connection.
pub(crate) struct Member {
    peer: Peer<Bytes>,
    /// `None` until the member has chosen a free name.
    seat: Option<Seat>,
    pace: Pace,
}

/// One member alone:
///
/// ```transcript
/// S: * Welcome! What is your name?
/// C: anna
/// S: {_..}
/// C: /who
/// S: * anna
/// C: /nonsense
/// S: ! no such command: /help lists them
/// C: /quit
/// S: * Bye!
/// S! closed
/// ```
#[tcp_server(
    port = 10002,
    name = "Chat",
    packet = line(crlf | lf),
    packet_size = 512,
    max_processes = 1000,
    mailbox = 1024,
    recv_timeout = "1m",
    send_timeout = "10s",
    example = Chat(Arc::default())
)]
impl Chat {
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
            ("/help", "") => {
                reply("* /join ROOM, /leave, /rooms, /who, /msg NAME TEXT, /quit; all else is said to the room")
            }
            ("/rooms", "") => reply(("* ", self.0.rooms().join(", "))),
            ("/who", "") => reply(("* ", self.0.who(Some(&seat.room)).join(", "))),
            ("/join", room) => self.go(room, seat, &member.peer),
            ("/leave", "") => self.go(LOBBY, seat, &member.peer),
            ("/msg", to) => match to.split_once(' ') {
                Some((name, text)) => match self.0.whisper(seat, name, text) {
                    Ok(()) => noreply,
                    Err(why) => reply(("! ", why)),
                },
                None => reply("! /msg NAME TEXT"),
            },
            ("/quit", "") => close("* Bye!"),
            (command, _) if command.starts_with('/') => reply("! no such command: /help lists them"),
            _ => {
                let line = format!("<{}> {}", seat.name, clean(line));
                self.0.say(&seat.room, line, &member.peer);
                noreply
            }
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
        self.0.leave(&member.peer, &how);
    }

    fn introduce(&self, name: &str, socket: &mut Socket, member: &mut Member) -> Action {
        if is_http(name) {
            return close("! no web pages here: bye");
        }
        let seat = match self.0.enter(name.to_lowercase(), &member.peer) {
            Ok(seat) => seat,
            Err(why) => return reply(("! ", why, ": what is your name?")),
        };
        let greeting = reply(format_args!("* Hello {}, this is the {LOBBY}. /help helps", seat.name));
        socket.set_recv_timeout(IDLE);
        member.seat = Some(seat);
        greeting
    }

    fn go<'a>(&self, room: &'a str, seat: &mut Seat, peer: &Peer<Bytes>) -> Action<'a> {
        match self.0.go(room, seat, peer) {
            Err(why) => reply(("! ", why)),
            Ok(()) => reply(("* You are in ", room)),
        }
    }
}
