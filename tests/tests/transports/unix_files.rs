//! The file of a Unix socket: whose it is, what it replaces, and when it goes.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::sync::{Arc, Barrier};

use kai_tcp_server::{Action, Error, ErrorKind, Options, Server, SuspendedPort, start, tcp_server, with};
use kai_tcp_server_tests::{Client, Folder};
use tokio::net::UnixStream;

struct Echo;

#[tcp_server(port = 0, packet = line(lf))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data.to_vec())
    }
}

async fn listen(text: impl Into<String>) -> Result<Server, Error> {
    let text: &'static str = text.into().leak();
    start(with(Echo, Options::new().listen(vec![text].leak()))).await
}

async fn serves(path: &Path) {
    Client::at(path).await.call("a\n", "a\n").await;
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[tokio::test]
async fn a_file_has_the_mode_that_is_asked_for() {
    let folder = Folder::new();
    for (asked, is) in [
        ("660", 0o660),
        ("0666", 0o666),
        ("600", 0o600),
        ("777", 0o777),
        ("000", 0),
    ] {
        let server = listen(format!("{} mode={asked}", folder.unix("e"))).await.unwrap();
        assert_eq!(mode(&folder.path("e")), is);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_file_has_the_owner_and_the_group_that_are_asked_for() {
    let folder = Folder::new();
    let path = folder.path("e");
    let error = listen(format!("{} owner=no-such-user", folder.unix("e")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(
        error.to_string().contains("no user no-such-user in /etc/passwd"),
        "{error}"
    );
    assert!(!path.exists());
    if !is_root() {
        return;
    }
    let owners = |path: &Path| {
        let metadata = fs::symlink_metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    let root = owners(&folder.path("."));
    for (words, is) in [
        ("owner=12345 group=54321 mode=640", (12345, 54321)),
        ("group=54321", (root.0, 54321)),
        ("owner=root", (0, root.1)),
        ("group=root", (root.0, 0)),
    ] {
        let server = listen(format!("{} {words}", folder.unix("e"))).await.unwrap();
        assert_eq!(owners(&path), is, "{words}");
        serves(&path).await;
        server.stop().await;
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn the_file_of_a_socket_where_nobody_listens_is_replaced() {
    let folder = Folder::new();
    let path = folder.path("e");
    // What a process leaves that was killed.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = listen(folder.unix("e")).await.unwrap();
    serves(&path).await;
    server.stop().await;
    assert!(!path.exists(), "it is removed at the end");
}

#[tokio::test]
async fn a_socket_where_somebody_listens_stays() {
    let folder = Folder::new();
    let path = folder.path("e");
    let taken = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Listen);
        assert_eq!(error.to_string(), format!("{} is taken", folder.unix("e")));
    };
    let server = listen(folder.unix("e")).await.unwrap();
    taken(listen(folder.unix("e")).await.unwrap_err());
    serves(&path).await;
    server.stop().await;

    // One that has no place for a client.
    let full = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    full.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    full.listen(0).unwrap();
    let _waiting = UnixStream::connect(&path).await.unwrap();
    taken(listen(folder.unix("e")).await.unwrap_err());
    assert!(path.exists());
    drop(full);
    fs::remove_file(&path).unwrap();

    // One of another kind.
    let datagrams = UnixDatagram::bind(&path).unwrap();
    taken(listen(folder.unix("e")).await.unwrap_err());
    assert!(path.exists());
    drop(datagrams);
    listen(folder.unix("e")).await.unwrap().stop().await;
}

#[tokio::test]
async fn what_is_no_socket_is_never_removed() {
    let folder = Folder::new();
    let path = folder.path("e");
    let refused = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Listen);
        let message = format!(
            "{} is there and is no socket: remove it, or take another path",
            folder.unix("e")
        );
        assert_eq!(error.to_string(), message);
    };
    fs::write(&path, "precious").unwrap();
    refused(listen(folder.unix("e")).await.unwrap_err());
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    // Nor what a link leads to, be it a socket.
    fs::remove_file(&path).unwrap();
    drop(UnixListener::bind(folder.path("f")).unwrap());
    std::os::unix::fs::symlink(folder.path("f"), &path).unwrap();
    refused(listen(folder.unix("e")).await.unwrap_err());
    assert!(path.is_symlink() && folder.path("f").exists());
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused(listen(folder.unix("e")).await.unwrap_err());
    assert!(path.is_dir());
}

#[tokio::test]
async fn a_file_that_is_anothers_by_now_stays_at_the_end() {
    let folder = Folder::new();
    let path = folder.path("e");
    let server = listen(folder.unix("e")).await.unwrap();
    fs::remove_file(&path).unwrap();
    let _another = UnixListener::bind(&path).unwrap();
    server.stop().await;
    assert!(path.exists(), "it isn't the server's");
    fs::remove_file(&path).unwrap();
    let server = listen(folder.unix("e")).await.unwrap();
    fs::rename(&path, folder.path("f")).unwrap();
    fs::write(&path, "precious").unwrap();
    server.stop().await;
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

#[tokio::test]
async fn the_file_goes_when_the_port_is_released_and_comes_with_the_resume() {
    let folder = Folder::new();
    let path = folder.path("e");
    let server = listen(format!("{} mode=600", folder.unix("e"))).await.unwrap();
    server.suspend(SuspendedPort::Released).unwrap();
    while path.exists() {
        tokio::task::yield_now().await;
    }
    server.resume().await.unwrap();
    assert_eq!(mode(&path), 0o600);
    serves(&path).await;
}

#[test]
fn the_file_goes_with_the_runtime() {
    let folder = Folder::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(listen(folder.unix("e"))).unwrap();
    assert!(folder.path("e").exists());
    drop(runtime);
    assert!(!folder.path("e").exists());
    drop(server);
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named() {
    let folder = Folder::new();
    let error = listen(folder.unix("none/e")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    let none = folder.path("none");
    let message = format!(
        "the folder of {} isn't there: make {}; systemd does by `RuntimeDirectory=`",
        folder.unix("none/e"),
        none.display()
    );
    assert_eq!(error.to_string(), message);
}

#[tokio::test]
async fn the_longest_path_is_listened_at_and_a_longer_one_is_told() {
    let folder = Folder::new();
    let room = 107 - folder.path("").as_os_str().len();
    let longest = "e".repeat(room);
    let server = listen(folder.unix(&longest)).await.unwrap();
    serves(&folder.path(&longest)).await;
    server.stop().await;
    assert!(!folder.path(&longest).exists());
    let error = listen(folder.unix(&"e".repeat(room + 1))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Options);
    assert!(
        error.to_string().contains("at most 107 bytes, and this one has 108"),
        "{error}"
    );
}

/// Each finds the file of a process that has died; the one that comes first listens, and no other
/// takes its file away.
#[test]
fn of_many_that_start_at_once_one_listens() {
    const MANY: usize = 8;
    for _ in 0..10 {
        let folder = Arc::new(Folder::new());
        drop(UnixListener::bind(folder.path("e")).unwrap());
        let begin = Arc::new(Barrier::new(MANY));
        let start = |_| {
            let (folder, begin) = (Arc::clone(&folder), Arc::clone(&begin));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                begin.wait();
                let server = runtime.block_on(listen(folder.unix("e")));
                server
                    .map(|server| (server, runtime))
                    .map_err(|error| error.to_string())
            })
        };
        let threads: Vec<_> = (0..MANY).map(start).collect();
        let all: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        for error in lost.into_iter().filter_map(Result::err) {
            assert_eq!(error, format!("{} is taken", folder.unix("e")));
        }
        let (server, runtime) = won.into_iter().next().unwrap().unwrap();
        runtime.block_on(serves(&folder.path("e")));
        runtime.block_on(async { server.stop().await });
        assert!(!folder.path("e").exists());
    }
}
