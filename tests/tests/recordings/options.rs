//! The option `record(…)`: in the attribute, in the environment, by the program.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use kai_tcp_server::test::{Replay, Replayed};
use kai_tcp_server::{Action, Cidr, ErrorKind, Options, ProxyProtocol, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Folder};

struct Echo;

#[tcp_server(
    port = 0,
    packet = line(crlf),
    record(dir = "no/such/place", file_size = 1024 * 1024, files = 2, frame_size = 1000)
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Plays a recording against an echo in memory.
pub(crate) fn replayed(path: &Path) -> Replayed {
    Replay::read(path).unwrap().in_memory(Echo).unwrap()
}

fn options(folder: &Folder) -> Options {
    let dir = folder.path("recordings").to_str().unwrap().to_owned().leak();
    Echo::OPTIONS.record_dir(dir)
}

#[tokio::test]
async fn a_server_with_the_option_records_from_its_first_connection_to_its_end() {
    let folder = Folder::new();
    let server = start(with(Echo, options(&folder))).await.unwrap();
    let listed: Vec<String> = server.options().iter().map(ToString::to_string).collect();
    for line in [
        "record_file_size = 1048576 (attribute)",
        "record_files = 2 (attribute)",
        "record_frame_size = 1000 (attribute)",
    ] {
        assert!(listed.iter().any(|listed| listed == line), "{line}: {listed:?}");
    }
    let mut client = Client::connect(server.local_addr()).await;
    client.call("hello\r\n", "hello\r\n").await;
    server.stop().await;
    server.wait().await.unwrap();
    let dir = folder.path("recordings");
    let files: Vec<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    let name = file.to_str().unwrap();
    assert!(
        name.starts_with("Echo-20") && name.ends_with("-00001.transcript"),
        "{name}"
    );
    assert_eq!(replayed(&dir).connections, 1);
}

#[tokio::test]
async fn a_directory_that_can_t_be_made_fails_the_start() {
    let folder = Folder::new();
    fs::write(folder.path("recordings"), "a file").unwrap();
    let error = start(with(Echo, options(&folder))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
    assert!(error.to_string().contains("can't be recorded in"), "{error}");
}

/// The recorded bytes came behind the header of the PROXY protocol.
#[test]
fn a_server_behind_a_proxy_is_played_without_its_headers() {
    let options = Echo::OPTIONS
        .proxy_protocol(ProxyProtocol::Required)
        .trusted_proxies(const { &[Cidr::single(IpAddr::V4(Ipv4Addr::LOCALHOST))] });
    let replay = Replay::parse("C: a\nS: a\n").unwrap();
    assert_eq!(replay.in_memory(with(Echo, options)).unwrap().received, 3);
}

/// A test of a server must not write what the server writes in production.
#[test]
fn a_replay_and_a_transcript_don_t_record() {
    let folder = Folder::new();
    let options = options(&folder);
    Replay::parse("C: a\nS: a\n")
        .unwrap()
        .in_memory(with(Echo, options))
        .unwrap();
    kai_tcp_server::test::transcript(with(Echo, options), "C: a\nS: a\n");
    assert!(!folder.path("recordings").exists());
}
