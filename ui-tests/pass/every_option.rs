#![deny(warnings)]

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use kai_tcp_server::{Action, Active, Overload, ProxyProtocol, Socket, tcp_server};

struct Literals;
struct Constants;
struct Words;
struct Environment;

#[tcp_server(
    port = 10_000,
    ip = "::1",
    listen = ["127.0.0.1:10000", "unix:/run/echo.sock mode=660", "[::1]:10443 starttls proxy_protocol=optional"],
    max_processes = 256,
    overload = refuse(b"busy\r\n"),
    tls(
        cert = ["cert.pem", "another.pem"],
        key = ["key.pem", "another.key"],
        client_ca = "clients.pem",
        client_optional = true,
        alpn = "echo",
        starttls = true,
        watch = "1m",
    ),
    handshake_timeout = "5s",
    proxy_protocol = optional,
    trusted_proxies = ["10.0.0.0/8"],
    proxy_timeout = "1s",
    max_per_ip = 16,
    allow = ["10.0.0.0/8", "::1"],
    deny = ["10.0.0.1"],
    accept_rate = 10 * 100,
    max_restarts = 3,
    restart_period = "1m",
    shutdown = "15s",
    stop_delay = "5s",
    upgrade = true,
    upgrade_timeout = "3s",
    accept_error_sleep_time = "100ms",
    recv_timeout = "1h",
    recv_limit = 1 << 20,
    send_timeout = "30s",
    frame_timeout = "10s",
    call_timeout = "1m",
    max_age = "24h",
    close_timeout = "45s",
    half_close = false,
    packet = raw(512),
    packet_size = 64 * 1024,
    active = once,
    mailbox = 64,
    backlog = 1024,
    reuseaddr = true,
    nodelay = false,
    keepalive = true,
    name = "literals",
    health = "[::1]:9000",
    agent_check = "[::1]:9001",
    env = "LITERALS",
    crate = kai_tcp_server,
)]
impl Literals {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        socket.set_active(Active::Once);
        reply(data)
    }
}

const PORT: u16 = 10_001;
const ADDRESS: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const HEALTH: SocketAddr = SocketAddr::new(ADDRESS, 9000);
const AGENT_CHECK: SocketAddr = SocketAddr::new(ADDRESS, 9001);
const TIME: Duration = Duration::from_secs(7);

mod limits {
    use std::net::{IpAddr, Ipv4Addr};

    use kai_tcp_server::Cidr;

    pub const WORDS: &[u8] = b"busy\n";
    pub const OFFICE: &[Cidr] = &[Cidr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8)];
    pub const PRINTER: Cidr = Cidr::single(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));
    pub const ADDRESS: &str = "127.0.0.1:10002";
    pub const NAME: &str = "constants";
    pub const PATH: &str = "cert.pem";
    pub const PATHS: &[&str] = &["key.pem"];
    pub const PREFIX: &str = "CONSTANTS_2";
}

#[tcp_server(
    port = PORT,
    ip = ADDRESS,
    listen = [limits::ADDRESS, Self::ADMIN, "127.0.0.1:10004"],
    max_processes = Self::LIMIT,
    overload = refuse,
    tls(cert = [limits::PATH], key = limits::PATHS, client_ca = limits::PATH, client_optional = Self::NODELAY, watch = TIME),
    proxy_protocol = ProxyProtocol::Required,
    trusted_proxies = limits::OFFICE,
    max_per_ip = Self::LIMIT,
    allow = limits::OFFICE,
    deny = [limits::PRINTER, "192.0.2.0/24"],
    accept_rate = Self::RESTARTS,
    max_restarts = 1 + Self::RESTARTS,
    restart_period = TIME,
    shutdown = TIME,
    stop_delay = TIME,
    recv_timeout = TIME,
    packet = raw(Self::LIMIT),
    packet_size = Self::LIMIT * 2,
    active = Self::RESTARTS,
    nodelay = Self::NODELAY,
    name = limits::NAME,
    health = HEALTH,
    agent_check = AGENT_CHECK,
    env = limits::PREFIX,
)]
impl Constants {
    const ADMIN: &'static str = "127.0.0.1:10003";
    const LIMIT: usize = 16;
    const RESTARTS: u32 = 2;
    const NODELAY: bool = cfg!(unix);

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn passive(&self) -> Action {
        close
    }
}

// What is missing here may be in the environment.
#[tcp_server(port = 0, env = "ENVIRONMENT", overload = refuse(limits::WORDS), proxy_protocol = required, tls(alpn = ["echo"]))]
impl Environment {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[tcp_server(port = 0, overload = refuse, allow = [], shutdown = brutal_kill, recv_timeout = infinity, packet = line(crlf | lf), active = false)]
impl Words {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn handle_info(&self, _: u8) -> Action {
        noreply
    }
}

fn main() {
    assert_eq!(Literals::OPTIONS, Literals::OPTIONS.overload(Overload::RefuseWith(b"busy\r\n")).max_per_ip(16));
    assert_eq!(Constants::OPTIONS, Constants::OPTIONS.allow(limits::OFFICE).accept_rate(2));
    assert_eq!(Constants::OPTIONS, Constants::OPTIONS.port(10_001).max_processes(16).max_restarts(3).recv_timeout(TIME));
    let _ = || kai_tcp_server::run(Literals);
    let _ = || kai_tcp_server::run(Constants);
    let _ = || kai_tcp_server::run(Words);
    let _ = || kai_tcp_server::run(Environment);
}
