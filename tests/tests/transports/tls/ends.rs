//! The ends of connections: with the goodbye of TLS and without.

use std::io::ErrorKind;

use kai_tcp_server::{Action, CloseReason, Result, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{Setup, connect};

struct Reads(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(lf))]
impl Reads {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        match data {
            b"recv" => match socket.recv().await {
                Ok(got) => self.tell(format!("{got:?}")),
                Err(error) => {
                    self.tell(format!("{:?}", error.kind()));
                    return Err(error);
                }
            },
            b"read" => {
                let read = socket.read_u8().await;
                self.tell(format!("{:?}", read.map_err(|error| error.kind())));
            }
            b"close" => return Ok(close("cya")),
            _ => return Ok(reply(data)),
        }
        Ok(noreply)
    }

    fn closed(&self, reason: CloseReason) {
        self.tell(format!("closed {reason:?}"));
    }
}

impl Reads {
    fn tell(&self, event: String) {
        let _ = self.0.send(event);
    }
}

#[tokio::test]
async fn an_end_without_the_goodbye_of_tls_is_told_from_one_with_it() {
    let setup = Setup::new();
    let (tell, mut told) = unbounded_channel();
    let server = start(with(Reads(tell), setup.options(Reads::OPTIONS))).await.unwrap();
    for (begins, polite, tells) in [
        ("", true, &["closed Peer"][..]),
        ("", false, &["closed Truncated"]),
        ("part of a", false, &["closed Truncated"]),
        ("recv\n", true, &["None", "closed Peer"]),
        ("recv\n", false, &["Truncated", "closed Truncated"]),
        ("read\n", true, &["Err(UnexpectedEof)", "closed Peer"]),
        ("read\n", false, &["Err(UnexpectedEof)", "closed Truncated"]),
    ] {
        let mut client = connect(server.local_addr(), "localhost", setup.authority.client())
            .await
            .unwrap();
        client.write_all(b"hello\n").await.unwrap();
        client.write_all(begins.as_bytes()).await.unwrap();
        Client::over(&mut client).expect("hello\n").await;
        if polite {
            client.shutdown().await.unwrap();
        } else {
            client.flush().await.unwrap();
            client.get_mut().0.shutdown().await.unwrap();
        }
        for event in tells {
            assert_eq!(next(&mut told).await.as_deref(), Some(*event), "{begins:?} {polite}");
        }
        // The server says goodbye in any case.
        Client::over(&mut client).expect_eof().await;
    }
    server.stop().await;
}

/// Without the goodbye rustls reads an error.
#[tokio::test]
async fn whatever_closes_a_connection_the_client_is_told_so_by_tls() {
    let setup = Setup::new();
    let (tell, _told) = unbounded_channel();
    let server = start(with(Reads(tell), setup.options(Reads::OPTIONS))).await.unwrap();
    let mut by_handler = setup.connect(server.local_addr()).await;
    by_handler.call("close\n", "cya\n").await;
    by_handler.expect_eof().await;
    let mut kicked = setup.connect(server.local_addr()).await;
    kicked.call("hello\n", "hello\n").await;
    let id = server.connections().last().unwrap().id;
    assert!(server.close(id));
    kicked.expect_eof().await;
    let mut stopped = setup.connect(server.local_addr()).await;
    stopped.call("hello\n", "hello\n").await;
    let stopping = server.stop();
    stopped.expect_eof().await;
    drop(stopped);
    stopping.await;
}

#[tokio::test]
async fn what_is_no_record_of_this_connection_breaks_it() {
    let setup = Setup::new();
    let (tell, mut told) = unbounded_channel();
    let server = start(with(Reads(tell), setup.options(Reads::OPTIONS))).await.unwrap();
    let mut client = connect(server.local_addr(), "localhost", setup.authority.client())
        .await
        .unwrap();
    Client::over(&mut client).call("hello\n", "hello\n").await;
    let forged = [&[23, 3, 3, 0, 32][..], &[7; 32]].concat();
    client.get_mut().0.write_all(&forged).await.unwrap();
    let read = client.read_u8().await.unwrap_err();
    assert_ne!(read.kind(), ErrorKind::TimedOut);
    assert_eq!(next(&mut told).await.as_deref(), Some("closed Malformed"));
    server.stop().await;
}
