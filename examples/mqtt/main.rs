//! An MQTT 3.1.1 broker. A codec finds the packets, and each filter that clients subscribe to is a
//! group.
//!
//! ```text
//! cargo run --example mqtt                          # on port 1883; `-- 0` takes a free port
//! mosquitto_sub -V 311 -t 'house/#' -v              # in another terminal
//! mosquitto_pub -V 311 -t house/lamp -m on -q 1 -r
//! ```
//!
//! The environment changes its options: `KAI_MQTT_IP=0.0.0.0 KAI_MQTT_MAX_PER_IP=50` opens it to a
//! network, where no host takes all connections. Everybody is let in: user names and passwords are
//! read, and ignored.
//!
//! It delivers at most once, at least once and exactly once, retains messages, publishes wills and
//! cuts off silent clients. This is different from what other brokers do:
//!
//! - **A session ends with its connection.** A client that asks for a lasting one gets one as
//!   others do: CONNACK says each time that there was no session before.
//! - **A subscriber that reads too slowly** has a queue of 1,024 messages. If the queue is full, it
//!   doesn't get messages that are delivered at most once. If it must not miss one, or leaves
//!   16,384 messages unacknowledged, its connection is closed. So it is if it takes none of those
//!   that wait for 30 s, or one that it must not miss is 30 s old. A second argument changes these
//!   seconds.
//! - **A publisher that is faster than its subscribers** isn't read while 32 of its messages are on
//!   their way, so that one alone fills no queue of a subscriber that reads steadily; 33 at their
//!   fastest may. It goes on if none of them arrives for 2 s. It doesn't go on while they have 2
//!   MiB (`flow.rs`): a subscriber that takes a little now and then holds up publishers of large
//!   messages, up to 30 s for each, and their pings.
//! - **A client with several subscriptions** to a topic gets a message for each of them.
//! - **Bounds.** SUBACK refuses more than 100 subscriptions of a client, filters of more than 1,024
//!   bytes or 32 levels, and the 1,001st different filter with a wildcard at a quality of service,
//!   of all clients. CONNACK refuses ids of more than 256 bytes. What closes the connection: a
//!   packet of more than 256 KiB or 100 filters, a topic of more than 32 levels, and 1,025 messages
//!   that are delivered exactly once and not released. 4,096 messages or 16 MiB are retained;
//!   further ones are delivered only.
//! - While 64 MiB are on their way to subscribers, messages that are delivered at most once are
//!   dropped, and the publisher of another one is closed without an acknowledgement.
//! - Topics that begin with `$` are the broker's. What clients publish there is dropped.

mod codec;
mod flow;
mod hub;
mod packet;
mod retained;
mod session;
mod topic;
mod watch;

use std::ffi::OsStr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use kai_tcp_server::{
    Action, Active, CloseReason, Error, ErrorKind, INFINITY, Peer, ProtocolState, Result, Socket, run, tcp_server, with,
};

use crate::codec::{Answer, Mqtt, PACKET_MAX};
use crate::hub::{Event, Hub};
use crate::packet::{Connect, Id, Message, Packet, Qos};
use crate::session::{Awaited, SUBSCRIPTIONS_MAX, Session};
use crate::topic::has_many_levels;
use crate::watch::Watch;

/// The longest id of a client, and the longest filter.
const CLIENT_MAX: usize = 256;
const FILTER_MAX: usize = 1024;

/// The time for which a message may wait for its subscriber.
const LATE: Duration = Duration::from_secs(30);

/// Codes of CONNACK.
const WELCOME: u8 = 0;
const OTHER_VERSION: u8 = 1;
const BAD_CLIENT: u8 = 2;

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    /// The client hasn't said who it is.
    #[initial]
    #[state(recv_timeout = "10s")]
    Hello,
    Client,
}

struct Broker(Hub);

/// A client without an id subscribes to `a/+`, publishes to `a/b` and gets its message:
///
/// ```transcript
/// C. \x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00
/// S. \x20\x02\x00\x00
/// C. \x82\x08\x00\x01\x00\x03a/+\x01
/// S. \x90\x03\x00\x01\x01
/// C. \x32\x09\x00\x03a/b\x00\x07hi
/// S. \x40\x02\x00\x07\x32\x09\x00\x03a/b\x00\x01hi
/// C. \x40\x02\x00\x01\xc0\x00
/// S. \xd0\x00
/// C. \xe0\x00
/// S! closed
/// ```
///
/// A client that doesn't say CONNECT is cut off after 10 s, and one that is silent after one and a
/// half times its keep alive of 60 s:
///
/// ```transcript
/// (wait 10s)
/// S! closed
/// ```
///
/// ```transcript
/// C. \x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00
/// S. \x20\x02\x00\x00
/// (wait 89s)
/// C. \xc0\x00
/// S. \xd0\x00
/// (wait 90s)
/// S! closed
/// ```
///
/// With a keep alive of 0 a client may be silent for as long as it likes:
///
/// ```transcript
/// C. \x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00
/// S. \x20\x02\x00\x00
/// (wait 6m)
/// C. \xc0\x00
/// S. \xd0\x00
/// ```
// A packet that has begun must end in time, however long a client may be silent. A client that
// reads nothing is cut off soon, since publishers wait for it.
#[tcp_server(
    port = 1883,
    name = "MQTT",
    packet = Mqtt,
    packet_size = PACKET_MAX,
    state = Phase,
    max_processes = 1000,
    mailbox = 1024,
    frame_timeout = "1m",
    send_timeout = "10s",
    env = "KAI_MQTT",
    example = Broker(Hub::new(LATE)),
)]
impl Broker {
    fn connected(&self, peer: Peer<Event>) -> Session {
        Session::new(peer)
    }

    fn handle_call(&self, phase: Phase, packet: Packet, socket: &mut Socket, session: &mut Session) -> Action {
        match (phase, packet) {
            (Phase::Hello, Packet::Connect(connect)) => self.connect(connect, socket, session),
            (Phase::Hello, Packet::OtherVersion) => close(Answer::ConnAck(OTHER_VERSION)),
            (Phase::Hello, _) | (Phase::Client, Packet::Connect(_) | Packet::OtherVersion) => close,

            (Phase::Client, Packet::Publish { message, id }) => self.publish(message, id, socket, session),
            (Phase::Client, Packet::PubRel(id)) => {
                session.received.release(id);
                reply(Answer::PubComp(id))
            }
            (Phase::Client, Packet::PubAck(id)) => {
                session.sent.done(id, Awaited::Ack);
                noreply
            }
            (Phase::Client, Packet::PubRec(id)) => {
                session.sent.received(id);
                reply(Answer::PubRel(id))
            }
            (Phase::Client, Packet::PubComp(id)) => {
                session.sent.done(id, Awaited::Comp);
                noreply
            }
            (Phase::Client, Packet::Subscribe { id, filters }) => self.subscribe(id, filters, session),
            (Phase::Client, Packet::Unsubscribe { id, filters }) => {
                for filter in filters {
                    session.subscriptions.remove(&filter);
                    session.wanted.end(&filter);
                }
                reply(Answer::UnsubAck(id))
            }
            (Phase::Client, Packet::Ping) => reply(Answer::Pong),
            (Phase::Client, Packet::Disconnect) => {
                session.will = None;
                close
            }
        }
    }

    fn handle_info(&self, event: Event, socket: &mut Socket, session: &mut Session) -> Action {
        if session.pace.goes_on() {
            socket.set_active(Active::True);
        }
        if let Some(watch) = &session.watch {
            watch.takes();
        }
        let next = match event {
            Event::Deliver { message, granted, way } => {
                if way.age() <= self.0.late {
                    Some((message, granted, false))
                } else if granted.min(message.qos) == Qos::Zero {
                    None
                } else {
                    return close;
                }
            }
            Event::Retained => {
                let search = |filter: &str, behind: &str| self.0.next_retained(filter, behind);
                session
                    .wanted
                    .next(search)
                    .map(|(message, granted)| (message, granted, true))
            }
            Event::GoOn => None,
        };
        session.wanted.ask(&session.peer);
        let Some((message, granted, retain)) = next else {
            return noreply;
        };
        let qos = granted.min(message.qos);
        match session.sent.next(qos) {
            Some(id) => reply(Answer::Publish {
                message,
                qos,
                id,
                retain,
            }),
            None => close,
        }
    }

    /// Publishes the will of a client that didn't say DISCONNECT.
    fn closed(&self, session: Session, _: CloseReason) {
        self.0.leave(&session.client, &session.peer);
        if let Some(will) = session.will {
            // If too much is on its way already, this is lost as well.
            let _ = self.0.publish(will, None);
        }
    }

    fn connect(&self, connect: Connect, socket: &mut Socket, session: &mut Session) -> Action {
        // A client without an id can't come back to its session.
        if connect.client.len() > CLIENT_MAX || connect.client.is_empty() && !connect.is_clean {
            return close(Answer::ConnAck(BAD_CLIENT));
        }
        if !connect.client.is_empty() {
            self.0.enter(&connect.client, &session.peer);
        }
        session.client = connect.client;
        session.will = connect.will;
        // The state first: it brings a time limit of its own.
        socket.set_state(Phase::Client);
        socket.set_recv_timeout(match connect.keep_alive {
            0 => INFINITY,
            seconds => Duration::from_millis(u64::from(seconds) * 1500),
        });
        reply(Answer::ConnAck(WELCOME))
    }

    fn publish(&self, message: Message, id: Id, socket: &mut Socket, session: &mut Session) -> Action {
        let qos = message.qos;
        let is_new = match qos {
            Qos::Two => session.received.is_new(id),
            _ => Some(true),
        };
        let Some(is_new) = is_new else {
            return close;
        };
        if is_new && self.0.publish(message, Some(session.pace.flow())).is_err() && qos > Qos::Zero {
            // Without an acknowledgement the client knows that it must send the message again.
            return close;
        }
        if session.pace.hold() {
            socket.set_active(Active::False);
        }
        match qos {
            Qos::Zero => noreply,
            Qos::One => reply(Answer::PubAck(id)),
            Qos::Two => reply(Answer::PubRec(id)),
        }
    }

    /// Subscribes. What is retained follows SUBACK.
    fn subscribe(&self, id: Id, filters: Vec<(String, Qos)>, session: &mut Session) -> Action {
        let mut granted = Vec::new();
        for (filter, qos) in filters {
            let has_joined = self.join(&filter, qos, session);
            granted.push(has_joined.then_some(qos));
            if has_joined {
                session.wanted.begin(filter, qos);
            }
        }
        session.wanted.ask(&session.peer);
        reply(Answer::SubAck { id, granted })
    }

    /// Makes a client a member of a filter's group, in the place of an earlier subscription to the
    /// filter. Returns `false` if there are too many, or the filter is too long or too deep.
    fn join(&self, filter: &str, granted: Qos, session: &mut Session) -> bool {
        if filter.len() > FILTER_MAX || has_many_levels(filter) {
            return false;
        }
        match session.subscriptions.get(filter) {
            Some((earlier, _)) if *earlier == granted => return true,
            None if session.subscriptions.len() >= SUBSCRIPTIONS_MAX => return false,
            _ => {}
        }
        match self.0.subscribe(filter, granted, &session.peer) {
            Ok(membership) => {
                let watch = || Watch::over(session.peer.clone(), self.0.late);
                session.watch.get_or_insert_with(watch);
                session.subscriptions.insert(filter.to_owned(), (granted, membership));
                true
            }
            Err(_) => false,
        }
    }
}

fn main() -> Result {
    let mut options = Broker::OPTIONS;
    let mut late = LATE;
    let mut arguments = std::env::args_os().skip(1);
    if let Some(port) = arguments.next() {
        options = options.port(number(&port, "no port: 0 takes a free one")?);
    }
    if let Some(seconds) = arguments.next() {
        let seconds: NonZeroU32 = number(&seconds, "no number of seconds")?;
        late = Duration::from_secs(seconds.get().into());
    }
    run(with(Broker(Hub::new(late)), options))
}

fn number<N: FromStr>(argument: &OsStr, why: &str) -> Result<N> {
    let argument = argument.to_string_lossy();
    let wrong = |_| Error::new(ErrorKind::Options, format!("{argument:?} is {why}"));
    argument.parse().map_err(wrong)
}
