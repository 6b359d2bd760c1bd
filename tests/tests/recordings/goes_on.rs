//! In each file the lines of a connection begin by its peer and its packet mode.

use std::fs;

use kai_tcp_server::start;
use kai_tcp_server_tests::{Client, Folder, eventually};

use super::desk::{Desk, in_folder, said};

/// The smallest size of a file.
const LEAST: usize = 128 * 1024;

/// The bytes that are left in a file: enough for a line of a hundred letters, or for the two lines
/// that say whose it is, but not for both.
const LEFT: usize = 150;

#[tokio::test]
async fn a_line_is_in_one_file_with_the_lines_that_say_whose_it_is() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    let recorder = server.record(in_folder(&folder).file_size(LEAST)).await.unwrap();
    let mut seldom = Client::connect(server.local_addr()).await;
    seldom.expect("welcome\r\n").await;
    seldom.call("first\r\n", "first\r\n").await;
    let mut often = Client::connect(server.local_addr()).await;
    often.expect("welcome\r\n").await;

    // A call of so many bytes fills the file by two such lines and what is beside them.
    let id = server.connections()[1].id;
    let beside = format!("0.123456 {id} C: \n").len();
    let mut number = 0;
    let mut left = LEAST;
    while left > LEFT + 1 {
        number += 1;
        let fill = match (left - LEFT) / 2 - beside {
            exact if exact < 1000 => exact,
            _ => 500,
        };
        let line = format!("{number:x<fill$}");
        often.call(format!("{line}\r\n"), format!("{line}\r\n")).await;
        let written = format!(" S: {line}\n");
        let mut text = String::new();
        eventually("it is written", || {
            text = fs::read_to_string(recorder.files().last().unwrap()).unwrap();
            text.ends_with(&written)
        })
        .await;
        if recorder.files().len() == 2 {
            left = LEAST - text.len();
        }
    }
    let letters = "y".repeat(100);
    let line = format!("{letters}\r\n");
    seldom.call(&line, &line).await;

    let files = recorder.stop().await.unwrap().files;
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert_eq!(texts.len(), 3);
    let third = said(&texts[2]);
    assert!(third[0].starts_with("(goes on from 127.0.0.1:"), "{third:?}");
    let [from_client, from_server] = ["C", "S"].map(|side| format!("{side}: {letters}"));
    assert_eq!(third[1..4], ["(packet line(crlf))", &from_client, &from_server]);
    assert!(!texts[1].contains(&letters));
    server.stop().await;
}
