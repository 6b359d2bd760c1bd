//! A server as a child of another supervisor.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use kai_tcp_server::{Action, Options, Supervisor, child_spec, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::net::TcpListener;

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Returns a port that was free a moment ago.
async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

fn supervised(options: Options) -> Supervisor {
    let supervisor = Supervisor::new(3, Duration::from_mins(1));
    supervisor
        .start_child(child_spec("echo", move || with(Echo, options)))
        .unwrap();
    supervisor
}

/// Connects once a server answers. A listening port isn't enough: its server may be about to end.
async fn client(port: u16) -> Client {
    let addr = ([127, 0, 0, 1], port).into();
    eventually("somebody answers", || answers(addr).is_ok()).await;
    Client::connect(addr).await
}

fn answers(addr: SocketAddr) -> std::io::Result<()> {
    let mut stream = std::net::TcpStream::connect(addr)?;
    stream.write_all(b"hello\n")?;
    stream.read_exact(&mut [0; 6])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_is_restarted_on_the_same_port() {
    let port = free_port().await;
    let supervisor = supervised(Echo::OPTIONS.port(port));
    let mut before = client(port).await;
    before.call("hello\n", "hello\n").await;
    assert!(supervisor.kill(supervisor.children()[0].id));
    before.expect_gone().await;
    eventually("it is restarted", || supervisor.children()[0].restarts == 1).await;
    let mut after = client(port).await;
    after.call("hello\n", "hello\n").await;
    assert_eq!(supervisor.children()[0].restarts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_ends_with_its_supervisor() {
    let port = free_port().await;
    let supervisor = supervised(Echo::OPTIONS.port(port));
    let mut served = client(port).await;
    served.call("hello\n", "hello\n").await;
    supervisor.stop();
    served.expect_eof().await;
    supervisor.wait().await;
    // The port is free again.
    let again = start(with(Echo, Echo::OPTIONS.port(port))).await.unwrap();
    again.stop().await;
}
