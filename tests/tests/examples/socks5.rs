//! The example `socks5`, with curl and netcat, and with what they don't send.

mod by_hand;
mod clients;
#[cfg(target_os = "linux")]
mod connecting;
mod cut;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use kai_tcp_server::bits;
use kai_tcp_server_tests::{Client, Example};
use tokio::net::{TcpListener, TcpSocket};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LOCALHOST_V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// A greeting without a login.
const GREETING: [u8; 3] = [5, 1, 0];
const GREETED: [u8; 2] = [5, 0];

/// Starts the proxy for targets of this machine and the address of all, to which nothing is sent.
fn start() -> (Example, SocketAddr) {
    start_under(&[])
}

/// The same with environment variables.
fn start_under(variables: &[(&str, &str)]) -> (Example, SocketAddr) {
    let arguments = ["0", "127.0.0.0/8", "::1", "255.255.255.255"];
    let example = Example::start_under("socks5", &arguments, variables);
    let addr = example.addr();
    (example, addr)
}

/// Builds a request to connect to an address.
fn request(target: SocketAddr) -> Vec<u8> {
    let port = target.port();
    match target.ip() {
        IpAddr::V4(ip) => bits!(5u8, 1u8, 0u8, 1u8, ip.octets(), port: u16),
        IpAddr::V6(ip) => bits!(5u8, 1u8, 0u8, 4u8, ip.octets(), port: u16),
    }
}

/// Builds a request to connect to a name.
fn named(name: &[u8], port: u16) -> Vec<u8> {
    let length = u8::try_from(name.len()).expect("a name has at most 255 bytes");
    bits!(5u8, 1u8, 0u8, 3u8, length: u8, name, port: u16)
}

/// Builds the answer of this code.
fn answer(code: u8, bound: SocketAddr) -> Vec<u8> {
    let mut answer = request(bound);
    answer[1] = code;
    answer
}

fn refusal(code: u8) -> Vec<u8> {
    answer(code, (Ipv4Addr::UNSPECIFIED, 0).into())
}

/// Opens a port of this machine.
async fn listen(ip: IpAddr) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((ip, 0)).await.expect("there is a free port");
    let addr = listener.local_addr().expect("it is bound");
    (listener, addr)
}

/// Takes a port at which nobody listens, as long as the socket is there.
fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("sockets are left");
    socket.bind((LOCALHOST, 0).into()).expect("there is a free port");
    let addr = socket.local_addr().expect("it is bound");
    (socket, addr)
}

/// Connects to the proxy and says hello.
async fn greet(proxy: SocketAddr) -> Client {
    let mut client = Client::connect(proxy).await;
    client.call(GREETING, GREETED).await;
    client
}

/// Connects to a listener through the proxy. Returns both ends.
async fn through(proxy: SocketAddr, listener: &TcpListener) -> (Client, Client) {
    let mut client = greet(proxy).await;
    let addr = listener.local_addr().expect("it is bound");
    client.send(request(addr)).await;
    let (target, bound) = Client::accept(listener).await;
    client.expect(answer(0, bound)).await;
    (client, target)
}

/// Passes a word on in both directions.
async fn talk(client: &mut Client, target: &mut Client) {
    client.send("ping").await;
    target.expect("ping").await;
    target.send("pong").await;
    client.expect("pong").await;
}
