//! Stopping: from anywhere, gracefully, within `shutdown`, with a count of the connections' ends.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::sync::Arc;
use std::time::Duration;

use kai_tcp_server::{
    Action, BRUTAL_KILL, ChildSpec, CloseReason, INFINITY, Options, Result, Server, Socket, Stopped, Supervisor, start,
    tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually, next};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout};

struct Stopping {
    events: UnboundedSender<String>,
    go: Arc<Semaphore>,
}

#[tcp_server(port = 0, packet = line(lf), shutdown = "10s", send_timeout = infinity, recv_timeout = infinity)]
impl Stopping {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Action {
        match data {
            "work" => {
                let _ = self.events.send("working".to_owned());
                self.go.acquire().await.unwrap().forget();
                reply("done")
            }
            "flood" => reply("x".repeat(10_000_000)),
            "stop" => {
                drop(socket.server().stop());
                reply("stopping")
            }
            "stop and wait" => {
                let stopped = socket.server().stop().await;
                reply(format!("{stopped:?}"))
            }
            data => reply(data.to_owned()),
        }
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.events.send(format!("{reason:?}"));
    }
}

struct Play {
    server: Server,
    go: Arc<Semaphore>,
    told: UnboundedReceiver<String>,
}

async fn play(options: Options) -> Play {
    let (events, told) = unbounded_channel();
    let go = Arc::new(Semaphore::new(0));
    let stopping = Stopping {
        events,
        go: Arc::clone(&go),
    };
    let server = start(with(stopping, options)).await.unwrap();
    Play { server, go, told }
}

impl Play {
    async fn told(&mut self, event: &str) {
        assert_eq!(next(&mut self.told).await.as_deref(), Some(event));
    }
}

/// Returns the numbers of finished and of cut connections.
fn counts(stopped: Stopped) -> (usize, usize) {
    (stopped.finished, stopped.cut)
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_lets_the_running_call_finish_but_not_those_behind_it() {
    let mut play = play(Stopping::OPTIONS.max_processes(3)).await;
    let addr = play.server.local_addr();
    let mut idle = Client::connect(addr).await;
    idle.call("a\nhalf", "a\n").await;
    let mut busy = Client::connect(addr).await;
    busy.send("work\nnever\n").await;
    play.told("working").await;
    let mut another = Client::connect(addr).await;
    another.call("b\n", "b\n").await;
    // All processes are busy, so this client waits in the backlog.
    let mut waiting = Client::connect(addr).await;
    waiting.send("c\n").await;

    let stopping = play.server.stop();
    idle.expect_eof().await;
    another.expect_eof().await;
    waiting.expect_eof().await;
    play.told("Stopped").await;
    play.told("Stopped").await;
    // The port is closed although a call runs.
    let refused = TcpStream::connect(addr).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    drop((idle, another, waiting));
    eventually("one is left", || play.server.info().curr_connections == 1).await;

    play.go.add_permits(1);
    busy.expect("done\n").await;
    busy.expect_eof().await;
    drop(busy);
    assert_eq!(counts(stopping.await), (3, 0));
    play.server.wait().await.unwrap();
    play.told("Stopped").await;
    assert_eq!(play.server.info().calls, 3);

    // A second stop joins the first, and all callers get the same result.
    assert_eq!(counts(play.server.clone().stop().await), (3, 0));
    play.server.wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_runs_when_shutdown_is_over_is_cut_and_counted() {
    let mut play = play(Stopping::OPTIONS.in_memory()).await;
    let mut clients = Vec::new();
    for line in ["a\n", "work\n", "work\n", "flood\n"] {
        let mut client = Client::in_memory(&play.server).await;
        client.send(line).await;
        clients.push(client);
    }
    play.told("working").await;
    play.told("working").await;
    // Wait until the flood is blocked.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    assert_eq!(counts(play.server.stop().await), (1, 3));
    assert_eq!(begin.elapsed().as_secs(), 10);
    for _ in 0..4 {
        play.told("Stopped").await;
    }
    clients[0].expect("a\n").await;
    for mut client in clients.drain(..3) {
        client.expect_eof().await;
    }
}

#[tokio::test(start_paused = true)]
async fn brutal_kill_waits_for_no_call() {
    let mut play = play(Stopping::OPTIONS.in_memory().shutdown(BRUTAL_KILL)).await;
    let mut client = Client::in_memory(&play.server).await;
    client.send("work\n").await;
    play.told("working").await;
    let begin = Instant::now();
    assert_eq!(counts(play.server.stop().await), (0, 1));
    assert_eq!(begin.elapsed().as_secs(), 0);
    client.expect_eof().await;
    play.told("Stopped").await;
}

#[tokio::test(start_paused = true)]
async fn infinity_waits_for_ever() {
    let mut play = play(Stopping::OPTIONS.in_memory().shutdown(INFINITY)).await;
    let mut client = Client::in_memory(&play.server).await;
    client.send("work\n").await;
    play.told("working").await;
    let stopping = play.server.stop();
    assert!(
        timeout(Duration::from_hours(24 * 365), play.server.wait())
            .await
            .is_err()
    );
    play.go.add_permits(1);
    client.expect("done\n").await;
    drop(client);
    assert_eq!(counts(stopping.await), (1, 0));
}

#[tokio::test]
async fn a_callback_can_stop_its_own_server_and_its_reply_goes_out() {
    let mut play = play(Stopping::OPTIONS).await;
    let mut client = Client::connect(play.server.local_addr()).await;
    client.call("stop\nnever\n", "stopping\n").await;
    client.expect_eof().await;
    drop(client);
    play.server.wait().await.unwrap();
    play.told("Stopped").await;
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_waits_for_the_stop_of_its_own_server_is_cut() {
    let play = play(Stopping::OPTIONS.in_memory()).await;
    let mut client = Client::in_memory(&play.server).await;
    client.send("stop and wait\n").await;
    client.expect_eof().await;
    assert_eq!(counts(play.server.stop().await), (0, 1));
}

#[tokio::test]
async fn dropping_every_handle_stops_nothing() {
    let play = play(Stopping::OPTIONS).await;
    let addr = play.server.local_addr();
    let mut client = Client::connect(addr).await;
    drop(play.server);
    client.call("a\n", "a\n").await;
    let mut another = Client::connect(addr).await;
    another.call("b\n", "b\n").await;
    client.send("stop\n").await;
    client.expect("stopping\n").await;
    another.expect_eof().await;
}

#[tokio::test]
async fn dropping_a_stop_lets_it_go_on() {
    let play = play(Stopping::OPTIONS).await;
    drop(play.server.stop());
    play.server.wait().await.unwrap();
}

#[tokio::test]
async fn a_stopped_server_can_be_started_again_at_once_on_its_port() {
    let first = play(Stopping::OPTIONS).await;
    let addr = first.server.local_addr();
    // A connection that the server closed stays in TIME_WAIT.
    let mut client = Client::connect(addr).await;
    client.call("a\n", "a\n").await;
    let stopping = first.server.stop();
    client.expect_eof().await;
    drop(client);
    stopping.await;
    let second = play(Stopping::OPTIONS.port(addr.port())).await;
    assert_eq!(second.server.local_addr(), addr);
    let mut client = Client::connect(addr).await;
    client.call("b\n", "b\n").await;
}

#[tokio::test]
async fn a_server_without_connections_stops_at_once() {
    let play = play(Stopping::OPTIONS).await;
    assert_eq!(counts(play.server.stop().await), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_in_memory_server_that_has_stopped_refuses_and_drops_what_waited() {
    let play = play(Stopping::OPTIONS.in_memory().max_processes(1)).await;
    let mut served = Client::in_memory(&play.server).await;
    served.call("a\n", "a\n").await;
    let mut waiting = Client::in_memory(&play.server).await;
    waiting.send("b\n").await;
    play.server.stop().await;
    served.expect_eof().await;
    waiting.expect_eof().await;
    assert_eq!(
        play.server.connect().await.unwrap_err().kind(),
        kai_tcp_server::ErrorKind::NotRunning
    );
}

/// Blocks its thread, so that a cut has no effect.
struct Blocking(std::sync::Mutex<std::sync::mpsc::Receiver<()>>, UnboundedSender<()>);

#[tcp_server(port = 0, shutdown = brutal_kill)]
impl Blocking {
    fn handle_call(&self) -> Action {
        self.1.send(()).unwrap();
        let _ = self.0.lock().unwrap().recv_timeout(Duration::from_secs(20));
        noreply
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_blocks_its_thread_is_left_behind() {
    let (release, blocked) = std::sync::mpsc::channel();
    let (events, mut blocks) = unbounded_channel();
    let server = start(with(
        Blocking(std::sync::Mutex::new(blocked), events),
        Blocking::OPTIONS.in_memory(),
    ))
    .await
    .unwrap();
    let mut client = Client::in_memory(&server).await;
    client.send("a\n").await;
    next(&mut blocks).await.unwrap();
    assert_eq!(counts(server.stop().await), (0, 1));
    server.wait().await.unwrap();
    // It has blocked until now.
    release.send(()).unwrap();
    client.expect_gone().await;
}

/// A server whose end takes this time.
struct Ending(Duration);

#[tcp_server(port = 0, shutdown = "10s", max_restarts = 0)]
impl Ending {
    fn init(&mut self, supervisor: &Supervisor) -> Result {
        let once = ChildSpec::new("dying", || tokio::time::sleep(Duration::from_secs(100)));
        supervisor.start_child(once).map(drop)
    }

    fn handle_call(&self) -> Action {
        noreply
    }

    async fn terminate(&self) {
        tokio::time::sleep(self.0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn terminate_has_shutdown_as_its_limit_whatever_the_end_is() {
    for (takes, shutdown, waited) in [
        (INFINITY, Duration::from_secs(10), 10),
        (Duration::from_secs(9), Duration::from_secs(10), 9),
        (Duration::from_secs(99), INFINITY, 99),
        (INFINITY, BRUTAL_KILL, 0),
    ] {
        let options = Ending::OPTIONS.in_memory().shutdown(shutdown);
        let server = start(with(Ending(takes), options)).await.unwrap();
        let begin = Instant::now();
        server.stop().await;
        assert_eq!(begin.elapsed().as_secs(), waited);
        server.wait().await.unwrap();

        let server = start(with(Ending(takes), options)).await.unwrap();
        let begin = Instant::now();
        server.wait().await.unwrap_err();
        assert_eq!(begin.elapsed().as_secs(), 100 + waited);
    }
}
