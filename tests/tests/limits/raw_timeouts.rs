//! `recv_timeout` and `send_timeout` in a handler that reads and writes raw bytes.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::ErrorKind;
use std::time::Duration;

use kai_tcp_server::{
    Action, BoxError, CloseReason, Failure, Options, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// Reads and writes as the first line says.
struct Raw(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(lf), recv_timeout = "10s", send_timeout = "5s")]
impl Raw {
    fn connected(&self) {}

    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action, BoxError> {
        let mut bytes = [0; 10];
        match data {
            "read_exact" => {
                socket.read_exact(&mut bytes).await?;
            }
            "copy" => {
                tokio::io::copy(socket, &mut tokio::io::sink()).await?;
            }
            "copy_bidirectional" => {
                let (mut upstream, _silent) = tokio::io::duplex(100);
                tokio::io::copy_bidirectional(socket, &mut upstream).await?;
            }
            "kind" => {
                let error = socket.read_u8().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                return Ok(reply(format_args!("{error}")));
            }
            // Each read is dropped and replaced by another.
            "impatient" => {
                while timeout(SECOND, socket.read(&mut bytes)).await.is_err() {}
                return Err("the last one failed".into());
            }
            // One read is dropped; the next one begins after the time of the first would be over.
            "busy" => {
                assert!(timeout(SECOND, socket.read(&mut bytes)).await.is_err());
                sleep(20 * SECOND).await;
                let n = socket.read(&mut bytes).await?;
                return Ok(reply(bytes[..n].to_vec()));
            }
            "patient" => {
                socket.set_recv_timeout(100 * SECOND);
                socket.read_exact(&mut bytes).await?;
            }
            "write" => {
                let error = socket.write_all(&vec![b'x'; 1_000_000]).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                return Err(error.into());
            }
            "flush" => {
                let _ = socket.write(&[b'x'; 15_000]).await?;
                for _ in 0..4 {
                    let _ = socket.write(&[b'x'; 15_000]).await?;
                }
                socket.write_all(&[b'x'; 15_000]).await?;
                return Err(socket.flush().await.unwrap_err().into());
            }
            _ => {}
        }
        Ok(reply("done"))
    }

    fn failed(&self, failure: &Failure) -> Action {
        let _ = self.0.send(
            format!("{failure:?}")
                .chars()
                .take_while(|c| c.is_alphabetic())
                .collect(),
        );
        close
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(format!("{reason:?}"));
    }
}

async fn raw(options: Options) -> (Server, Client<DuplexStream>, UnboundedReceiver<String>) {
    let (events, told) = unbounded_channel();
    let server = start(with(Raw(events), options.in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    (server, client, told)
}

async fn fails_in(seconds: u64, told: &mut UnboundedReceiver<String>, events: &[&str]) {
    let begin = Instant::now();
    for event in events {
        assert_eq!(next(told).await.as_deref(), Some(*event));
    }
    assert_eq!(begin.elapsed().as_secs(), seconds);
}

#[tokio::test(start_paused = true)]
async fn a_read_for_which_nothing_comes_is_timed_out() {
    for line in ["read_exact\n", "copy\n", "copy_bidirectional\n"] {
        for more in ["", "some"] {
            let (_server, mut client, mut told) = raw(Raw::OPTIONS).await;
            client.send([line, more].concat()).await;
            fails_in(10, &mut told, &["Timeout", "Timeout"]).await;
        }
    }
    let (_server, mut client, _told) = raw(Raw::OPTIONS).await;
    client.call("kind\n", "nothing came within recv_timeout 10s\n").await;
    client.call("hello\n", "done\n").await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_gives_the_next_read_all_its_time() {
    let (_server, mut client, mut told) = raw(Raw::OPTIONS).await;
    client.send("read_exact\n").await;
    for _ in 0..9 {
        sleep(9 * SECOND).await;
        client.send("x").await;
    }
    sleep(9 * SECOND).await;
    client.call("x", "done\n").await;
    // So does a call.
    client.send("read_exact\n").await;
    fails_in(10, &mut told, &["Timeout", "Timeout"]).await;
}

#[tokio::test(start_paused = true)]
async fn reads_that_follow_each_other_without_a_byte_have_it_together() {
    let (_server, mut client, mut told) = raw(Raw::OPTIONS).await;
    client.send("impatient\n").await;
    fails_in(10, &mut told, &["Timeout", "Timeout"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_read_has_all_its_time_when_nobody_waited_while_the_one_before_it_ran_out() {
    let (_server, mut client, _told) = raw(Raw::OPTIONS).await;
    client.send("busy\n").await;
    sleep(30 * SECOND).await;
    client.call("hello", "hello\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_sets_it() {
    let (_server, mut client, mut told) = raw(Raw::OPTIONS).await;
    client.send("patient\n").await;
    fails_in(100, &mut told, &["Timeout", "Timeout"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_write_or_flush_that_nobody_reads_is_timed_out() {
    for line in ["write\n", "flush\n"] {
        let (_server, mut client, mut told) = raw(Raw::OPTIONS).await;
        client.send(line).await;
        fails_in(5, &mut told, &["Timeout"]).await;
    }
}

#[tokio::test]
async fn silent_uploads_free_their_places() {
    let (events, mut told) = unbounded_channel();
    let options = Raw::OPTIONS.recv_timeout(SECOND / 2).max_processes(2);
    let server = start(with(Raw(events), options)).await.unwrap();
    let mut stalled = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(server.local_addr()).await;
        client.send("copy\nthe beginning").await;
        stalled.push(client);
    }
    let mut other = Client::connect(server.local_addr()).await;
    other.call("hello\n", "done\n").await;
    assert_eq!(next(&mut told).await.as_deref(), Some("Timeout"));
}
