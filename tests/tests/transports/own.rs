//! Transports and listeners of the program's own.

mod listeners;
mod port;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use kai_tcp_server::transport::Listener;
use kai_tcp_server::{
    Action, CloseReason, ErrorKind, LocalAddr, Options, Overload, PeerAddr, Server, Socket, SuspendedPort, start_on,
    tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use self::port::{At, Clients, Duct, Step};

/// The number of refused clients that the server says goodbye to at a time.
const FAREWELLS: usize = 64;

/// Tells of its ends.
struct Echo(UnboundedSender<CloseReason>);

#[tcp_server(port = 0, packet = line(lf), max_processes = 2, max_restarts = 0)]
impl Echo {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"large" => reply(vec![b'x'; 100_000]),
            b"read" => {
                let mut bytes = [0; 10];
                let read = socket.read_exact(&mut bytes).await;
                reply(format_args!("{}", read.is_ok()))
            }
            b"wait" => {
                tokio::time::sleep(Duration::from_secs(10)).await;
                reply(b"waited")
            }
            data => reply(data),
        }
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(reason);
    }
}

struct Play {
    server: Server,
    clients: Clients,
    ends: UnboundedReceiver<CloseReason>,
}

async fn play(options: Options) -> Play {
    let (port, clients) = Clients::new();
    let (tell, ends) = unbounded_channel();
    let server = start_on(with(Echo(tell), options), port).await.unwrap();
    Play { server, clients, ends }
}

impl Play {
    /// A connection ended for this reason, if one of which the server knows.
    async fn ended(&mut self, reason: Option<CloseReason>, at: At) {
        if let Some(reason) = reason {
            assert_eq!(next(&mut self.ends).await, Some(reason), "{at:?}");
        }
    }

    /// The server goes on: whoever comes is served.
    async fn goes_on(&self) {
        self.clients.connect().call("hello\n", "hello\n").await;
    }
}

#[tokio::test]
async fn a_listener_of_the_programs_own_stands_in_for_the_port() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let play = play(Echo::OPTIONS.port(taken.local_addr().unwrap().port())).await;
    let mut client = play.clients.connect();
    client.call("hello\n", "hello\n").await;
    assert_eq!(play.server.local_addrs(), [LocalAddr::Other("a test\n".into())]);
    let peer = &play.server.connections()[0].peer_addr;
    assert_eq!(*peer, PeerAddr::Other("somebody\n".into()));
    assert_eq!((peer.ip(), play.server.local_addr().port()), (None, 0));
    // Text that somebody else wrote is escaped wherever it is shown.
    let tree = play.server.tree().to_string();
    assert!(
        tree.contains(r"on a test\n") && tree.contains(r"from somebody\n"),
        "{tree}"
    );
}

#[tokio::test]
async fn no_port_is_needed_where_the_program_has_the_listener() {
    let play = play(Options::new()).await;
    play.goes_on().await;
    let changes = play.server.reload(Options::new().max_processes(3)).unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
}

#[tokio::test]
async fn no_more_are_accepted_than_max_processes() {
    let play = play(Echo::OPTIONS.max_processes(2)).await;
    let mut clients = [(); 4].map(|()| play.clients.connect());
    for client in &mut clients[..2] {
        client.call("hello\n", "hello\n").await;
    }
    for client in &mut clients[2..] {
        client.send("waits\n").await;
    }
    assert_eq!(play.server.info().curr_connections, 2);
    let [first, second, mut third, mut fourth] = clients;
    drop(first);
    third.expect("waits\n").await;
    drop(second);
    fourth.expect("waits\n").await;
}

/// The number of waiting clients that the server said goodbye to.
static SHUT_DOWN: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn whom_a_handshake_tells_is_the_peer() {
    let play = play(Echo::OPTIONS.max_per_ip(1)).await;
    let addr = SocketAddr::from(([192, 0, 2, 1], 49152));
    let mut first = play.clients.connect_by(|duct| duct.tells = Some(addr.into()));
    first.call("hello\n", "hello\n").await;
    assert_eq!(play.server.connections()[0].peer_addr, addr);
    let mut second = play.clients.connect_by(|duct| duct.tells = Some(addr.into()));
    second.expect_eof().await;
    assert_eq!(play.server.info().refused.per_ip, 1);
}

/// Each of these points, with a step that does `$wrong` there.
macro_rules! wherever {
    ([$($point:ident),+] => $wrong:expr) => {
        [$((At::$point, (|at| if at == At::$point { $wrong } else { Ok(()) }) as Step)),+]
    };
}

/// Does what makes a server come to a point, and waits for the end.
async fn lead_there(client: &mut Client<DuplexStream>, at: At) {
    let frame = if at == At::Look { "wait\n" } else { "hello\n" };
    let stream = client.stream();
    // It may be gone already.
    let _ = stream.write_all(frame.as_bytes()).await;
    if at != At::Look {
        let _ = stream.shutdown().await;
    }
    client.expect_gone().await;
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_transport_ends_its_own_connection_only() {
    let mut play = play(Echo::OPTIONS).await;
    for (at, step) in wherever!([Look, Read, Write, Shutdown, Handshake] => Err(io::Error::other("strange"))) {
        let mut client = play.clients.connect_by(|duct| duct.step = step);
        lead_there(&mut client, at).await;
        let reason = match at {
            At::Handshake => None,
            At::Shutdown => Some(CloseReason::Peer),
            _ => Some(CloseReason::Reset),
        };
        play.ended(reason, at).await;
        play.goes_on().await;
        play.ended(Some(CloseReason::Peer), at).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_transport_ends_its_own_connection_only() {
    let mut play = play(Echo::OPTIONS).await;
    let steps = wherever!(
        [Options, Handshake, ReadReady, Look, Read, Write, Shutdown, Drop] => panic!("a transport of a test's")
    );
    for (at, step) in steps {
        let mut client = play.clients.connect_by(|duct| duct.step = step);
        lead_there(&mut client, at).await;
        let reason = match at {
            At::Handshake => None,
            At::Options | At::Shutdown | At::Drop => Some(CloseReason::Peer),
            _ => Some(CloseReason::Panic),
        };
        play.ended(reason, at).await;
        play.goes_on().await;
        play.ended(Some(CloseReason::Peer), at).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nor_does_a_panic_of_one_that_is_refused_end_anything_else() {
    let options = Echo::OPTIONS.max_processes(1).overload(Overload::RefuseWith(b"busy\n"));
    let play = play(options).await;
    let mut served = play.clients.connect();
    served.call("hello\n", "hello\n").await;
    let steps = wherever!([Handshake, Write, Shutdown, Drop] => panic!("a transport of a test's"));
    // More than have the time to take the words, too.
    let refused: Vec<_> = (0..FAREWELLS + 4)
        .flat_map(|_| steps)
        .map(|(_, step)| play.clients.connect_by(|duct| duct.step = step))
        .collect();
    for mut client in refused {
        let _ = client.stream().shutdown().await;
        client.expect_gone().await;
    }
    served.call("hello\n", "hello\n").await;
    let mut refused = play.clients.connect();
    refused.expect("busy\n").await;
}

#[tokio::test(start_paused = true)]
async fn one_that_says_that_it_wrote_more_than_there_was_is_broken() {
    let mut play = play(Echo::OPTIONS).await;
    let mut client = play.clients.connect_by(|duct| duct.lies = 1);
    client.send("hello\n").await;
    client.expect_gone().await;
    assert_eq!(next(&mut play.ends).await, Some(CloseReason::Reset));
    play.goes_on().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_says_so_of_a_large_reply_or_takes_back_what_it_read_is_broken_too() {
    let mut play = play(Echo::OPTIONS).await;
    let mut client = play.clients.connect_by(|duct| duct.lies = 1_000_000);
    client.send("large\n").await;
    client.expect_gone().await;
    assert_eq!(next(&mut play.ends).await, Some(CloseReason::Reset));
    let mut client = play.clients.connect_by(|duct| duct.lies = 1);
    client.send("read\n").await;
    eventually("it is called", || play.server.info().calls == 2).await;
    client.send("four").await;
    client.expect_gone().await;
    assert_eq!(next(&mut play.ends).await, Some(CloseReason::Reset));
    play.goes_on().await;
}

/// True if the transport has panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// The number of times that the transport was called after that.
static AFTERWARDS: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(start_paused = true)]
async fn a_transport_that_has_panicked_is_not_called_again() {
    let mut play = play(Echo::OPTIONS).await;
    let step: Step = |at| {
        if PANICKED.load(SeqCst) {
            AFTERWARDS.fetch_add(usize::from(at != At::Drop), SeqCst);
        } else if at == At::Write {
            PANICKED.store(true, SeqCst);
            panic!("a transport of a test's");
        }
        Ok(())
    };
    let mut client = play.clients.connect_by(|duct| duct.step = step);
    client.send("hello\n").await;
    client.expect_gone().await;
    assert_eq!(next(&mut play.ends).await, Some(CloseReason::Panic));
    assert!(PANICKED.load(SeqCst));
    assert_eq!(AFTERWARDS.load(SeqCst), 0);
}

/// True if the peer is gone, which wakes nobody.
static GONE: AtomicBool = AtomicBool::new(false);

#[tokio::test(start_paused = true)]
async fn where_changes_wake_nobody_a_call_that_waits_learns_of_them_all_the_same() {
    let mut play = play(Echo::OPTIONS).await;
    let begun = Instant::now();
    let mut client = play.clients.connect_by(|duct| {
        duct.unseen = true;
        duct.step = |at| match at {
            At::Look if GONE.load(SeqCst) => Err(io::ErrorKind::ConnectionReset.into()),
            _ => Ok(()),
        };
    });
    client.send("wait\n").await;
    eventually("it is called", || play.server.info().calls == 1).await;
    GONE.store(true, SeqCst);
    assert_eq!(next(&mut play.ends).await, Some(CloseReason::Reset));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// The number of the many waiting clients that the server said goodbye to.
static MANY_SHUT_DOWN: AtomicUsize = AtomicUsize::new(0);

/// The number of times that a transport was flushed in parts.
static FLUSHED: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(start_paused = true)]
async fn a_transport_that_flushes_in_parts_is_asked_to() {
    let play = play(Echo::OPTIONS).await;
    let mut client = play.clients.connect_by(|duct| {
        duct.kept = Some(Vec::new());
        duct.step = |at| {
            FLUSHED.fetch_add(usize::from(at == At::FlushSome), SeqCst);
            Ok(())
        };
    });
    client.call("hello\n", "hello\n").await;
    assert!(FLUSHED.load(SeqCst) > 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_transport_keeps_goes_out_before_the_server_waits_and_at_the_end() {
    let play = play(Echo::OPTIONS).await;
    let mut client = play.clients.connect_by(|duct| duct.kept = Some(Vec::new()));
    client.call("hello\n", "hello\n").await;
    client.call("again\nand again\n", "again\nand again\n").await;
    // More than it keeps, and more than the pipe takes: what is left goes out as the client reads.
    let lines: Vec<String> = (0..500).map(|number| format!("{number:0>99}\n")).collect();
    let long = lines.concat();
    let (mut reads, mut writes) = tokio::io::split(client.stream());
    let write = async {
        writes.write_all(long.as_bytes()).await.unwrap();
        writes.shutdown().await.unwrap();
    };
    let read = async {
        let mut got = String::new();
        reads.read_to_string(&mut got).await.unwrap();
        got
    };
    let ((), got) = tokio::join!(write, read);
    assert!(got == long, "{} of {} bytes", got.len(), long.len());
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_seen_of_the_peer_a_call_that_waits_ends_by_itself() {
    let mut play = play(Echo::OPTIONS).await;
    let begun = Instant::now();
    let mut client = play.clients.connect();
    client.send("wait\n").await;
    eventually("it is called", || play.server.info().calls == 1).await;
    drop(client);
    assert_eq!(next(&mut play.ends).await, Some(CloseReason::Reset));
    assert!(begun.elapsed() >= Duration::from_secs(10), "{:?}", begun.elapsed());
    play.goes_on().await;
}

/// The number of times that the transport was asked to flush in
/// `a_flush_that_gets_nowhere_leaves_the_thread_to_others`.
static FLUSHES: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn a_flush_that_gets_nowhere_leaves_the_thread_to_others() {
    let play = play(Echo::OPTIONS).await;
    let mut stuck = play.clients.connect_by(|duct| {
        duct.kept = Some(Vec::new());
        duct.stuck = true;
        duct.step = |at| {
            // So that the test has an end where a turn has none.
            if at == At::FlushSome && FLUSHES.fetch_add(1, SeqCst) == 1_000_000 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        };
    });
    stuck.send("hello\n").await;
    eventually("it flushes", || FLUSHES.load(SeqCst) > 100).await;
    play.goes_on().await;
    assert!(FLUSHES.load(SeqCst) < 1_000_000, "one turn had no end");
    drop(stuck);
}
