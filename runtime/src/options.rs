//! The options of a server: one struct, which is a const builder with one method per option.
//!
//! Longer than other files, as each option has a method with its document here.

pub(crate) mod active;
pub(crate) mod check;
pub(crate) mod cidr;
pub(crate) mod environment;
mod lasting;
pub(crate) mod listen;
pub(crate) mod listing;
mod origin;
pub(crate) mod overload;
pub(crate) mod proxy_protocol;
pub(crate) mod reload;
#[cfg(feature = "serde")]
mod serde;
pub(crate) mod settings;
mod table;
#[cfg(test)]
mod tests;
mod together;
mod value;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use kai_tcp_server_spec::option::{Id, PACKET_SIZE};

use crate::error::{Error, ErrorKind, Result};
use crate::options::active::Active;
use crate::options::cidr::Cidr;
use crate::options::listen::Listen;
use crate::options::origin::{Origin, Origins};
use crate::options::overload::Overload;
use crate::options::proxy_protocol::ProxyProtocol;
use crate::options::table::TABLE;
use crate::packet::Packet;

/// No time limit; valid for every option that is a time limit (`infinity` in the attribute).
pub const INFINITY: Duration = Duration::MAX;

/// A `shutdown` without waiting (`brutal_kill` in the attribute, as in OTP).
pub const BRUTAL_KILL: Duration = Duration::ZERO;

/// The most bytes of a file of a recording.
pub(crate) const RECORD_FILE_SIZE: usize = 64 * 1024 * 1024;

/// The most files of a recording.
pub(crate) const RECORD_FILES: usize = 8;

/// The most bytes of a frame that are recorded.
pub(crate) const RECORD_FRAME_SIZE: usize = 1024 * 1024;

/// The options of a server: kai's `tcp_server_option` and gen_tcp's listen options.
///
/// The attribute makes the constant `OPTIONS` of the server; [`with`](crate::with) starts a
/// server with other options. A setter only stores its value. The values are checked when the
/// server starts, and an invalid one is an error there. [`INFINITY`] means no limit for every
/// option that is a time.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::Options;
///
/// const OPTIONS: Options = Options::new()
///     .port(0)
///     .max_processes(64)
///     .recv_timeout(Duration::from_secs(30));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[allow(clippy::struct_excessive_bools)] // each is an option of its own, as gen_tcp has them
pub struct Options {
    pub(crate) port: Option<u16>,
    pub(crate) ip: IpAddr,
    pub(crate) listen: Listen,
    pub(crate) in_memory: bool,
    /// True if the program gave the listener.
    pub(crate) given: bool,
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
    pub(crate) upgrade: bool,
    pub(crate) upgrade_timeout: Duration,
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
    pub(crate) tls_cert: &'static [&'static str],
    pub(crate) tls_key: &'static [&'static str],
    pub(crate) tls_client_ca: Option<&'static str>,
    pub(crate) tls_client_optional: bool,
    pub(crate) tls_alpn: &'static [&'static str],
    pub(crate) tls_starttls: bool,
    pub(crate) tls_watch: Duration,
    pub(crate) handshake_timeout: Duration,
    pub(crate) proxy_protocol: ProxyProtocol,
    pub(crate) trusted_proxies: &'static [Cidr],
    pub(crate) proxy_timeout: Duration,
    pub(crate) name: Option<&'static str>,
    pub(crate) health: Option<SocketAddr>,
    pub(crate) agent_check: Option<SocketAddr>,
    pub(crate) latency: bool,
    pub(crate) record_dir: Option<&'static str>,
    pub(crate) record_file_size: usize,
    pub(crate) record_files: usize,
    pub(crate) record_frame_size: usize,
    pub(crate) env: Option<&'static str>,
    origins: Origins,
}

impl Options {
    /// Returns the defaults, except for the port, which must be set, or `listen`.
    pub const fn new() -> Self {
        Options {
            port: None,
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            listen: Listen(&[]),
            in_memory: false,
            given: false,
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
            upgrade: false,
            upgrade_timeout: Duration::from_secs(2),
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
            tls_cert: &[],
            tls_key: &[],
            tls_client_ca: None,
            tls_client_optional: false,
            tls_alpn: &[],
            tls_starttls: false,
            tls_watch: INFINITY,
            handshake_timeout: Duration::from_secs(10),
            proxy_protocol: ProxyProtocol::Off,
            trusted_proxies: &[],
            proxy_timeout: Duration::from_secs(5),
            name: None,
            health: None,
            agent_check: None,
            latency: false,
            record_dir: None,
            record_file_size: RECORD_FILE_SIZE,
            record_files: RECORD_FILES,
            record_frame_size: RECORD_FRAME_SIZE,
            env: None,
            origins: Origins::new(),
        }
    }

    /// Sets the TCP port to listen on; 0 takes a free port. Required, unless [`listen`](Self::listen)
    /// is set.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self.come_from(Id::Port, Origin::Program)
    }

    /// Sets the address to listen on, 127.0.0.1 by default: only this machine can connect. To
    /// accept connections from other machines, or in a container, set `0.0.0.0` or `::` (IPv4 and
    /// IPv6).
    pub const fn ip(mut self, ip: IpAddr) -> Self {
        self.ip = ip;
        self.come_from(Id::Ip, Origin::Program)
    }

    /// Sets further listeners, beside `port` or without it: at most 64 in all. All of them share
    /// `max_processes`, `backlog` holds for each.
    ///
    /// Each is an address and words, as the attribute has them: `127.0.0.1:10000`,
    /// `[::1]:10000 proxy_protocol`, `unix:/run/echo.sock mode=660`, `systemd:web`. Its
    /// documentation lists them ([`tcp_server`](macro@crate::tcp_server#listeners)).
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::Options;
    ///
    /// const OPTIONS: Options = Options::new().listen(&["127.0.0.1:10000", "[::1]:10000"]);
    ///
    /// assert!(OPTIONS.check().is_ok());
    /// let error = OPTIONS.listen(&["localhost:10000"]).check().unwrap_err();
    /// assert!(error.to_string().contains(r#""127.0.0.1:10000""#));
    /// ```
    pub const fn listen(mut self, listen: &'static [&'static str]) -> Self {
        self.listen = Listen(listen);
        self.come_from(Id::Listen, Origin::Program)
    }

    /// Listens on no port: connections come from [`Server::connect`](crate::Server::connect). For
    /// tests.
    pub const fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// Sets how many connections are served at one time, 8 by default, at least 1;
    /// [`overload`](Self::overload) handles further connections.
    /// [`Server::set_max_processes`](crate::Server::set_max_processes) changes the number at run
    /// time.
    pub const fn max_processes(mut self, max_processes: usize) -> Self {
        self.max_processes = max_processes;
        self.come_from(Id::MaxProcesses, Origin::Program)
    }

    /// Sets what happens to a new connection while all processes are busy: by default it waits in
    /// the backlog.
    ///
    /// A refused connection is accepted at once, receives the message if there is one, and is
    /// closed in such a way that the message arrives.
    pub const fn overload(mut self, overload: Overload) -> Self {
        self.overload = overload;
        self.come_from(Id::Overload, Origin::Program)
    }

    /// Sets how many connections one address may have at a time, at least 1; no limit by default.
    ///
    /// Further connections are closed before any byte is read, and occupy no process. An
    /// IPv4-mapped address counts as the IPv4 address. An IPv6 client usually has a whole network
    /// of addresses, so this limit doesn't bound it. A peer without an IP address, at a Unix
    /// socket or in memory, has no limit.
    pub const fn max_per_ip(mut self, max_per_ip: usize) -> Self {
        self.max_per_ip = Some(max_per_ip);
        self.come_from(Id::MaxPerIp, Origin::Program)
    }

    /// Sets the blocks of addresses (CIDR) that may connect; by default all may.
    ///
    /// If a block is set, connections from other addresses are closed before any byte is read, and
    /// receive nothing. A peer without an IP address, at a Unix socket or in memory, is
    /// always served: the mode of the socket's file says who may connect.
    pub const fn allow(mut self, allow: &'static [Cidr]) -> Self {
        self.allow = allow;
        self.come_from(Id::Allow, Origin::Program)
    }

    /// Sets the blocks of addresses that may not connect, whatever `allow` says; none by default.
    /// A peer without an IP address, at a Unix socket or in memory, is in no block.
    pub const fn deny(mut self, deny: &'static [Cidr]) -> Self {
        self.deny = deny;
        self.come_from(Id::Deny, Origin::Program)
    }

    /// Sets how many new connections are accepted per second, at least 1; no limit by default.
    /// After a quiet second that many are accepted at once. Further connections wait in the
    /// backlog.
    ///
    /// All addresses share the limit. Connections that `deny`, `allow` or `max_per_ip` reject don't
    /// count.
    pub const fn accept_rate(mut self, accept_rate: u32) -> Self {
        self.accept_rate = Some(accept_rate);
        self.come_from(Id::AcceptRate, Origin::Program)
    }

    /// Sets how many restarts within `restart_period` the server survives, 3 by default.
    pub const fn max_restarts(mut self, max_restarts: u32) -> Self {
        self.max_restarts = max_restarts;
        self.come_from(Id::MaxRestarts, Origin::Program)
    }

    /// Sets the period for `max_restarts`, 60 s by default.
    pub const fn restart_period(mut self, restart_period: Duration) -> Self {
        self.restart_period = restart_period;
        self.come_from(Id::RestartPeriod, Origin::Program)
    }

    /// Sets how long a stop waits for running calls, and then for
    /// [`terminate`](crate::TcpServer::terminate), 15 s by default; [`BRUTAL_KILL`] and
    /// [`INFINITY`] are valid.
    pub const fn shutdown(mut self, shutdown: Duration) -> Self {
        self.shutdown = shutdown;
        self.come_from(Id::Shutdown, Origin::Program)
    }

    /// Sets how long the server continues to accept and serve after it was told to stop, 0 by
    /// default. Meanwhile [`health`](Self::health), [`agent_check`](Self::agent_check), and under
    /// `run` systemd, already report the stop, so that load balancers can turn to other servers. A
    /// second stop skips the rest of the delay.
    pub const fn stop_delay(mut self, stop_delay: Duration) -> Self {
        self.stop_delay = stop_delay;
        self.come_from(Id::StopDelay, Origin::Program)
    }

    /// Sets whether SIGUSR2 starts the program anew under [`run`](crate::run), from its file, and
    /// hands its listeners and connections over; false by default. It is enough if one of several
    /// servers has it. Needs the feature `upgrade`, whose module says what is handed over.
    pub const fn upgrade(mut self, upgrade: bool) -> Self {
        self.upgrade = upgrade;
        self.come_from(Id::Upgrade, Origin::Program)
    }

    /// Sets how long a new version of the program may take until it serves, from its start on; 2 s
    /// by default. After that, all goes on in the old process.
    pub const fn upgrade_timeout(mut self, upgrade_timeout: Duration) -> Self {
        self.upgrade_timeout = upgrade_timeout;
        self.come_from(Id::UpgradeTimeout, Origin::Program)
    }

    /// Sets the pause after an accept that failed because descriptors or memory ran out, or with an
    /// unknown error; 100 ms by default.
    pub const fn accept_error_sleep_time(mut self, accept_error_sleep_time: Duration) -> Self {
        self.accept_error_sleep_time = accept_error_sleep_time;
        self.come_from(Id::AcceptErrorSleepTime, Origin::Program)
    }

    /// Sets the longest wait for the next whole frame, 5 min by default; then the connection
    /// closes.
    ///
    /// Neither single bytes nor messages restart the time. It is also the longest duration of one
    /// receive of a [`Socket`](crate::Socket), and the longest wait of a raw read for any byte.
    pub const fn recv_timeout(mut self, recv_timeout: Duration) -> Self {
        self.recv_timeout = recv_timeout;
        self.come_from(Id::RecvTimeout, Origin::Program)
    }

    /// Sets the most bytes that one [`Socket::recv_exact`](crate::Socket::recv_exact) may ask for,
    /// 1 MiB by default.
    pub const fn recv_limit(mut self, recv_limit: usize) -> Self {
        self.recv_limit = recv_limit;
        self.come_from(Id::RecvLimit, Origin::Program)
    }

    /// Sets the longest wait for a peer that doesn't read, 30 s by default; then the connection
    /// closes, and a callback that waits is cancelled.
    pub const fn send_timeout(mut self, send_timeout: Duration) -> Self {
        self.send_timeout = send_timeout;
        self.come_from(Id::SendTimeout, Origin::Program)
    }

    /// Sets the longest time from the first byte of a frame to its last, [`INFINITY`] by default;
    /// then the connection closes as after `recv_timeout`.
    ///
    /// It limits peers that send a frame byte by byte, but not peers that send nothing. The time
    /// begins when the connection begins to wait for the rest of a frame, so a frame that has
    /// partly arrived with the previous one has all its time after that one was handled. In a call
    /// it also applies to [`Socket::recv`](crate::Socket::recv) and
    /// [`recv_exact`](crate::Socket::recv_exact).
    pub const fn frame_timeout(mut self, frame_timeout: Duration) -> Self {
        self.frame_timeout = frame_timeout;
        self.come_from(Id::FrameTimeout, Origin::Program)
    }

    /// Sets the longest duration of one callback of a connection, [`INFINITY`] by default; then its
    /// future is dropped at its `.await`.
    ///
    /// It applies to each single `connected`, `taken_over`, `handle_call`, `handle_info`,
    /// `passive`, `failed`, `stopping`, `freeze` and `closed`. The time begins at the first
    /// `.await` that waits; a wait in [`Socket::recv`](crate::Socket::recv) counts too. After
    /// `handle_call`, `handle_info`, `passive` and `stopping`, [`failed`](crate::TcpServer::failed)
    /// runs with an error of the kind [`ErrorKind::CallTimeout`], and its reply lets the connection
    /// continue, unless it is stopping. After `connected`, `taken_over` and `failed` the connection
    /// closes; after `freeze` it stays in its process. Earlier replies are sent in any case.
    ///
    /// A callback that is a plain `fn`, or that blocks its thread, can't be cancelled.
    pub const fn call_timeout(mut self, call_timeout: Duration) -> Self {
        self.call_timeout = call_timeout;
        self.come_from(Id::CallTimeout, Origin::Program)
    }

    /// Sets the greatest age of a connection, [`INFINITY`] by default. At that age the connection
    /// closes: at once if it is idle, otherwise after the running callback.
    ///
    /// The age counts from accept. Frames after the running call aren't handled. Earlier replies
    /// are sent; the peer has `send_timeout` in all for them, and no more than `close_timeout`. So
    /// a connection without a running callback doesn't live longer than that after `max_age`, even
    /// if it was closing already.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self.come_from(Id::MaxAge, Origin::Program)
    }

    /// Sets the longest time from the decision to close a connection to its end, 30 s by default;
    /// data that the peer hasn't read by then is discarded.
    ///
    /// It applies however the connection ends and however slowly the peer reads. It covers sending
    /// the replies, the [`stopping`](crate::TcpServer::stopping) callback, which may send data and
    /// wait for the peer, and the lingering read of further input. It doesn't cover
    /// [`closed`](crate::TcpServer::closed), which no peer can delay; `call_timeout` limits that. A
    /// connection that was closed by its [`Peer`](crate::Peer) or [`Server`](crate::Server) has 1
    /// s.
    pub const fn close_timeout(mut self, close_timeout: Duration) -> Self {
        self.close_timeout = close_timeout;
        self.come_from(Id::CloseTimeout, Origin::Program)
    }

    /// Sets whether the call of a peer that has shut down its sending side is finished and
    /// answered, true by default.
    ///
    /// With `false` the end of the input cancels a callback that waits, at its `.await`, and the
    /// connection ends with [`CloseReason::Peer`](crate::CloseReason::Peer); earlier frames that
    /// aren't handled yet are dropped. Use it for protocols whose clients never shut down only one
    /// side, so that the end means that the client is gone. Callbacks that don't wait still run for
    /// all frames that arrived. A reset cancels a callback that waits in either case.
    ///
    /// [`Socket::closed`](crate::Socket::closed) says when the end is noticed.
    pub const fn half_close(mut self, half_close: bool) -> Self {
        self.half_close = half_close;
        self.come_from(Id::HalfClose, Origin::Program)
    }

    /// Sets the packet mode, `line` by default. It belongs to the protocol, so the attribute sets
    /// it, or the author of a [`TcpServer`](crate::TcpServer) by hand; [`with`](crate::with)
    /// can't change it.
    pub const fn packet(mut self, packet: Packet) -> Self {
        self.packet = Some(packet);
        self.come_from(Id::Packet, Origin::Program)
    }

    /// Sets the byte that ends a line of [`Packet::Line`], LF by default; other modes ignore it. It
    /// belongs to the protocol, as `packet` does.
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self.come_from(Id::Delimiter, Origin::Program)
    }

    /// Sets the longest frame in bytes, 64 KiB by default; a longer one closes the connection. As
    /// in gen_tcp it counts the bytes after a length header, and the whole line for `line` and
    /// `http`; for a codec it counts the buffered bytes that aren't a whole item yet.
    pub const fn packet_size(mut self, packet_size: usize) -> Self {
        self.packet_size = packet_size;
        self.come_from(Id::PacketSize, Origin::Program)
    }

    /// Sets how frames are taken: always (active), a number of them, or only on request (passive).
    /// By default a server with a `handle_info` is active, others are passive. A count is at least
    /// 1. It belongs to the protocol, as `packet` does.
    pub const fn active(mut self, active: Active) -> Self {
        self.active = Some(active);
        self.come_from(Id::Active, Origin::Program)
    }

    /// Sets how many messages may wait for a connection, 64 by default; the space is allocated on
    /// first use.
    pub const fn mailbox(mut self, mailbox: usize) -> Self {
        self.mailbox = mailbox;
        self.come_from(Id::Mailbox, Origin::Program)
    }

    /// Sets how many connections may wait in the kernel's backlog, 1024 by default.
    pub const fn backlog(mut self, backlog: u32) -> Self {
        self.backlog = backlog;
        self.come_from(Id::Backlog, Origin::Program)
    }

    /// Sets whether the port can be bound again at once after a restart (`SO_REUSEADDR`), true by
    /// default.
    pub const fn reuseaddr(mut self, reuseaddr: bool) -> Self {
        self.reuseaddr = reuseaddr;
        self.come_from(Id::Reuseaddr, Origin::Program)
    }

    /// Sets whether small replies are sent at once (`TCP_NODELAY`), true by default.
    pub const fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self.come_from(Id::Nodelay, Origin::Program)
    }

    /// Sets whether the kernel detects peers that have vanished (`SO_KEEPALIVE`), true by default.
    pub const fn keepalive(mut self, keepalive: bool) -> Self {
        self.keepalive = keepalive;
        self.come_from(Id::Keepalive, Origin::Program)
    }

    /// Sets the certificates with which the port speaks TLS: PEM files, each with a certificate and
    /// those that lead to its issuer; none by default. Needs the feature `tls`, and the keys by
    /// [`tls_key`](Self::tls_key).
    ///
    /// Of several certificates the server takes the first that is valid for the server name that
    /// the client asks for (SNI), and the first of all where none is. A reload reads the files
    /// again: new connections get the new certificates, and open ones go on.
    pub const fn tls_cert(mut self, tls_cert: &'static [&'static str]) -> Self {
        self.tls_cert = tls_cert;
        self.come_from(Id::TlsCert, Origin::Program)
    }

    /// Sets the private keys of the certificates: PEM files in the order of
    /// [`tls_cert`](Self::tls_cert), one for each.
    pub const fn tls_key(mut self, tls_key: &'static [&'static str]) -> Self {
        self.tls_key = tls_key;
        self.come_from(Id::TlsKey, Origin::Program)
    }

    /// Sets the certificates that sign those of clients, a PEM file; none by default. With it each
    /// client must show a certificate that one of them signed.
    pub const fn tls_client_ca(mut self, tls_client_ca: &'static str) -> Self {
        self.tls_client_ca = Some(tls_client_ca);
        self.come_from(Id::TlsClientCa, Origin::Program)
    }

    /// Sets whether clients that show no certificate are served although there is a
    /// [`tls_client_ca`](Self::tls_client_ca), false by default.
    pub const fn tls_client_optional(mut self, tls_client_optional: bool) -> Self {
        self.tls_client_optional = tls_client_optional;
        self.come_from(Id::TlsClientOptional, Origin::Program)
    }

    /// Sets the protocols that clients may ask for by name (ALPN), the preferred one first; none by
    /// default. A client that asks for others only is refused.
    pub const fn tls_alpn(mut self, tls_alpn: &'static [&'static str]) -> Self {
        self.tls_alpn = tls_alpn;
        self.come_from(Id::TlsAlpn, Origin::Program)
    }

    /// Sets whether connections of the port begin in plain, until
    /// `Socket::start_tls` encrypts them; false by default.
    pub const fn tls_starttls(mut self, tls_starttls: bool) -> Self {
        self.tls_starttls = tls_starttls;
        self.come_from(Id::TlsStarttls, Origin::Program)
    }

    /// Sets how often the server looks whether the files of TLS have changed, and reads them again
    /// then; [`INFINITY`] by default, which leaves them until a reload.
    pub const fn tls_watch(mut self, tls_watch: Duration) -> Self {
        self.tls_watch = tls_watch;
        self.come_from(Id::TlsWatch, Origin::Program)
    }

    /// Sets the longest time for what comes before the protocol, 10 s by default: the PROXY header
    /// and the TLS handshake. Then the connection closes. A shorter `recv_timeout` is the limit
    /// instead.
    pub const fn handshake_timeout(mut self, handshake_timeout: Duration) -> Self {
        self.handshake_timeout = handshake_timeout;
        self.come_from(Id::HandshakeTimeout, Origin::Program)
    }

    /// Sets whether connections of the port begin with a PROXY protocol header, off by default.
    /// Needs the feature `proxy`, and [`trusted_proxies`](Self::trusted_proxies).
    ///
    /// The address in the header is the peer's everywhere: in [`Peer`](crate::Peer), in the log,
    /// for `max_per_ip`, `allow` and `deny`. `accept_rate` counts when the connection is accepted.
    pub const fn proxy_protocol(mut self, proxy_protocol: ProxyProtocol) -> Self {
        self.proxy_protocol = proxy_protocol;
        self.come_from(Id::ProxyProtocol, Origin::Program)
    }

    /// Sets the blocks of addresses from which a PROXY header is believed; none by default.
    pub const fn trusted_proxies(mut self, trusted_proxies: &'static [Cidr]) -> Self {
        self.trusted_proxies = trusted_proxies;
        self.come_from(Id::TrustedProxies, Origin::Program)
    }

    /// Sets the longest wait for a whole PROXY header, 5 s by default; then the connection closes.
    pub const fn proxy_timeout(mut self, proxy_timeout: Duration) -> Self {
        self.proxy_timeout = proxy_timeout;
        self.come_from(Id::ProxyTimeout, Origin::Program)
    }

    /// Registers the server in this process under a name, for [`whereis`](crate::whereis). It has
    /// none by default.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self.come_from(Id::Name, Origin::Program)
    }

    /// Serves a health check over HTTP at this address; none by default. Port 0 takes a free port
    /// ([`Server::health_addr`](crate::Server::health_addr)).
    ///
    /// The response to any request is `200 OK` and `ready`, or `503 Service Unavailable` and
    /// `suspended` or `stopping`; below it are the addresses on which the server listens, each on a
    /// line of its own. With the feature `metrics`, the response to `/metrics` is the figures of
    /// the server. A server whose processes are all busy is ready. A stop changes the response
    /// first, before the port closes. At most 256 clients are connected at a time, each for at most
    /// 2 s; a further client replaces the one that has been silent for longest.
    pub const fn health(mut self, health: SocketAddr) -> Self {
        self.health = Some(health);
        self.come_from(Id::Health, Origin::Program)
    }

    /// Answers HAProxy's `agent-check` at this address; none by default. Port 0 takes a free port
    /// ([`Server::agent_check_addr`](crate::Server::agent_check_addr)).
    ///
    /// A client receives one line as soon as it is connected, and needn't send anything: `ready`
    /// and the percentage of `max_processes` that is free, such as `ready 75%`, or `drain` while
    /// the server is suspended or stops. A server whose processes are all busy says `ready 1%`. A
    /// stop changes the line first, before the port closes. The bounds are those of
    /// [`health`](Self::health). The documentation of the attribute has the lines of HAProxy's
    /// configuration ([`tcp_server`](macro@crate::tcp_server#readiness)).
    pub const fn agent_check(mut self, agent_check: SocketAddr) -> Self {
        self.agent_check = Some(agent_check);
        self.come_from(Id::AgentCheck, Origin::Program)
    }

    /// Sets whether the times of calls are counted, for each arm of the table; off by default.
    /// Needs the feature `metrics`.
    ///
    /// It adds `tcp_server_call_duration_seconds` to the figures of the server (the module
    /// `metrics` lists them), and [`Server::latency`](crate::Server) returns the same. It costs two
    /// readings of the clock for each call. A call lasts from when `handle_call` is called until
    /// its reply lies in the write buffer, or until it is cut: by `call_timeout`, by its peer who
    /// leaves, by a panic.
    pub const fn latency(mut self, latency: bool) -> Self {
        self.latency = latency;
        self.come_from(Id::Latency, Origin::Program)
    }

    /// Records what connections say into files of this directory, as long as the server runs; by
    /// default nothing is recorded. Needs the feature `record`.
    ///
    /// **The files hold all that peers send and are sent**, secrets too. The module `record` has
    /// what is in them, and what bounds them; [`Server`](crate::Server) records a part of the time.
    pub const fn record_dir(mut self, record_dir: &'static str) -> Self {
        self.record_dir = Some(record_dir);
        self.come_from(Id::RecordDir, Origin::Program)
    }

    /// Sets the most bytes of a file of the recording, 64 MiB by default.
    pub const fn record_file_size(mut self, record_file_size: usize) -> Self {
        self.record_file_size = record_file_size;
        self.come_from(Id::RecordFileSize, Origin::Program)
    }

    /// Sets the most files of the recording, 8 by default; the oldest is removed for a further one.
    pub const fn record_files(mut self, record_files: usize) -> Self {
        self.record_files = record_files;
        self.come_from(Id::RecordFiles, Origin::Program)
    }

    /// Sets the most bytes of a frame that are recorded, 1 MiB by default; the rest is left out.
    pub const fn record_frame_size(mut self, record_frame_size: usize) -> Self {
        self.record_frame_size = record_frame_size;
        self.come_from(Id::RecordFrameSize, Origin::Program)
    }

    /// Lets environment variables override the options that were set before. With the prefix
    /// `ECHO`, `ECHO_MAX_PROCESSES` sets `max_processes`, `ECHO_RECV_TIMEOUT=30s` sets
    /// `recv_timeout`, and so on. By default the environment isn't read.
    ///
    /// The variables are read when the server starts. Options that the program sets after this call
    /// override them: `Echo::OPTIONS.port(0)` takes a free port, whatever `ECHO_PORT` says. The
    /// documentation of the attribute has the rules ([`tcp_server`](macro@crate::tcp_server)).
    pub const fn env(mut self, prefix: &'static str) -> Self {
        self.env = Some(prefix);
        self.origins = self.origins.settle(Origin::Beneath);
        self
    }

    /// Checks the options by the same rules as the attribute.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Options`], which names the first invalid option and the reason.
    pub fn check(&self) -> Result {
        let problem = TABLE.iter().find_map(|option| option.problem(self));
        let problem = problem
            .or_else(|| check::env(self.env?).map(Into::into))
            .or_else(|| together::problem(self).map(Into::into))
            .or_else(|| listen::beside_others(self));
        problem.map_or(Ok(()), |problem| Err(Error::new(ErrorKind::Options, problem)))
    }

    /// Returns whether the server has a port, or what takes its place: a listener of the program's,
    /// or memory. What `tls_…` and `proxy_protocol` say is said of it.
    pub(crate) const fn has_port(&self) -> bool {
        self.port.is_some() || self.given || self.in_memory
    }

    /// Returns whether connections come from elsewhere than `port`.
    pub(crate) const fn listens_elsewhere(&self) -> bool {
        self.in_memory || self.given || !self.listen.0.is_empty()
    }

    /// Returns these options for a server whose listener the program has: it doesn't use `port` and
    /// `listen`.
    pub(crate) const fn on_a_given_listener(mut self) -> Self {
        self.given = true;
        self
    }

    /// Marks the options that were set so far as the attribute's.
    #[doc(hidden)]
    pub const fn declared(mut self) -> Self {
        self.origins = self.origins.settle(Origin::Attribute);
        self
    }

    /// Returns whether the port speaks TLS from a connection's first byte.
    pub(crate) const fn speaks_tls(&self) -> bool {
        self.has_port() && !self.tls_cert.is_empty() && !self.tls_starttls
    }

    /// Returns these options with the protocol options of `server`.
    pub(crate) const fn for_protocol_of(mut self, server: &Options) -> Self {
        self.packet = server.packet;
        self.delimiter = server.delimiter;
        self.active = server.active;
        self.come_from(Id::Packet, server.origins.of(Id::Packet))
            .come_from(Id::Delimiter, server.origins.of(Id::Delimiter))
            .come_from(Id::Active, server.origins.of(Id::Active))
    }

    /// Returns these options for a running server, with its protocol options where these are unset.
    pub(crate) fn asked_of(mut self, running: &Options) -> Self {
        self.in_memory = running.in_memory;
        self.given = running.given;
        self.packet = self.packet.or(running.packet);
        self.delimiter = self.delimiter.or(running.delimiter);
        self.active = self.active.or(running.active);
        self
    }

    /// Makes a server that takes messages active and others passive, unless `active` is set.
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

/// Parses one option and checks it; the error says what is wrong.
#[cfg(any(feature = "serde", feature = "__test_hooks", test))]
pub(crate) fn read(options: Options, name: &str, text: &str) -> Result<Options, String> {
    let option = table::changeable(name, None).map_err(|problem| problem.to_string())?;
    let options = option.read(options, text, Origin::Program)?;
    option
        .problem(&options)
        .map_or(Ok(options), |problem| Err(problem.into_owned()))
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}
