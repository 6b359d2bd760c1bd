//! A log subscriber that acts within a burst: the connections accepted by then are served, or
//! closed in an orderly way.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, ErrorKind, ExitReason, Options, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, write_to};
use tokio::sync::Notify;
use tracing::subscriber::DefaultGuard;

type Done = Box<dyn FnOnce() + Send>;

/// Runs a function once, when a connection is refused.
#[derive(Clone)]
struct OnRefused(Arc<Mutex<Option<Done>>>);

impl Write for OnRefused {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_refused = String::from_utf8_lossy(bytes).contains("refused 127");
        let done = self.0.lock().unwrap().take_if(|_| is_refused);
        if let Some(done) = done {
            done();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Subscribes for the servers of this thread, until the guard is dropped.
fn on_refused(done: impl FnOnce() + Send + 'static) -> DefaultGuard {
    let log = OnRefused(Arc::new(Mutex::new(Some(Box::new(done)))));
    write_to(move || log.clone())
}

#[derive(Default)]
struct Shared {
    calls: AtomicUsize,
    may_end: Notify,
}

struct Three(Arc<Shared>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 100, max_per_ip = 3)]
impl Three {
    fn handle_call(&self, data: &[u8]) -> Action {
        self.0.calls.fetch_add(1, SeqCst);
        reply(data)
    }

    async fn terminate(&self, _: &ExitReason) {
        self.0.may_end.notified().await;
    }
}

async fn three(options: Options) -> (Server, Arc<Shared>) {
    let shared = Arc::default();
    let server = start(with(Three(Arc::clone(&shared)), options)).await.unwrap();
    (server, shared)
}

/// Connects four clients at once, of which the server admits three. The server has no turn
/// meanwhile, because it shares this thread.
fn burst(addr: SocketAddr) -> [TcpStream; 4] {
    [(); 4].map(|()| {
        let mut client = TcpStream::connect(addr).unwrap();
        client.write_all(b"hello\n").unwrap();
        client
    })
}

#[tokio::test]
async fn lowered_in_the_middle_of_a_burst_those_who_were_accepted_are_served() {
    let (server, shared) = three(Three::OPTIONS).await;
    let handle = server.clone();
    let _log = on_refused(move || handle.set_max_processes(1).unwrap());
    let _clients = burst(server.local_addr());
    eventually("all three are served", || shared.calls.load(SeqCst) == 3).await;
}

#[tokio::test]
async fn after_a_panic_in_the_middle_of_a_burst_those_who_were_accepted_and_those_who_come_are_served() {
    let (server, shared) = three(Three::OPTIONS).await;
    let _log = on_refused(|| panic!("the log is full"));
    let clients = burst(server.local_addr());
    eventually("all three are served", || shared.calls.load(SeqCst) == 3).await;
    assert_eq!(server.info().restarts, 0);
    drop(clients);
    eventually("they have left", || server.info().curr_connections == 0).await;
    let mut next = Client::connect(server.local_addr()).await;
    next.call("hello\n", "hello\n").await;
}

#[tokio::test]
async fn those_who_were_accepted_see_their_end_when_the_server_ends_by_itself() {
    let (server, shared) = three(Three::OPTIONS.max_restarts(0)).await;
    let handle = server.clone();
    // Its first acceptor, during its turn.
    let _log = on_refused(move || assert!(kill_acceptor(&handle, 1)));
    for client in burst(server.local_addr()) {
        client.set_nonblocking(true).unwrap();
        let client = tokio::net::TcpStream::from_std(client).unwrap();
        Client::over(client).expect_gone().await;
    }
    shared.may_end.notify_one();
    let error = server.wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RestartIntensity);
}
