//! Recordings over sockets are played again, in memory and at an address.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use kai_tcp_server::record::Recording;
use kai_tcp_server::test::Replay;
use kai_tcp_server::{ErrorKind, start, with};
use kai_tcp_server_tests::{Client, Folder, eventually};

use super::desk::{Desk, at_an_address, ended, in_folder, in_memory, recorded, said};

/// Says all that a desk understands.
async fn visit(mut client: Client) {
    client.expect("welcome\r\n").await;
    client.call("hello\r\n", "hello\r\n").await;
    client.call("bytes\r\n", "send five\r\n").await;
    client.call("\x00\r\n\x1b[", "took \x00\r\n\x1b[\r\n").await;
    client.call("later\r\n", "sooner\r\nby message\r\n").await;
    // Three frames at once, the middle of them a change of state.
    client.send("one\r\nblocks\r\n\x00\x03two").await;
    client.expect("one\r\nblocks\r\n\x00\x03two").await;
    client
        .call(b"\x00\x02\xff\x00\x00\x05words", b"\x00\x02\xff\x00\x00\x05words")
        .await;
    client.call("four\r\n", b"\x00\x00\x00\x04four").await;
    client.call(b"\x00\x00\x00\x03bye", b"\x00\x00\x00\x03cya").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_conversation_through_states_and_packet_modes_is_played_without_a_difference() {
    let folder = Folder::new();
    let (server, recorder) = recorded(&folder).await;
    visit(Client::connect(server.local_addr()).await).await;
    eventually("the connections end", || server.info().curr_connections == 0).await;
    let text = ended(recorder).await;
    let said = said(&text);
    for line in [
        "(packet line(crlf))",
        "S: welcome",
        "C: hello",
        "S: send five",
        "S: by message",
        "C: \\x00",
        "(state Blocks)",
        "(packet 2)",
        "C: words",
        "(packet 4)",
        "C: bye",
        "S: cya",
        "S! closed",
        "(ended: closed by the handler)",
    ] {
        assert!(said.contains(&line), "{line} isn't in\n{text}");
    }
    let dir = folder.path("recordings");
    let replayed = in_memory(dir.clone()).unwrap();
    assert_eq!((replayed.connections, replayed.skipped.len()), (1, 0));
    assert!(replayed.sent > 50 && replayed.received > 50, "{replayed}");
    assert_eq!(at_an_address(&dir).await.unwrap(), replayed);
}

#[tokio::test]
async fn connections_that_overlap_are_played_in_the_order_of_the_recording() {
    let folder = Folder::new();
    let (server, recorder) = recorded(&folder).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(server.local_addr()).await;
        client.expect("welcome\r\n").await;
        clients.push(client);
    }
    for round in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            client
                .call(format!("{round} {number}\r\n"), format!("{round} {number}\r\n"))
                .await;
        }
    }
    for mut client in clients {
        client.half_close().await;
        client.expect_eof().await;
    }
    eventually("the connections end", || server.info().curr_connections == 0).await;
    let text = ended(recorder).await;
    assert_eq!(
        said(&text).iter().filter(|line| **line == "C! closed").count(),
        3,
        "{text}"
    );
    let dir = folder.path("recordings");
    assert_eq!(in_memory(dir.clone()).unwrap().connections, 3);
    assert_eq!(at_an_address(&dir).await.unwrap().connections, 3);
}

#[tokio::test]
async fn the_first_difference_is_shown_with_its_line_and_both_frames() {
    let folder = Folder::new();
    let (server, recorder) = recorded(&folder).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.expect("welcome\r\n").await;
    client.call("first\r\n", "first\r\n").await;
    client.call("second\r\n", "second\r\n").await;
    client.call("bye\r\n", "cya\r\n").await;
    client.expect_eof().await;
    eventually("the connections end", || server.info().curr_connections == 0).await;
    let text = ended(recorder).await.replace("S: second", "S: secand");
    let line = 1 + text.lines().position(|line| line.ends_with("S: secand")).unwrap();
    let difference = Replay::parse(&text).unwrap().in_memory(Desk).unwrap_err();
    assert_eq!(difference.line(), line);
    assert!(difference.connection().is_some());
    assert_eq!(difference.expected(), Some(&b"secand\r\n"[..]));
    assert_eq!(difference.received(), b"second\r\n");
    let shown = difference.to_string();
    assert!(shown.contains("C: second"), "{shown}");
    let [.., expected, received, mark] = shown.lines().collect::<Vec<_>>()[..] else {
        panic!("{shown}")
    };
    assert_eq!(expected, "  recorded `secand\\r\\n`");
    assert_eq!(received, "  received `second\\r\\n`");
    assert_eq!(mark.find('^'), received.find('o'), "{shown}");
}

#[test]
fn a_recording_that_was_stopped_before_a_reply_plays() {
    let recording = "# kai-tcp-server recording 1\n\
                     0.000000 #7 (connected from 127.0.0.1:1)\n\
                     0.000000 #7 (packet line(crlf))\n\
                     0.000001 #7 S: welcome\n\
                     0.100000 #7 C: x\n";
    let replay = Replay::parse(recording).expect("it is a recording");
    replay.in_memory(Desk).expect("nothing differs");
}

/// A changed server differs as the changed line of the recording says.
#[test]
fn a_server_that_says_more_or_less_or_closes_differs() {
    let recording = |tail: &str| {
        format!(
            "# kai-tcp-server recording 1\n\
             0.000000 #7 (connected from 127.0.0.1:1)\n\
             0.000000 #7 (packet line(crlf))\n\
             0.000001 #7 S: welcome\n{tail}"
        )
    };
    for (tail, what) in [
        ("0.1 #7 C: x\n", "`0.1 #7 C: x`"),
        (
            "0.100000 #7 C: x\n0.200000 #7 S: xy\n",
            "the server sent something else",
        ),
        ("0.100000 #7 S: x\n", "the server sent nothing more"),
        ("0.100000 #7 S! closed\n", "the server didn't close"),
        (
            "0.100000 #7 C: bye\n0.200000 #7 S! closed\n",
            "the server sent more, where it closed",
        ),
        ("0.100000 #7 C: slam\n0.200000 #7 S: slam\n", "the server closed"),
    ] {
        let played = Replay::parse(&recording(tail)).map_err(|error| error.to_string());
        let told = match played {
            Ok(replay) => replay.in_memory(Desk).unwrap_err().to_string(),
            Err(error) => error,
        };
        assert!(told.contains(what), "{tail}: {told}");
    }
}

#[test]
fn a_line_changed_by_hand_takes_what_differs_each_time() {
    let recording = "\
# kai-tcp-server recording 1
0.000000 #1 (connected from 127.0.0.1:1)
0.000000 #1 (packet line(crlf))
0.000001 #1 S: {greeting}
0.000001 #1 C: {greeting} and {{braces}}
0.000001 #1 S: {_} and {rest..}
0.000002 #1 C: bye
0.000003 #1 S: c{_}
0.000003 #1 S! closed
";
    let replayed = Replay::parse(recording).unwrap().in_memory(Desk).unwrap();
    assert_eq!(replayed.sent, "welcome and {braces}\r\nbye\r\n".len() as u64);
    let transcript = "S: welcome\n C: a\n S: a\n C: bye\n S: cya\n S! closed\n";
    assert_eq!(
        Replay::parse(transcript).unwrap().in_memory(Desk).unwrap().connections,
        1
    );
}

/// Time is paused in memory, so an hour passes at once; the server's own limits pass with it.
#[test]
fn in_memory_the_recorded_times_pass_at_once() {
    let recording = "\
# kai-tcp-server recording 1
0.000000 #1 (connected from 127.0.0.1:1)
0.000000 #1 (packet line(crlf))
0.000001 #1 S: welcome
240.000000 #1 C: four minutes
240.000001 #1 S: four minutes
539.000000 #1 C: and nearly five more
539.000001 #1 S: and nearly five more
839.000100 #1 S! closed
839.000100 #1 (ended: time out)
";
    Replay::parse(recording).unwrap().in_memory(Desk).unwrap();
    let late = recording.replace("539.", "541.").replace("839.", "841.");
    let difference = Replay::parse(&late).unwrap().in_memory(Desk).unwrap_err();
    assert_eq!(difference.line(), 8, "{difference}");
}

#[tokio::test]
async fn a_connection_that_began_before_the_recording_is_recorded_and_not_played() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    let mut before = Client::connect(server.local_addr()).await;
    before.call("a\r\n", "welcome\r\na\r\n").await;
    let recorder = server.record(in_folder(&folder)).await.unwrap();
    before.call("b\r\n", "b\r\n").await;
    let mut after = Client::connect(server.local_addr()).await;
    after.call("c\r\n", "welcome\r\nc\r\n").await;
    let text = ended(recorder).await;
    assert!(
        said(&text)
            .iter()
            .any(|line| line.starts_with("(joined from 127.0.0.1:")),
        "{text}"
    );
    assert!(text.contains("C: b\n") && text.contains("C: c\n"), "{text}");
    let replayed = in_memory(folder.path("recordings")).unwrap();
    assert_eq!(replayed.connections, 1);
    assert_eq!(replayed.skipped.len(), 1);
    assert_eq!(replayed.skipped[0].1, "it began before the recording");
    // Nothing is recorded any more.
    before.call("later on\r\n", "later on\r\n").await;
    assert!(
        !ended(server.record(in_folder(&folder)).await.unwrap())
            .await
            .contains("later on")
    );
}

#[tokio::test]
async fn one_connection_or_one_address_is_recorded() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    let mut clients = [
        Client::connect(server.local_addr()).await,
        Client::connect(server.local_addr()).await,
    ];
    for client in &mut clients {
        client.expect("welcome\r\n").await;
    }
    let port = clients[1].local_addr().port();
    let connections = server.connections();
    let one = connections
        .iter()
        .find(|one| one.peer_addr.to_string().ends_with(&format!(":{port}")));
    let recorder = server
        .record(in_folder(&folder).only_connection(one.unwrap().id))
        .await
        .unwrap();
    clients[0].call("not me\r\n", "not me\r\n").await;
    clients[1].call("me\r\n", "me\r\n").await;
    let text = ended(recorder).await;
    assert!(text.contains("C: me\n") && !text.contains("not me"), "{text}");
    let here = in_folder(&folder).only_ip([127, 0, 0, 1].into());
    let recorder = server.record(here).await.unwrap();
    clients[0].call("both\r\n", "both\r\n").await;
    assert!(ended(recorder).await.contains("C: both\n"));
    let elsewhere = in_folder(&folder).only_ip([127, 0, 0, 9].into());
    let recorder = server.record(elsewhere).await.unwrap();
    clients[0].call("not me\r\n", "not me\r\n").await;
    assert_eq!(said(&ended(recorder).await), Vec::<&str>::new());
}

#[tokio::test]
async fn an_address_is_found_at_a_listener_for_both_families() {
    let folder = Folder::new();
    let server = start(with(Desk, Desk::OPTIONS.ip(Ipv6Addr::UNSPECIFIED.into())))
        .await
        .unwrap();
    let here = in_folder(&folder).only_ip([127, 0, 0, 1].into());
    let recorder = server.record(here).await.unwrap();
    let mut client = Client::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, server.local_addr().port()))).await;
    client.expect("welcome\r\n").await;
    client.call("me\r\n", "me\r\n").await;
    assert!(ended(recorder).await.contains("C: me\n"));
}

#[tokio::test]
async fn a_server_makes_one_recording_at_a_time_until_its_recorder_is_dropped() {
    let folder = Folder::new();
    let (server, recorder) = recorded(&folder).await;
    let second = server.record(in_folder(&folder)).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::AlreadyStarted);
    assert!(recorder.is_recording());
    let first = recorder.files();
    drop(recorder);
    let recorder = server.record(in_folder(&folder)).await.unwrap();
    assert_ne!(recorder.files(), first);
    server.stop().await;
    assert!(!recorder.is_recording());
    recorder.stop().await.unwrap();
    assert_eq!(
        server.record(in_folder(&folder)).await.unwrap_err().kind(),
        ErrorKind::NotRunning
    );
}

#[tokio::test]
async fn a_recording_that_can_t_begin_is_an_error_and_leaves_nothing() {
    let folder = Folder::new();
    let server = start(Desk).await.unwrap();
    std::fs::write(folder.path("file"), "").unwrap();
    let there = server.record(Recording::in_dir(folder.path("file"))).await.unwrap_err();
    assert_eq!(there.kind(), ErrorKind::Other);
    assert!(there.to_string().contains("file"), "{there}");
    let small = server.record(in_folder(&folder).file_size(1)).await.unwrap_err();
    assert_eq!(small.kind(), ErrorKind::Options);
    assert!(!folder.path("recordings").exists());
    // It is free for one that can.
    let recorder = server.record(in_folder(&folder)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), recorder.stop())
        .await
        .unwrap()
        .unwrap();
}

/// The disk has no clock of tokio's: what is awaited of it isn't over at once where that is paused.
#[tokio::test(start_paused = true)]
async fn on_paused_time_a_recording_is_written_all_the_same() {
    let folder = Folder::new();
    let server = start(with(Desk, Desk::OPTIONS.in_memory())).await.unwrap();
    let recorder = server.record(in_folder(&folder)).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("hello\r\n", "welcome\r\nhello\r\n").await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    client.expect_eof().await;
    let text = ended(recorder).await;
    assert!(text.contains("\n300.00"), "it was idle for five minutes: {text}");
    assert_eq!(in_memory(folder.path("recordings")).unwrap().connections, 1);
}
