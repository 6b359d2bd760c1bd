//! A disk that fails ends the recording, and no connection; a program that is killed leaves what it
//! wrote.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use kai_tcp_server::start;
use kai_tcp_server_tests::{Client, Example, Folder, Log, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::desk::{Desk, in_folder};

#[tokio::test]
async fn a_directory_that_is_taken_away_ends_the_recording_with_one_line_and_no_connection() {
    let log = Log::new();
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    let recorder = server.record(in_folder(&folder).file_size(128 * 1024)).await.unwrap();
    assert!(
        log.take()
            .contains("records all that its peers send and are sent, secrets too")
    );
    fs::remove_dir_all(folder.path("recordings")).unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.expect("welcome\r\n").await;
    let line = "x".repeat(60_000) + "\r\n";
    for _ in 0..4 {
        client.call(&line, &line).await;
    }
    eventually("the recording ends", || !recorder.is_recording()).await;
    for _ in 0..4 {
        client.call(&line, &line).await;
    }
    let failed = recorder.stop().await.unwrap_err();
    assert!(failed.to_string().contains("ended early"), "{failed}");
    let text = log.text();
    assert_eq!(text.matches("it can't be written").count(), 1, "{text}");
    client.call("bye\r\n", "cya\r\n").await;
}

/// Starts a program that records into a folder; `before` are words of the shell.
#[cfg(unix)]
fn program(folder: &Folder, before: &str) -> Example {
    let program = env!("CARGO_BIN_EXE_recorded");
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{before} exec {program}")])
        .env("RECORDED_RECORD_DIR", folder.path("recordings"));
    Example::run(&mut command)
}

#[cfg(unix)]
fn files(folder: &Folder) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.path("recordings")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// A file that may not grow is like a full disk; the signal that comes with it is ignored.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_ends_the_recording_behind_a_whole_line_and_no_connection() {
    let folder = Folder::new();
    let mut program = program(&folder, "ulimit -f 64; trap '' XFSZ;");
    let mut client = Client::connect(program.addr()).await;
    let line = "x".repeat(1000) + "\r\n";
    for _ in 0..200 {
        client.call(&line, &line).await;
    }
    let told = program.line_with("it can't be written");
    assert!(told.contains("connections go on"), "{told}");
    client.call("still here\r\n", "still here\r\n").await;
    assert_eq!(program.success(), None);
    let text = fs::read_to_string(&files(&folder)[0]).unwrap();
    assert!(text.ends_with("x\n") && text.len() <= 64 * 1024, "{}", text.len());
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_is_killed_leaves_a_recording_that_can_be_played() {
    let folder = Folder::new();
    let program = program(&folder, "");
    let mut client = Client::connect(program.addr()).await;
    client.call("one\r\n", "one\r\n").await;
    client.call("two\r\n", "two\r\n").await;
    let file = files(&folder).remove(0);
    eventually("it is written", || {
        fs::read_to_string(&file).unwrap().contains("S: two\n")
    })
    .await;
    program.signal("KILL");
    assert!(!program.wait().0);
    // As if it had been in the middle of a line.
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str("9.000000 #1 S: thre");
    fs::write(&file, text).unwrap();
    let replayed = super::options::replayed(&folder.path("recordings"));
    assert_eq!((replayed.connections, replayed.sent, replayed.received), (1, 10, 10));
}

/// Its last bytes are written before the program ends.
#[cfg(unix)]
#[tokio::test]
async fn a_server_that_stops_has_written_all() {
    let folder = Folder::new();
    let program = program(&folder, "");
    let mut client = Client::connect(program.addr()).await;
    for number in 0..100 {
        client.call(format!("{number}\r\n"), format!("{number}\r\n")).await;
    }
    // More than is written by the time that it is echoed: each byte takes four.
    let much = [&[0xff; 998][..], b"\r\n"].concat().repeat(1500);
    let (mut reads, mut writes) = tokio::io::split(client.into_inner());
    let sending = much.clone();
    let sent = tokio::spawn(async move {
        writes.write_all(&sending).await.unwrap();
        writes
    });
    let mut echoed = vec![0; much.len()];
    reads.read_exact(&mut echoed).await.unwrap();
    let mut client = Client::over(reads.unsplit(sent.await.unwrap()));
    program.signal("TERM");
    client.expect_eof().await;
    assert!(program.wait().0);
    let text = fs::read_to_string(files(&folder).remove(0)).unwrap();
    assert!(text.contains("S: 99\n") && text.contains("(ended: "), "{}", text.len());
    assert!(
        text.ends_with("\n# ended\n") && text.len() > 2 * 4 * 1_400_000,
        "{}",
        text.len()
    );
}
