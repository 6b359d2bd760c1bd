//! Descriptors that come where a socket should.

use std::fs::File;
use std::net::{TcpListener, TcpStream, UdpSocket};

use super::*;
use crate::transport::of_socket;

/// Returns what is neither a listener nor a connection.
fn no_streams() -> [OwnedFd; 3] {
    let (pipe, _) = io::pipe().expect("there are pipes");
    let datagrams = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    let file = File::open("/dev/null").expect("there is a null device");
    [file.into(), pipe.into(), datagrams.into()]
}

#[tokio::test]
async fn only_sockets_that_listen_are_listeners() {
    assert!(no_streams().into_iter().all(|fd| listening(fd).is_none()));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let addr = listener.local_addr().expect("it has an address");
    let connection = TcpStream::connect(addr).expect("it listens");
    assert!(listening(connection.into()).is_none());
    assert!(listening(listener.into()).is_some());
}

#[tokio::test]
async fn only_connected_sockets_are_connections() {
    let refused = no_streams().map(|fd| of_socket(fd).err());
    assert_eq!(refused, [Some("no socket"), Some("no socket"), Some("no connection")]);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let addr = listener.local_addr().expect("it has an address");
    let connection = TcpStream::connect(addr).expect("it listens");
    assert!(of_socket(connection.into()).is_ok());
    assert_eq!(of_socket(listener.into()).err(), Some("no connection"));
}
