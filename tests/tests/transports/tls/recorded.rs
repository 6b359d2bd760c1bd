//! The plain text inside of TLS is recorded.

use kai_tcp_server::record::{Recorder, Recording};
use kai_tcp_server::test::Replay;
use kai_tcp_server::{Action, Result, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};

use super::echo::Echo;
use super::{Setup, connect, handshake};

struct Later;

#[tcp_server(port = 0, packet = line(crlf))]
impl Later {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        if data == b"starttls" {
            socket.send("go ahead").await?;
            socket.start_tls().await?;
            return Ok(noreply);
        }
        Ok(reply(data))
    }
}

async fn text(recorder: Recorder) -> String {
    let done = recorder.stop().await.unwrap();
    std::fs::read_to_string(&done.files[0]).unwrap()
}

#[tokio::test]
async fn a_connection_by_tls_is_recorded_in_plain_and_played_in_memory_and_by_tls() {
    let setup = Setup::new();
    let options = setup.options(Echo::OPTIONS);
    let server = start(with(Echo, options)).await.unwrap();
    let recorder = server
        .record(Recording::in_dir(setup.folder.path("recordings")))
        .await
        .unwrap();
    let mut client = setup.connect(server.local_addr()).await;
    client.call("a secret\n", "a secret\n").await;
    client.call("bye\n", "cya\n").await;
    client.expect_eof().await;
    eventually("the connection ends", || server.info().curr_connections == 0).await;
    let text = text(recorder).await;
    assert!(
        text.contains("C: a secret\n") && text.contains("S: a secret\n"),
        "{text}"
    );
    let replay = Replay::parse(&text).unwrap();
    let played = replay.over(async || connect(server.local_addr(), "localhost", setup.authority.client()).await);
    let played = played.await.unwrap();
    assert_eq!((played.sent, played.received), (13, 13));
    let in_memory = replay.in_memory(with(Echo, Echo::OPTIONS)).unwrap();
    assert_eq!(in_memory, played);
}

#[tokio::test]
async fn where_tls_begins_in_the_middle_the_recording_goes_on_and_the_replay_stops() {
    let setup = Setup::new();
    let options = setup.options(Later::OPTIONS).tls_starttls(true);
    let server = start(with(Later, options)).await.unwrap();
    let recorder = server
        .record(Recording::in_dir(setup.folder.path("recordings")))
        .await
        .unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("in plain\r\n", "in plain\r\n").await;
    client.call("starttls\r\n", "go ahead\r\n").await;
    let stream = handshake(client.into_inner(), "localhost", setup.authority.client()).await;
    let mut client = Client::over(stream.unwrap());
    client.call("a secret\r\n", "a secret\r\n").await;
    let text = text(recorder).await;
    let (plain, encrypted) = text.split_once("(starttls)\n").unwrap();
    assert!(plain.contains("S: go ahead\n"), "{text}");
    assert!(encrypted.contains("C: a secret\n"), "{text}");
    let played = Replay::parse(&text).unwrap().in_memory(with(Later, Later::OPTIONS));
    // In memory there is no TLS to begin, so only what comes before is compared.
    let played = played.unwrap();
    assert_eq!(played.skipped.len(), 1);
    assert_eq!(played.skipped[0].1, "TLS begins in its middle");
}
