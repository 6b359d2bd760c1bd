//! The options of a server: one record, a const builder with a method per option.

pub(crate) mod active;
pub(crate) mod check;
pub(crate) mod cidr;
pub(crate) mod environment;
mod lasting;
pub(crate) mod listing;
mod origin;
pub(crate) mod overload;
pub(crate) mod reload;
#[cfg(feature = "serde")]
mod serde;
pub(crate) mod settings;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use kai_tcp_server_spec::option::{Id, PACKET_SIZE};

use crate::error::{Error, ErrorKind, Result};
use crate::options::active::Active;
use crate::options::cidr::Cidr;
use crate::options::origin::{Origin, Origins};
use crate::options::overload::Overload;
use crate::options::table::TABLE;
use crate::packet::Packet;

/// No limit of time, for every option that is one (`infinity` in the attribute).
pub const INFINITY: Duration = Duration::MAX;

/// Without waiting, as a `shutdown` (`brutal_kill` in the attribute, as OTP calls it).
pub const BRUTAL_KILL: Duration = Duration::ZERO;

/// The options of a server: kai's `tcp_server_option` with gen_tcp's listen options.
///
/// The attribute makes one as the constant `OPTIONS` of the server; [`with`](crate::with) starts a server under another.
/// Setters only store; what they stored is judged when the server starts, and an unusable value is an error there.
/// [`INFINITY`] means no limit wherever a time is asked for.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::Options;
///
/// const OPTIONS: Options = Options::new().port(0).max_processes(64).recv_timeout(Duration::from_secs(30));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[allow(clippy::struct_excessive_bools)] // each is an option of its own, as gen_tcp has them
pub struct Options {
    pub(crate) port: Option<u16>,
    pub(crate) ip: IpAddr,
    pub(crate) in_memory: bool,
    pub(crate) max_processes: usize,
    pub(crate) overload: Overload,
    pub(crate) max_per_ip: Option<usize>,
    pub(crate) allow: &'static [Cidr],
    pub(crate) deny: &'static [Cidr],
    pub(crate) accept_rate: Option<u32>,
    pub(crate) max_restarts: u32,
    pub(crate) restart_period: Duration,
    pub(crate) shutdown: Duration,
    pub(crate) stop_delay: Duration,
    pub(crate) accept_error_sleep_time: Duration,
    pub(crate) recv_timeout: Duration,
    pub(crate) recv_limit: usize,
    pub(crate) send_timeout: Duration,
    pub(crate) frame_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_age: Duration,
    pub(crate) close_timeout: Duration,
    pub(crate) half_close: bool,
    pub(crate) packet: Option<Packet>,
    pub(crate) delimiter: Option<u8>,
    pub(crate) packet_size: usize,
    pub(crate) active: Option<Active>,
    pub(crate) mailbox: usize,
    pub(crate) backlog: u32,
    pub(crate) reuseaddr: bool,
    pub(crate) nodelay: bool,
    pub(crate) keepalive: bool,
    pub(crate) name: Option<&'static str>,
    pub(crate) health: Option<SocketAddr>,
    env: Option<&'static str>,
    origins: Origins,
}

impl Options {
    /// The defaults; a port is still required.
    pub const fn new() -> Self {
        Options {
            port: None,
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            in_memory: false,
            max_processes: 8,
            overload: Overload::Backlog,
            max_per_ip: None,
            allow: &[],
            deny: &[],
            accept_rate: None,
            max_restarts: 3,
            restart_period: Duration::from_mins(1),
            shutdown: Duration::from_secs(15),
            stop_delay: Duration::ZERO,
            accept_error_sleep_time: Duration::from_millis(100),
            recv_timeout: Duration::from_mins(5),
            recv_limit: 1024 * 1024,
            send_timeout: Duration::from_secs(30),
            frame_timeout: INFINITY,
            call_timeout: INFINITY,
            max_age: INFINITY,
            close_timeout: Duration::from_secs(30),
            half_close: true,
            packet: None,
            delimiter: None,
            packet_size: PACKET_SIZE,
            active: None,
            mailbox: 64,
            backlog: 1024,
            reuseaddr: true,
            nodelay: true,
            keepalive: true,
            name: None,
            health: None,
            env: None,
            origins: Origins::new(),
        }
    }

    /// The TCP port to listen on; 0 takes a free one. Required.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self.come_from(Id::Port, Origin::Program)
    }

    /// The address to listen on, 127.0.0.1 by default: the network is opted into by `0.0.0.0` or `::` (both families).
    pub const fn ip(mut self, ip: IpAddr) -> Self {
        self.ip = ip;
        self.come_from(Id::Ip, Origin::Program)
    }

    /// No port at all: connections come from [`Server::connect`](crate::Server::connect), for tests.
    pub const fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// How many connections are served at one time, 8 by default; what becomes of the next `overload` says. At least 1.
    /// [`Server::set_max_processes`](crate::Server::set_max_processes) changes it at run time.
    pub const fn max_processes(mut self, max_processes: usize) -> Self {
        self.max_processes = max_processes;
        self.come_from(Id::MaxProcesses, Origin::Program)
    }

    /// What becomes of a connection that comes while all processes are busy: by default it waits in the backlog.
    ///
    /// One that is refused is accepted at once, gets the words if there are some, and is closed so that they arrive.
    pub const fn overload(mut self, overload: Overload) -> Self {
        self.overload = overload;
        self.come_from(Id::Overload, Origin::Program)
    }

    /// How many connections one address may have at a time, without a limit by default. At least 1.
    ///
    /// One more is closed before anything is read of it, and uses up no process. An IPv4-mapped address is the IPv4 one.
    /// Connections in memory have no address, and no limit.
    pub const fn max_per_ip(mut self, max_per_ip: usize) -> Self {
        self.max_per_ip = Some(max_per_ip);
        self.come_from(Id::MaxPerIp, Origin::Program)
    }

    /// Who may connect, everybody by default: if any block is listed, nobody outside of those is served.
    ///
    /// Who may not is closed before anything is read, without a word. Connections in memory have no address, and are always let in.
    pub const fn allow(mut self, allow: &'static [Cidr]) -> Self {
        self.allow = allow;
        self.come_from(Id::Allow, Origin::Program)
    }

    /// Who may not connect, whatever `allow` says; nobody by default.
    pub const fn deny(mut self, deny: &'static [Cidr]) -> Self {
        self.deny = deny;
        self.come_from(Id::Deny, Origin::Program)
    }

    /// How many connections are let in a second, and at once after a quiet second; the others wait in the backlog. Without a limit
    /// by default. At least 1.
    ///
    /// All who connect share it. Those whom `deny`, `allow` or `max_per_ip` turn away use up none of it.
    pub const fn accept_rate(mut self, accept_rate: u32) -> Self {
        self.accept_rate = Some(accept_rate);
        self.come_from(Id::AcceptRate, Origin::Program)
    }

    /// How many restarts in `restart_period` the server survives, 3 by default.
    pub const fn max_restarts(mut self, max_restarts: u32) -> Self {
        self.max_restarts = max_restarts;
        self.come_from(Id::MaxRestarts, Origin::Program)
    }

    /// The time in which `max_restarts` counts, 60 s by default.
    pub const fn restart_period(mut self, restart_period: Duration) -> Self {
        self.restart_period = restart_period;
        self.come_from(Id::RestartPeriod, Origin::Program)
    }

    /// How long a stop waits for running calls, and then for [`terminate`](crate::TcpServer::terminate), 15 s by default; or [`BRUTAL_KILL`] or [`INFINITY`].
    pub const fn shutdown(mut self, shutdown: Duration) -> Self {
        self.shutdown = shutdown;
        self.come_from(Id::Shutdown, Origin::Program)
    }

    /// How long a stop goes on serving, accepting included, after it was told ([`health`](Self::health), and systemd under `run`): the
    /// time that load balancers take to look away. None by default; a second stop skips what is left of it.
    pub const fn stop_delay(mut self, stop_delay: Duration) -> Self {
        self.stop_delay = stop_delay;
        self.come_from(Id::StopDelay, Origin::Program)
    }

    /// The pause after an accept that failed for want of descriptors or memory, or for what isn't known, 100 ms by default.
    pub const fn accept_error_sleep_time(mut self, accept_error_sleep_time: Duration) -> Self {
        self.accept_error_sleep_time = accept_error_sleep_time;
        self.come_from(Id::AcceptErrorSleepTime, Origin::Program)
    }

    /// The longest wait for the next whole frame, 5 min by default; then the connection closes.
    ///
    /// A slow drip of bytes doesn't renew it, nor does a message. It is also the longest that one receive of a [`Socket`](crate::Socket) takes,
    /// and the longest that a raw read waits for any byte at all.
    pub const fn recv_timeout(mut self, recv_timeout: Duration) -> Self {
        self.recv_timeout = recv_timeout;
        self.come_from(Id::RecvTimeout, Origin::Program)
    }

    /// The most that one [`Socket::recv_exact`](crate::Socket::recv_exact) may ask for, 1 MiB by default.
    pub const fn recv_limit(mut self, recv_limit: usize) -> Self {
        self.recv_limit = recv_limit;
        self.come_from(Id::RecvLimit, Origin::Program)
    }

    /// The longest wait for a peer that doesn't read, 30 s by default; then the connection closes, and a callback that waits is cut.
    pub const fn send_timeout(mut self, send_timeout: Duration) -> Self {
        self.send_timeout = send_timeout;
        self.come_from(Id::SendTimeout, Origin::Program)
    }

    /// The longest time from the first byte of a frame to its last, [`INFINITY`] by default; then the connection closes as it does
    /// after `recv_timeout`.
    ///
    /// It is for peers that send a frame byte by byte, and lets those wait that send nothing. The time begins when the connection
    /// begins to wait for the rest of a frame, so what came together with the frame before it has all its time after that one was
    /// handled. In a call it holds for [`Socket::recv`](crate::Socket::recv) and [`recv_exact`](crate::Socket::recv_exact), too.
    pub const fn frame_timeout(mut self, frame_timeout: Duration) -> Self {
        self.frame_timeout = frame_timeout;
        self.come_from(Id::FrameTimeout, Origin::Program)
    }

    /// The longest time that one callback of a connection may take, [`INFINITY`] by default; then its future is dropped at its
    /// `.await`.
    ///
    /// It holds for `connected`, `handle_call`, `handle_info`, `passive`, `failed` and `closed`, each for itself, and counts from the first
    /// `.await` that waits; waiting in a [`Socket::recv`](crate::Socket::recv) is the call's time as any other. After `handle_call`, `handle_info` and
    /// `passive` [`failed`](crate::TcpServer::failed) is asked with an error of the kind [`ErrorKind::CallTimeout`], and a reply lets the
    /// connection go on; after `connected` and `failed` the connection closes. What was replied before goes out in any case.
    ///
    /// A callback that is a plain `fn`, or that blocks its thread, can't be cut.
    pub const fn call_timeout(mut self, call_timeout: Duration) -> Self {
        self.call_timeout = call_timeout;
        self.come_from(Id::CallTimeout, Origin::Program)
    }

    /// The longest life of a connection, [`INFINITY`] by default: at that age a running callback finishes, then the connection closes in
    /// good order, at once if it is idle.
    ///
    /// It counts from accept on. Frames that are behind the running call aren't handled. What was replied goes out, for which the
    /// peer has `send_timeout` in all, and no more than `close_timeout`: so no connection that has no callback running lives longer than
    /// that after it, also one that was closing already.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self.come_from(Id::MaxAge, Origin::Program)
    }

    /// The longest time from the decision to close a connection to its end, 30 s by default; then what the peer hasn't taken by then is
    /// thrown away.
    ///
    /// It holds however the connection ends and however slowly the peer reads: for what was replied to go out, for a
    /// [`stopping`](crate::TcpServer::stopping), which may send something and wait for the peer, and for the moment in which what still
    /// comes is read. [`closed`](crate::TcpServer::closed) isn't counted, as no peer can delay it: `call_timeout` limits it. A connection
    /// that was closed by its [`Peer`](crate::Peer) or [`Server`](crate::Server) has 1 s.
    pub const fn close_timeout(mut self, close_timeout: Duration) -> Self {
        self.close_timeout = close_timeout;
        self.come_from(Id::CloseTimeout, Origin::Program)
    }

    /// Whether a peer that has shut down its sending side still has its call finished and answered, true by default.
    ///
    /// With `false` the end of its input cuts a callback that waits, at its `.await`, and the connection ends for
    /// [`CloseReason::Peer`](crate::CloseReason::Peer); frames that came before it and aren't handled are dropped with it. It is for protocols
    /// whose clients never shut down one side alone, so that the end means that nobody is there any more. Callbacks that don't wait are
    /// called for all that came, as ever. A reset cuts a callback that waits in either case.
    ///
    /// [`Socket::closed`](crate::Socket::closed) says when the end is seen.
    pub const fn half_close(mut self, half_close: bool) -> Self {
        self.half_close = half_close;
        self.come_from(Id::HalfClose, Origin::Program)
    }

    /// The packet mode, `line` by default. It belongs to the protocol, so the attribute sets it, or whoever implements
    /// [`TcpServer`](crate::TcpServer) by hand; [`with`](crate::with) can't change it.
    pub const fn packet(mut self, packet: Packet) -> Self {
        self.packet = Some(packet);
        self.come_from(Id::Packet, Origin::Program)
    }

    /// The byte that ends a line of [`Packet::Line`], LF by default; for no other mode. It belongs to the protocol, as
    /// `packet` does.
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self.come_from(Id::Delimiter, Origin::Program)
    }

    /// The longest frame, in bytes, 64 KiB by default; a longer one closes the connection. As in gen_tcp it counts what
    /// stands behind a length header, and the whole line for `line` and `http`; for a codec, what waits that is no whole item yet.
    pub const fn packet_size(mut self, packet_size: usize) -> Self {
        self.packet_size = packet_size;
        self.come_from(Id::PacketSize, Origin::Program)
    }

    /// How frames are taken. It belongs to the protocol, as `packet` does. By default a server with a `handle_info` is
    /// active, any other passive. A count is at least 1.
    pub const fn active(mut self, active: Active) -> Self {
        self.active = Some(active);
        self.come_from(Id::Active, Origin::Program)
    }

    /// How many messages wait for a connection, 64 by default; allocated on first use.
    pub const fn mailbox(mut self, mailbox: usize) -> Self {
        self.mailbox = mailbox;
        self.come_from(Id::Mailbox, Origin::Program)
    }

    /// How many connections the kernel keeps waiting, 1024 by default.
    pub const fn backlog(mut self, backlog: u32) -> Self {
        self.backlog = backlog;
        self.come_from(Id::Backlog, Origin::Program)
    }

    /// Whether the port can be taken again at once after a restart (`SO_REUSEADDR`), true by default.
    pub const fn reuseaddr(mut self, reuseaddr: bool) -> Self {
        self.reuseaddr = reuseaddr;
        self.come_from(Id::Reuseaddr, Origin::Program)
    }

    /// Whether small replies go out at once (`TCP_NODELAY`), true by default.
    pub const fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self.come_from(Id::Nodelay, Origin::Program)
    }

    /// Whether the kernel finds peers that vanished (`SO_KEEPALIVE`), true by default.
    pub const fn keepalive(mut self, keepalive: bool) -> Self {
        self.keepalive = keepalive;
        self.come_from(Id::Keepalive, Origin::Program)
    }

    /// Registers the server in this process under a name, for [`whereis`](crate::whereis). None by default.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self.come_from(Id::Name, Origin::Program)
    }

    /// Answers HTTP at this address whether the server is ready, none by default; port 0 takes a free one
    /// ([`Server::health_addr`](crate::Server::health_addr)).
    ///
    /// The answer is `200 OK` and `ready`, or `503 Service Unavailable` and `suspended` or `stopping`, whatever the request. A server all of
    /// whose processes are busy is ready. A stop tells it first, before the port closes. 256 may be connected at a time, each for at most 2 s;
    /// one more takes the place of whoever has been silent for longest.
    pub const fn health(mut self, health: SocketAddr) -> Self {
        self.health = Some(health);
        self.come_from(Id::Health, Origin::Program)
    }

    /// Lays the environment over what was set before: with the prefix `ECHO`, the variable `ECHO_MAX_PROCESSES` sets `max_processes`,
    /// `ECHO_RECV_TIMEOUT=30s` sets `recv_timeout`, and so on. None by default.
    ///
    /// The variables are read when the server starts. What is set after this prevails over them, as a program's own word: so
    /// `Echo::OPTIONS.port(0)` takes a free port, whatever `ECHO_PORT` says. The attribute's documentation has the rules
    /// ([`tcp_server`](macro@crate::tcp_server)).
    pub const fn env(mut self, prefix: &'static str) -> Self {
        self.env = Some(prefix);
        self.origins = self.origins.settle(Origin::Beneath);
        self
    }

    /// Judges the options, by the rules that the attribute judges them by.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Options`], naming the first option that can't be used and why.
    pub fn check(&self) -> Result {
        let problem = TABLE.iter().find_map(|option| option.problem(self));
        let problem = problem.or_else(|| check::env(self.env?));
        problem.map_or(Ok(()), |problem| Err(Error::new(ErrorKind::Options, problem)))
    }

    /// What was set so far is what the attribute says.
    #[doc(hidden)]
    pub const fn declared(mut self) -> Self {
        self.origins = self.origins.settle(Origin::Attribute);
        self
    }

    /// These options with what belongs to the protocol, which stays the server's own.
    pub(crate) const fn for_protocol_of(mut self, server: &Options) -> Self {
        self.packet = server.packet;
        self.delimiter = server.delimiter;
        self.active = server.active;
        self.come_from(Id::Packet, server.origins.of(Id::Packet))
            .come_from(Id::Delimiter, server.origins.of(Id::Delimiter))
            .come_from(Id::Active, server.origins.of(Id::Active))
    }

    /// These options, asked of a running server: what they don't say of the protocol stays.
    pub(crate) fn asked_of(mut self, running: &Options) -> Self {
        self.in_memory = running.in_memory;
        self.packet = self.packet.or(running.packet);
        self.delimiter = self.delimiter.or(running.delimiter);
        self.active = self.active.or(running.active);
        self
    }

    /// A server that takes messages is active, any other passive, unless its options say how it is.
    pub(crate) const fn active_by_default(mut self, takes_messages: bool) -> Self {
        if self.active.is_none() {
            self.active = Some(if takes_messages { Active::True } else { Active::False });
        }
        self
    }

    const fn come_from(mut self, option: Id, origin: Origin) -> Self {
        self.origins = self.origins.set(option, origin);
        self
    }
}

/// Reads one option and judges it; an error says what is wrong.
#[cfg(any(feature = "serde", test))]
pub(crate) fn read(options: Options, name: &str, text: &str) -> Result<Options, String> {
    let option = table::changeable(name, None).map_err(|problem| problem.to_string())?;
    let options = option.read(options, text, Origin::Program)?;
    option
        .problem(&options)
        .map_or(Ok(options), |problem| Err(problem.to_owned()))
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}
