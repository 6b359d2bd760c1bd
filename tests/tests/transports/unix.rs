//! Unix sockets: the connection and its peer.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::future::pending;
use std::process::{Command, Stdio};

use kai_tcp_server::{
    Action, CloseReason, LocalAddr, Options, PeerAddr, Result, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, Folder, Log, available, next};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Says who is connected, and waits as the lines say.
struct Echo(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(lf))]
impl Echo {
    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action> {
        Ok(match data {
            "who" => {
                let PeerAddr::Unix(peer) = socket.peer_addr() else {
                    return Err("a peer of a Unix socket".into());
                };
                assert_eq!(
                    (socket.peer_addr().ip(), socket.peer_addr().socket_addr()),
                    (None, None)
                );
                reply(format!("{} {} {:?}", peer.uid(), peer.gid(), peer.pid()))
            }
            "who in a log" => reply(socket.peer_addr().to_string()),
            "where" => reply(socket.local_addr().to_string()),
            "closed" => {
                let _ = self.0.send("waits".to_owned());
                socket.closed().await;
                let _ = self.0.send("the peer left".to_owned());
                noreply
            }
            "wait" => {
                let _ = self.0.send("waits".to_owned());
                pending().await
            }
            data => reply(data.to_owned()),
        })
    }

    fn closed(&self, reason: CloseReason) {
        let _ = self.0.send(format!("{reason:?}"));
    }
}

async fn echo(listen: &'static str, options: Options) -> (Server, UnboundedReceiver<String>) {
    let (events, told) = unbounded_channel();
    let options = options.packet_size(8 * 1024 * 1024).listen(vec![listen].leak());
    (start(with(Echo(events), options)).await.unwrap(), told)
}

#[tokio::test]
async fn a_peer_is_known_by_its_user_group_and_process() {
    let folder = Folder::new();
    let log = Log::new();
    let (server, _told) = echo(folder.unix("e"), Options::new()).await;
    let mut client = Client::at(folder.path("e")).await;
    let this = client.stream().peer_cred().unwrap();
    let (uid, gid, pid) = (this.uid(), this.gid(), std::process::id());
    client.call("who\n", format!("{uid} {gid} Some({pid})\n")).await;
    let name = format!("unix uid={uid} pid={pid}");
    client.call("who in a log\n", format!("{name}\n")).await;
    client.call("where\n", format!("{}\n", folder.unix("e"))).await;
    let connections = server.connections();
    assert_eq!(connections[0].peer_addr.to_string(), name);
    assert!(
        server.tree().to_string().contains(&format!("from {name}")),
        "{}",
        server.tree()
    );
    drop(log);
}

#[tokio::test]
async fn bytes_go_both_ways_in_pieces_and_in_bulk() {
    let folder = Folder::new();
    let (_server, _told) = echo(folder.unix("e"), Options::new()).await;
    let mut client = Client::at(folder.path("e")).await;
    for byte in b"one by one\n" {
        client.send([*byte]).await;
        tokio::task::yield_now().await;
    }
    client.expect("one by one\n").await;
    client.call("a\nb\nc\n", "a\nb\nc\n").await;
    // More than the socket takes at once.
    let mut large = vec![b'x'; 4 * 1024 * 1024];
    large.push(b'\n');
    client.call(&large, &large).await;
    client.half_close().await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_callback_that_waits_is_told_when_its_peer_leaves() {
    let folder = Folder::new();
    let (_server, mut told) = echo(folder.unix("e"), Options::new()).await;
    // What is behind is answered as well, to nobody.
    for (unread, reason) in [("", "Peer"), ("behind\n", "Reset")] {
        let mut client = Client::at(folder.path("e")).await;
        client.send("closed\n").await;
        assert_eq!(next(&mut told).await.as_deref(), Some("waits"));
        client.send(unread).await;
        drop(client);
        assert_eq!(next(&mut told).await.as_deref(), Some("the peer left"), "{unread:?}");
        assert_eq!(next(&mut told).await.as_deref(), Some(reason));
    }
    let mut client = Client::at(folder.path("e")).await;
    client.send("closed\n").await;
    assert_eq!(next(&mut told).await.as_deref(), Some("waits"));
    client.half_close().await;
    assert_eq!(next(&mut told).await.as_deref(), Some("the peer left"));
    client.expect_eof().await;
}

#[tokio::test]
async fn a_callback_that_waits_is_cut_where_a_half_close_is_the_end() {
    let folder = Folder::new();
    let (_server, mut told) = echo(folder.unix("e"), Options::new().half_close(false)).await;
    let mut client = Client::at(folder.path("e")).await;
    client.send("wait\n").await;
    assert_eq!(next(&mut told).await.as_deref(), Some("waits"));
    drop(client);
    assert_eq!(next(&mut told).await.as_deref(), Some("Peer"));
}

#[tokio::test]
async fn a_callback_that_waits_is_cut_by_a_reset() {
    let folder = Folder::new();
    let (_server, mut told) = echo(folder.unix("e"), Options::new()).await;
    let mut client = UnixStream::connect(folder.path("e")).await.unwrap();
    client.write_all(b"answer\nwait\n").await.unwrap();
    assert_eq!(next(&mut told).await.as_deref(), Some("waits"));
    // What closes with bytes that it hasn't read resets the connection.
    client.readable().await.unwrap();
    drop(client);
    let reason = next(&mut told).await.unwrap();
    assert_eq!(reason, "Reset");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_without_a_file_is_listened_at() {
    let name = format!("kai-{}-abstract", std::process::id());
    let listen: &'static str = format!("unix:@{name}").leak();
    let (server, _told) = echo(listen, Options::new()).await;
    assert_eq!(server.local_addrs(), [LocalAddr::Unix(format!("@{name}").into())]);
    let mut client = Client::at(format!("\0{name}")).await;
    client.call("where\n", format!("{listen}\n")).await;
    let (events, _taken) = unbounded_channel();
    let error = start(with(Echo(events), Options::new().listen(vec![listen].leak()))).await;
    let error = error.unwrap_err().to_string();
    assert_eq!(error, format!("{listen} is taken"));
    server.stop().await;
    let (_server, _told) = echo(listen, Options::new()).await;
}

/// Sends a line by socat, and returns what it prints.
async fn socat(address: String) -> String {
    let socat = tokio::task::spawn_blocking(move || {
        let mut socat = Command::new("socat")
            .args(["-t10", "-", &address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut socat.stdin.take().unwrap(), b"hello\nwhere\n").unwrap();
        socat.wait_with_output().unwrap()
    });
    let output = socat.await.unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn socat_speaks_to_a_path_and_to_a_name() {
    if !available("socat", &["-V"], "apt install socat") {
        return;
    }
    let folder = Folder::new();
    let (_server, _told) = echo(folder.unix("e"), Options::new()).await;
    let said = socat(format!("UNIX-CONNECT:{}", folder.path("e").display())).await;
    assert_eq!(said, format!("hello\n{}\n", folder.unix("e")));
    let name = format!("kai-{}-socat", std::process::id());
    let (_server, _told) = echo(format!("unix:@{name}").leak(), Options::new()).await;
    let said = socat(format!("ABSTRACT-CONNECT:{name}")).await;
    assert_eq!(said, format!("hello\nunix:@{name}\n"));
}
