//! The parts that a connection takes along to another process, beside its socket and its session.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Io;
use super::deadline::Deadline;
use super::link::{Counts, Link};
use crate::options::Options;
use crate::options::active::Intake;
use crate::options::settings::Settings;
use crate::packet::Packet;
use crate::table::state::ListedState;
use crate::transport::addr::{PeerAddr, UnixPeer};
#[cfg(feature = "proxy")]
use crate::transport::proxy::carried::CarriedProxy;
use crate::transport::{self, AnyTransport};

/// A connection between two calls. What it has of its options is what a callback has set; of the
/// others those of the new process hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    peer: CarriedPeer,
    /// The words of a proxy about it, and the proxy's address.
    #[cfg(feature = "proxy")]
    #[serde(default)]
    proxy: Option<(CarriedProxy, CarriedPeer)>,
    /// The time at which it was accepted, in microseconds since 1970.
    since: u64,
    calls: u64,
    received: u64,
    sent: u64,
    /// The name of the protocol's state; `None` if the protocol has none.
    state: Option<String>,
    /// The packet mode of the moment, as the attribute spells it.
    packet: String,
    /// True if the next line is one of an HTTP message's headers.
    in_headers: bool,
    intake: CarriedIntake,
    limits: CarriedLimits,
    /// The time that the next frame may still take.
    recv_left: Option<Duration>,
    /// The time that the rest of the frame may still take that has begun.
    frame_left: Option<Duration>,
    /// The time that the connection may still live.
    life_left: Option<Duration>,
    /// The bytes that were read and not handled. They go beside the rest.
    #[serde(skip)]
    pub(crate) unread: Vec<u8>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum CarriedPeer {
    Ip(SocketAddr),
    Proxy(SocketAddr),
    Unix { uid: u32, gid: u32, pid: Option<i32> },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum CarriedIntake {
    All,
    Once,
    Count(u32),
    None,
}

impl CarriedPeer {
    /// Returns `None` for a peer that no other process can serve.
    fn of(peer: &PeerAddr) -> Option<Self> {
        Some(match peer {
            PeerAddr::Ip(addr) => CarriedPeer::Ip(*addr),
            PeerAddr::Proxy(addr) => CarriedPeer::Proxy(**addr),
            PeerAddr::Unix(peer) => CarriedPeer::Unix {
                uid: peer.uid(),
                gid: peer.gid(),
                pid: peer.pid(),
            },
            PeerAddr::Memory | PeerAddr::Other(_) => return None,
        })
    }

    fn addr(&self) -> PeerAddr {
        match *self {
            CarriedPeer::Ip(addr) => PeerAddr::Ip(addr),
            CarriedPeer::Proxy(addr) => PeerAddr::Proxy(Box::new(addr)),
            CarriedPeer::Unix { uid, gid, pid } => PeerAddr::Unix(UnixPeer::new(uid, gid, pid)),
        }
    }
}

/// The limits that a callback has set; `Duration::MAX` is no limit.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct CarriedLimits {
    recv: Option<Duration>,
    /// Until the state of the protocol changes.
    recv_in_state: Option<Duration>,
    send: Option<Duration>,
    frame: Option<Duration>,
    call: Option<Duration>,
}

impl Carried {
    /// Returns what a connection takes along that goes by `options`, apart from what its callbacks
    /// have set, and whose deadline for the next frame is `recv`. Returns `None` if its peer is one
    /// that no other process can serve.
    pub(crate) fn of(
        io: &Io,
        link: &Link,
        states: &[ListedState],
        options: &Options,
        recv: &Deadline,
    ) -> Option<Carried> {
        let peer = CarriedPeer::of(&link.peer_addr())?;
        #[cfg(feature = "proxy")]
        let proxy = match io.stream.proxy() {
            Some(info) => Some((CarriedProxy::of(info), CarriedPeer::of(info.proxy_addr())?)),
            None => None,
        };
        let Counts { calls, received, sent } = link.counts();
        let Settings {
            recv_timeout,
            own_recv_timeout,
            send_timeout,
            ..
        } = *io.settings();
        let timeouts = io.stream.timeouts();
        let set = |of_the_moment: Duration, of_all: Duration| (of_the_moment != of_all).then_some(of_the_moment);
        Some(Carried {
            peer,
            #[cfg(feature = "proxy")]
            proxy,
            since: link.since_micros(),
            calls,
            received,
            sent,
            state: states.get(link.state()).map(|state| state.name.to_owned()),
            packet: io.packet().to_string(),
            in_headers: io.reader.is_in_headers(),
            intake: match io.intake {
                Intake::All => CarriedIntake::All,
                Intake::Once => CarriedIntake::Once,
                Intake::Count(frames) => CarriedIntake::Count(frames),
                Intake::None => CarriedIntake::None,
            },
            limits: CarriedLimits {
                recv: set(recv_timeout, options.recv_timeout),
                recv_in_state: own_recv_timeout,
                send: set(send_timeout, options.send_timeout),
                frame: timeouts.and_then(|timeouts| set(timeouts.frame_timeout(), options.frame_timeout)),
                call: timeouts.and_then(|timeouts| set(timeouts.call_timeout, options.call_timeout)),
            },
            recv_left: left(recv.at()),
            frame_left: timeouts.and_then(|timeouts| left(timeouts.frame())),
            life_left: timeouts.and_then(|timeouts| left(timeouts.life())),
            unread: io.reader.unread().to_vec(),
        })
    }

    /// Returns a copy that lacks what was read and not handled, which goes beside it.
    pub(crate) fn clone_without_unread(&self) -> Carried {
        Carried {
            peer: self.peer.clone(),
            #[cfg(feature = "proxy")]
            proxy: self.proxy.clone(),
            state: self.state.clone(),
            packet: self.packet.clone(),
            unread: Vec::new(),
            ..*self
        }
    }

    /// Returns the address of the peer.
    pub(crate) fn peer_addr(&self) -> PeerAddr {
        self.peer.addr()
    }

    /// Returns the connection of the socket that came along, on the runtime of the caller.
    ///
    /// # Errors
    ///
    /// Says what it is instead.
    #[cfg_attr(
        not(feature = "proxy"),
        expect(clippy::unused_self, reason = "a header is of this one")
    )]
    pub(crate) fn transport(&self, socket: OwnedFd) -> Result<AnyTransport, &'static str> {
        let transport = transport::of_socket(socket)?;
        #[cfg(feature = "proxy")]
        if let Some((proxy, proxy_addr)) = &self.proxy {
            return transport::of_proxied(transport, proxy, proxy_addr.addr());
        }
        Ok(transport)
    }

    /// Returns the packet mode, if this program knows it.
    pub(crate) fn packet(&self) -> Option<Packet> {
        Packet::parse(&self.packet)
    }

    /// Returns the place of the state among `states`, if it is one of them.
    pub(crate) fn state(&self, states: &[ListedState]) -> Option<u8> {
        let place = match &self.state {
            None => states.is_empty().then_some(0),
            Some(name) => states.iter().position(|state| state.name == name),
        };
        place.and_then(|place| u8::try_from(place).ok())
    }

    /// Returns the link of the connection, as it goes on at `shard` in `state`.
    pub(crate) fn link(&self, shard: u16, state: u8) -> Link {
        let counts = Counts {
            calls: self.calls,
            received: self.received,
            sent: self.sent,
        };
        Link::carried(self.peer_addr(), shard, self.since, counts, state)
    }

    /// Returns the deadline of the next frame.
    pub(crate) fn deadline(&self) -> Deadline {
        let mut deadline = Deadline::default();
        if let Some(left) = self.recv_left {
            deadline.begin(left);
        }
        deadline
    }

    /// Gives the I/O of a connection that begins what this one had.
    pub(crate) fn resume(self, io: &mut Io) {
        if let Some(packet) = self.packet() {
            io.set_packet(packet);
        }
        if self.in_headers {
            io.reader.position().go_on_in_headers();
        }
        io.intake = match self.intake {
            CarriedIntake::All => Intake::All,
            CarriedIntake::Once => Intake::Once,
            CarriedIntake::Count(frames) => Intake::Count(frames),
            CarriedIntake::None => Intake::None,
        };
        let CarriedLimits {
            recv,
            recv_in_state,
            send,
            frame,
            call,
        } = self.limits;
        if let Some(recv) = recv {
            io.stream.settings_mut().recv_timeout = recv;
        }
        if recv_in_state.is_some() {
            io.stream.settings_mut().own_recv_timeout = recv_in_state;
        }
        if let Some(send) = send {
            io.stream.set_send_timeout(send);
        }
        if let Some(frame) = frame {
            io.stream.set_frame_timeout(frame);
        }
        if let Some(call) = call {
            io.stream.set_call_timeout(call);
        }
        io.stream.carry_on(self.frame_left, self.life_left);
        io.reader.put(&self.unread);
    }
}

/// Returns how long it is until then; a time that is over is none.
fn left(at: Option<Instant>) -> Option<Duration> {
    at.map(|at| at.saturating_duration_since(Instant::now()))
}
