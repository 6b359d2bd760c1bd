//! The example `mqtt`, with mosquitto's clients, and with packets that those don't send.

mod mosquitto;
mod pace;
mod packets;
mod retained;
mod sessions;

use std::net::SocketAddr;
use std::time::Duration;

use kai_tcp_server_tests::{Client, Example};
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;

/// The time after which a test that waits has failed.
const PATIENCE: Duration = Duration::from_secs(30);

const PING: [u8; 2] = [0xc0, 0];
const PONG: [u8; 2] = [0xd0, 0];
const DISCONNECT: [u8; 2] = [0xe0, 0];
const WELCOME: [u8; 4] = [0x20, 2, 0, 0];

/// Starts the example on a free port. It ends when the test drops it.
fn start() -> (Example, SocketAddr) {
    let example = Example::start("mqtt", &["0"]);
    let addr = example.addr();
    (example, addr)
}

/// Returns a packet: its first byte, the length of its body, and the body.
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut length = body.len();
    while length > 0x7f {
        packet.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    packet.push(u8::try_from(length).expect("seven bits"));
    packet.extend(body);
    packet
}

/// Returns a text behind its length.
fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// Returns the CONNECT of a client without a will.
fn connect(client: &str, keep_alive: u16) -> Vec<u8> {
    connect_with(client, 0x02, keep_alive, &[])
}

/// Returns a CONNECT with these flags, and what stands behind the client's id.
fn connect_with(client: &str, flags: u8, keep_alive: u16, rest: &[u8]) -> Vec<u8> {
    let head = [&text("MQTT")[..], &[4, flags], &keep_alive.to_be_bytes()].concat();
    packet(0x10, &[&head, &text(client)[..], rest].concat())
}

/// Returns a PUBLISH: at most once if the id is 0, else with these flags.
fn publish(flags: u8, topic: &str, id: u16, payload: &[u8]) -> Vec<u8> {
    let id = if flags & 6 == 0 {
        vec![]
    } else {
        id.to_be_bytes().to_vec()
    };
    packet(0x30 | flags, &[&text(topic)[..], &id, payload].concat())
}

fn subscribe(id: u16, filter: &str, qos: u8) -> Vec<u8> {
    packet(0x82, &[&id.to_be_bytes()[..], &text(filter), &[qos]].concat())
}

fn suback(id: u16, granted: u8) -> Vec<u8> {
    packet(0x90, &[&id.to_be_bytes()[..], &[granted]].concat())
}

/// Returns an acknowledgement of the kind that this first byte says.
fn ack(first: u8, id: u16) -> Vec<u8> {
    packet(first, &id.to_be_bytes())
}

/// Connects a client with an id.
async fn client(addr: SocketAddr, id: &str) -> Client {
    let mut client = Client::connect(addr).await;
    client.call(connect(id, 0), WELCOME).await;
    client
}

/// Connects a client without an id that subscribes to a filter.
async fn subscriber(addr: SocketAddr, filter: &str, qos: u8) -> Client {
    let mut subscriber = client(addr, "").await;
    subscriber.call(subscribe(1, filter, qos), suback(1, qos)).await;
    subscriber
}

/// Connects a subscriber that reads nothing, and of whose socket the kernel keeps little.
async fn stuck(addr: SocketAddr, filter: &str, qos: u8) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("the option is known");
    socket.connect(&addr.into()).expect("it listens");
    socket.set_nonblocking(true).expect("the option is known");
    let stream = TcpStream::from_std(socket.into()).expect("a runtime");
    let mut stuck = Client::over(stream);
    stuck.call(connect("stuck", 0), WELCOME).await;
    stuck.call(subscribe(1, filter, qos), suback(1, qos)).await;
    stuck
}
