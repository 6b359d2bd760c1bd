//! The PROXY protocol: the peer is who the proxy says.

pub(crate) mod haproxy;
mod headers;
mod limits;
#[cfg(unix)]
mod listeners;
mod malformed;
mod optional;
mod pace;
mod refused;
mod timeouts;

use std::net::SocketAddr;

use kai_tcp_server::{
    Action, Cidr, CloseReason, Options, PeerAddr, ProxyInfo, ProxyProtocol, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The client that the proxy of these tests has.
const CLIENT: &str = "192.0.2.1:49152";
const V1: &[u8] = b"PROXY TCP4 192.0.2.1 203.0.113.7 49152 443\r\n";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xcb\0\x71\x07\xc0\0\x01\xbb";

/// The facts that the server was told of a connection.
#[derive(Debug)]
enum Event {
    Connected(PeerAddr, Option<ProxyInfo>),
    Closed(CloseReason),
}

/// Echoes, and tells of its connections.
struct Echo(UnboundedSender<Event>);

#[tcp_server(
    port = 0,
    packet = line(lf),
    max_processes = 100,
    proxy_protocol = required,
    trusted_proxies = ["127.0.0.1", "::1"],
)]
impl Echo {
    fn connected(&self, socket: &mut Socket) {
        let _ = self.0.send(Event::Connected(socket.peer_addr(), socket.proxy()));
    }

    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"who" => reply(format_args!("{}", socket.peer_addr())),
            data => reply(data),
        }
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(Event::Closed(reason));
    }
}

struct Play {
    server: Server,
    events: UnboundedReceiver<Event>,
}

const OPTIONAL: Options = Echo::OPTIONS.proxy_protocol(ProxyProtocol::Optional);

async fn play(options: Options) -> Play {
    let (tell, events) = unbounded_channel();
    let server = start(with(Echo(tell), options)).await.expect("it starts");
    Play { server, events }
}

impl Play {
    fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Connects by TCP, and sends these bytes.
    async fn connect(&self, begin: impl AsRef<[u8]>) -> Client {
        let mut client = Client::connect(self.addr()).await;
        client.send(begin).await;
        client
    }

    /// Returns what the server was told at the next connection.
    async fn connected(&mut self) -> (PeerAddr, Option<ProxyInfo>) {
        match next(&mut self.events).await {
            Some(Event::Connected(peer_addr, proxy)) => (peer_addr, proxy),
            other => panic!("no connection: {other:?}"),
        }
    }

    async fn closed(&mut self) -> CloseReason {
        match next(&mut self.events).await {
            Some(Event::Closed(reason)) => reason,
            other => panic!("no end: {other:?}"),
        }
    }

    fn nothing_was_told(&mut self) {
        let event = self.events.try_recv().ok();
        assert!(event.is_none(), "{event:?}");
    }
}

async fn is_served<T: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<T>) {
    client.call("hello\n", "hello\n").await;
}

fn blocks(texts: &[&str]) -> &'static [Cidr] {
    let blocks: Vec<Cidr> = texts.iter().map(|text| text.parse().expect("a block")).collect();
    blocks.leak()
}

fn addr(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// Returns a header of version 1 from this client.
fn from(client: &str) -> Vec<u8> {
    let (client, server) = (addr(client), "203.0.113.7:443");
    let server = if client.is_ipv4() { server } else { "[2001:db8::7]:443" };
    ppp::v1::Addresses::from((client, addr(server)))
        .to_string()
        .into_bytes()
}
