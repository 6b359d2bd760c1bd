//! A SOCKS5 proxy. It connects its clients to servers that they can't reach themselves, or that
//! they should reach by one way only.
//!
//! ```text
//! cargo run --example socks5                       # on port 1080; `-- 0` takes a free port
//! curl --socks5-hostname 127.0.0.1:1080 https://www.rust-lang.org/
//! cargo run --example socks5 -- 1080 10.0.0.0/8 ::1          # the networks that are reachable
//! PROXY_USER=anna:sesame cargo run --example socks5
//! curl --socks5-hostname 127.0.0.1:1080 --proxy-user anna:sesame https://www.rust-lang.org/
//! ```
//!
//! The protocol is RFC 1928 with the command CONNECT, without a login or with that of RFC 1929.
//! BIND, UDP ASSOCIATE and the login by GSSAPI are refused. The server logs a line for each
//! connection.
//!
//! A client of a proxy stands where the proxy stands, so there are two rules. Clients come from
//! this machine, unless the environment says otherwise (`SOCKS5_IP=0.0.0.0
//! SOCKS5_ALLOW=192.168.0.0/16 SOCKS5_MAX_PER_IP=20`); a password goes over the network in plain.
//! And they reach public addresses, unless an argument names a network: not the services of this
//! machine, also if it has a public address, and not its neighbours with private addresses, or in
//! its /64 of IPv6. The rule holds for the addresses of a name, too.
//!
//! No address tells all that is near. Clients still reach neighbours with public addresses of IPv4,
//! other networks of the same site, the router by its public address, the machine around a
//! container by its own, and what the site's own NAT64 prefix stands for. If you have such, name
//! the networks, or forbid the rest in a firewall.

mod answer;
mod dial;
mod login;
mod lookups;
mod reach;
mod relay;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{
    Action, Cidr, CloseReason, Error, ErrorKind, PeerAddr, ProtocolState, Result, Socket, bits, run, tcp_server, with,
};
use tokio::time::{Instant, sleep};

use crate::answer::{Code, IPV4, IPV6, NAME, NOWHERE, answer};
use crate::dial::{Dialer, Target};
use crate::login::Login;
use crate::reach::Reach;
use crate::relay::{Traffic, Upstream, relay};

// The methods of authentication, with the answer if none suits.
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;

/// The one command that this server knows.
const CONNECT: u8 = 1;

/// The delay of the answer to a wrong password, so that guessing on a connection takes long. (All
/// `max_processes` together still guess hundreds of passwords a second.)
const GUESS: Duration = Duration::from_secs(1);

/// The next part of the conversation, each with the length of its beginning.
#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    /// The version, and the number of methods that follow.
    #[initial]
    #[state(packet = raw(2))]
    Greeting,
    /// The version of the login, and the length of the user's name.
    #[state(packet = raw(2))]
    Login,
    /// The version, the command, a reserved byte and the type of the address.
    #[state(packet = raw(4))]
    Request,
    /// An address and a port.
    #[state(packet = raw(6))]
    Ipv4,
    /// An address and a port.
    #[state(packet = raw(18))]
    Ipv6,
    /// The length of a name.
    #[state(packet = raw(1))]
    Name,
}

/// The data of a connection, for its line in the log.
struct Session {
    peer: PeerAddr,
    begin: Instant,
    target: Option<Target>,
    outcome: Cow<'static, str>,
    traffic: Arc<Traffic>,
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.peer)?;
        if let Some(target) = &self.target {
            write!(f, " to {target}")?;
        }
        let seconds = self.begin.elapsed().as_secs_f32();
        write!(f, ": {}; {} in {seconds:.1} s", self.outcome, self.traffic)
    }
}

struct Socks {
    login: Option<Login>,
    dialer: Dialer,
}

/// A login, and a request for an address that is not public:
///
/// ```transcript
/// C. \x05\x02\0\x02
/// S. \x05\x02
/// C. \x01\x04anna\x06sesame
/// S. \x01\0
/// C. \x05\x01\0\x01\xa9\xfe\xa9\xfe\0\x50
/// S. \x05\x02\0\x01\0\0\0\0\0\0
/// S! closed
/// ```
///
/// A wrong password, which is answered late:
///
/// ```transcript
/// C. \x05\x01\x02
/// S. \x05\x02
/// C. \x01\x04anna\x05hello
/// S! nothing
/// (wait 1s)
/// S. \x01\x01
/// S! closed
/// ```
///
/// A client that has no login to offer, and one that is too slow:
///
/// ```transcript
/// C. \x05\x01\0
/// S. \x05\xff
/// S! closed
/// ```
///
/// ```transcript
/// C. \x05\x02\x02
/// (wait 10s)
/// S! closed
/// ```
// A connection that is passed on has two descriptors; 1024 are usual. `recv_timeout` is for each
// part of the conversation; `dial` and `relay` have limits of their own.
#[tcp_server(
    port = 1080,
    allow = ["127.0.0.0/8", "::1"],
    max_processes = 400,
    recv_timeout = "10s",
    state = Phase,
    env = "SOCKS5",
    example = Socks::new(Login::parse("anna:sesame"), Vec::new()),
)]
impl Socks {
    fn connected(&self, socket: &mut Socket) -> Session {
        Session {
            peer: socket.peer_addr(),
            begin: Instant::now(),
            target: None,
            outcome: "no request".into(),
            traffic: Arc::default(),
        }
    }

    async fn handle_call(
        &self,
        phase: Phase,
        part: &[u8],
        socket: &mut Socket,
        session: &mut Session,
    ) -> Result<Action> {
        Ok(match (phase, part) {
            /// Chooses one of the methods that the client offers.
            #[name = "greeting"]
            (Phase::Greeting, bits!(5u8, count: u8)) => {
                let methods = socket.recv_exact(count.into()).await?;
                match &self.login {
                    None if methods.contains(&NO_LOGIN) => reply(bits!(5u8, NO_LOGIN: u8)).next(Phase::Request),
                    Some(_) if methods.contains(&PASSWORD) => reply(bits!(5u8, PASSWORD: u8)).next(Phase::Login),
                    _ => {
                        session.outcome = "no method of authentication suits".into();
                        close(bits!(5u8, NO_METHOD: u8))
                    }
                }
            }

            /// Checks a name and a password.
            #[name = "login"]
            (Phase::Login, bits!(1u8, length: u8)) => {
                let name = socket.recv_exact(length.into()).await?;
                let length = socket.recv_exact(1).await?[0];
                let password = socket.recv_exact(length.into()).await?;
                if self.login.as_ref().is_some_and(|login| login.is(&name, &password)) {
                    reply(bits!(1u8, 0u8)).next(Phase::Request)
                } else {
                    session.outcome = "wrong name or password".into();
                    sleep(GUESS).await;
                    close(bits!(1u8, 1u8))
                }
            }

            #[name = "connect-ipv4"]
            (Phase::Request, bits!(5u8, CONNECT: u8, _: u8, IPV4: u8)) => noreply.next(Phase::Ipv4),
            #[name = "connect-ipv6"]
            (Phase::Request, bits!(5u8, CONNECT: u8, _: u8, IPV6: u8)) => noreply.next(Phase::Ipv6),
            #[name = "connect-name"]
            (Phase::Request, bits!(5u8, CONNECT: u8, _: u8, NAME: u8)) => noreply.next(Phase::Name),
            /// Refuses a type of address.
            #[name = "connect-other"]
            (Phase::Request, bits!(5u8, CONNECT: u8, _: u8, _: u8)) => {
                Socks::refuse(Code::AddressTypeNotSupported, session)
            }
            /// Refuses BIND, UDP ASSOCIATE and others.
            #[name = "other-command"]
            (Phase::Request, bits!(5u8, _: u8, _: u8, _: u8)) => Socks::refuse(Code::CommandNotSupported, session),

            #[name = "ipv4"]
            (Phase::Ipv4, bits!(ip: u32, port: u16)) => {
                self.connect(Target::ip(Ipv4Addr::from(ip), port), socket, session)
                    .await
            }
            #[name = "ipv6"]
            (Phase::Ipv6, bits!(ip: u128, port: u16)) => {
                self.connect(Target::ip(Ipv6Addr::from(ip), port), socket, session)
                    .await
            }
            #[name = "name"]
            (Phase::Name, bits!(length: u8)) => {
                let bytes = socket.recv_exact(usize::from(length) + 2).await?;
                match Target::name(&bytes) {
                    Some(target) => self.connect(target, socket, session).await,
                    None => Socks::refuse(Code::HostUnreachable, session),
                }
            }

            // No SOCKS, or SOCKS4.
            _ => close,
        })
    }

    /// Connects to a target, and passes bytes on until both sides have ended.
    async fn connect(&self, target: Target, socket: &mut Socket, session: &mut Session) -> Action {
        session.outcome = "connecting".into();
        // A client that resets the connection meanwhile cuts this call. One that has ended its side
        // may still wait for an answer.
        let stopping = socket.stopping();
        let client = session.peer.ip();
        let dialed = tokio::select! {
            dialed = self.dialer.dial(client, session.target.insert(target)) => dialed,
            () = stopping => Err(Code::GeneralFailure),
        };
        let stream = match dialed {
            Ok(stream) => stream,
            Err(code) => return Socks::refuse(code, session),
        };
        let answer = answer(Code::Succeeded, stream.local_addr().unwrap_or(NOWHERE));
        let upstream = Upstream::new(stream, Arc::clone(&session.traffic));
        session.outcome = "connected".into();
        if socket.send(answer).await.is_ok() {
            session.outcome = relay(socket, upstream).await.to_string().into();
        }
        close
    }

    fn refuse(code: Code, session: &mut Session) -> Action<'static> {
        session.outcome = code.to_string().into();
        close(answer(code, NOWHERE))
    }

    fn closed(&self, session: Session, reason: CloseReason) {
        match reason {
            CloseReason::Handler => tracing::info!("{session}"),
            reason => tracing::info!("{session}; {reason}"),
        }
    }
}

impl Socks {
    fn new(login: Option<Login>, networks: Vec<Cidr>) -> Self {
        Socks {
            login,
            dialer: Dialer::new(Reach::new(networks)),
        }
    }
}

fn wrong(why: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::Options,
        format!("{why}; usage: [PROXY_USER=name:password] socks5 [port] [network]…"),
    )
}

fn main() -> Result {
    let mut arguments = std::env::args_os().skip(1);
    let mut options = Socks::OPTIONS;
    if let Some(port) = arguments.next() {
        let port = port.to_string_lossy();
        let port = port
            .parse()
            .map_err(|_| wrong(format_args!("{port:?} is no port: 0 takes a free one")))?;
        options = options.port(port);
    }
    let networks = arguments
        .map(|network| network.to_string_lossy().parse::<Cidr>().map_err(wrong))
        .collect::<Result<_>>()?;
    let login = match std::env::var_os("PROXY_USER") {
        // (The password isn't repeated.)
        Some(login) => Some(
            login
                .to_str()
                .and_then(Login::parse)
                .ok_or_else(|| wrong("PROXY_USER is no name:password"))?,
        ),
        None => None,
    };
    run(with(Socks::new(login, networks), options))
}
