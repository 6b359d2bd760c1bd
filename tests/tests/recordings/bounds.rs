//! Recordings are bounded: their files in size and number, frames, and what waits for the disk.

use std::fs;
use std::path::{Path, PathBuf};

use kai_tcp_server::start;
use kai_tcp_server_tests::{Client, Folder, eventually};

use super::desk::{Desk, ended, in_folder, in_memory, said};

/// The smallest size of a file.
const LEAST: usize = 128 * 1024;

fn names(dir: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

async fn connected(server: &kai_tcp_server::Server) -> Client {
    let mut client = Client::connect(server.local_addr()).await;
    client.expect("welcome\r\n").await;
    client
}

#[tokio::test]
async fn files_keep_their_size_and_number_under_load_and_others_stay() {
    let folder = Folder::new();
    let dir = folder.path("recordings");
    let server = start(Desk).await.unwrap();
    let recorder = server
        .record(in_folder(&folder).file_size(LEAST).files(3))
        .await
        .unwrap();
    let first = recorder.files().remove(0);
    let strange = dir.join("somebody-else-00001.transcript");
    fs::write(&strange, "mine").unwrap();
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(connected(&server).await);
    }
    let line = "x".repeat(1000) + "\r\n";
    for _ in 0..200 {
        for client in &mut clients {
            client.send(&line).await;
        }
        for client in &mut clients {
            client.expect(&line).await;
        }
    }
    let done = recorder.stop().await.unwrap();
    // 1.6 MB were said.
    assert!(done.bytes > 1_600_000 && done.left_out == 0, "{done:?}");
    assert_eq!(done.files.len(), 3);
    assert!(!first.exists());
    assert_eq!(fs::read_to_string(&strange).unwrap(), "mine");
    fs::remove_file(&strange).unwrap();
    assert_eq!(names(&dir), done.files);
    for file in &done.files {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.len() <= LEAST, "{} bytes", text.len());
        assert!(text.starts_with("# kai-tcp-server recording 1"), "{text}");
        assert!(text.contains("(goes on from 127.0.0.1:"), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
    let replayed = in_memory(dir).unwrap();
    assert_eq!((replayed.connections, replayed.skipped.len()), (0, 4));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_took_the_place_of_one_of_its_own_stays() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    let recorder = server
        .record(in_folder(&folder).file_size(LEAST).files(1))
        .await
        .unwrap();
    let first = recorder.files().remove(0);
    let (kept, target) = (folder.path("kept"), folder.path("target"));
    fs::rename(&first, &kept).unwrap();
    fs::write(&target, "mine").unwrap();
    std::os::unix::fs::symlink(&target, &first).unwrap();
    let mut client = connected(&server).await;
    let line = "x".repeat(60_000) + "\r\n";
    for _ in 0..3 {
        client.call(&line, &line).await;
    }
    let done = recorder.stop().await.unwrap();
    assert!(!done.files.contains(&first));
    assert!(first.is_symlink());
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    assert!(fs::metadata(&kept).unwrap().len() > 1000);
}

#[tokio::test]
async fn a_long_frame_is_cut_and_the_recording_says_so() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    let recorder = server.record(in_folder(&folder).frame_size(100)).await.unwrap();
    let mut client = connected(&server).await;
    let long = "x".repeat(40_000) + "\r\n";
    client.call("long 40000\r\n", &long).await;
    client.call("short\r\n", "short\r\n").await;
    client.call("blocks\r\n", "blocks\r\n").await;
    let mut block = b"\x75\x30".to_vec();
    block.resize(2 + 0x7530, b'y');
    client.call(&block, &block).await;
    client.call(b"\x00\x02ok", b"\x00\x02ok").await;
    let text = ended(recorder).await;
    let said = said(&text);
    let cut = format!("S. {}", "x".repeat(100));
    let at = said
        .iter()
        .position(|line| *line == cut)
        .expect("the beginning is there");
    assert_eq!(said[at + 1], "S! left out 39902 bytes");
    assert_eq!(&said[at + 2..at + 4], ["C: short", "S: short"]);
    // A frame of which 30,002 bytes cross the connection, in however many reads.
    assert!(said.contains(&"C! left out 29902 bytes"), "{text}");
    assert!(said.contains(&"S! left out 29902 bytes"), "{text}");
    assert_eq!(said[said.len() - 2..], ["C: ok", "S: ok"]);
    let replayed = in_memory(folder.path("recordings")).unwrap();
    assert_eq!(replayed.skipped.len(), 1);
    assert_eq!(replayed.skipped[0].1, "not all that its client sent is recorded");
}

#[tokio::test]
async fn what_finds_the_queue_full_is_left_out_and_the_recording_says_so() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    // Never room for this reply, always for a line, once those before it are written.
    let recorder = server.record(in_folder(&folder).queue(2000)).await.unwrap();
    let file = recorder.files().remove(0);
    let has = |text: &'static str| {
        let file = file.clone();
        async move { eventually(text, || fs::read_to_string(&file).unwrap().contains(text)).await }
    };
    let mut client = connected(&server).await;
    has("S: welcome\n").await;
    client.call("long 4000\r\n", "x".repeat(4000) + "\r\n").await;
    has("C: long 4000\n").await;
    client.call("and on\r\n", "and on\r\n").await;
    has("S: and on\n").await;
    client.send("y".repeat(3000) + "\r\n").await;
    client.expect("y".repeat(3000) + "\r\n").await;
    client.call("and on again\r\n", "and on again\r\n").await;
    let done = recorder.stop().await.unwrap();
    assert_eq!(done.left_out, 4002 + 2 * 3002);
    let text = fs::read_to_string(&file).unwrap();
    let said = said(&text);
    assert!(said.contains(&"S! left out 4002 bytes"), "{text}");
    assert!(said.contains(&"C! left out 3002 bytes"), "{text}");
    assert!(!text.contains("xxx") && !text.contains("yyy"), "{text}");
    let replayed = in_memory(file).unwrap();
    assert_eq!(replayed.connections, 1);
    assert_eq!(replayed.skipped.len(), 1);
}

#[tokio::test]
async fn connections_without_any_room_are_counted() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    let recorder = server.record(in_folder(&folder).queue(1)).await.unwrap();
    for _ in 0..3 {
        let mut client = connected(&server).await;
        client.call("bye\r\n", "cya\r\n").await;
        client.expect_eof().await;
    }
    eventually("the connections end", || server.info().curr_connections == 0).await;
    let text = ended(recorder).await;
    assert!(text.ends_with("# 3 connections are left out\n# ended\n"), "{text}");
}
