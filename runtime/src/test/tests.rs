//! Transcripts that a server follows, and the messages where it doesn't.

use kai_tcp_server_macros::tcp_server;

use super::*;
use crate::{Action, Socket};

#[derive(Default)]
struct Till;

#[tcp_server(port = 0, packet = line(crlf), crate = crate)]
impl Till {
    async fn handle_call(&self, data: &[u8], balance: &mut u64, socket: &mut Socket) -> Action {
        match data {
            "deposit {sum: u32}" => {
                *balance += u64::from(sum);
                reply(format_args!("{balance}"))
            }
            b"later" => {
                tokio::time::sleep(std::time::Duration::from_mins(1)).await;
                reply("now")
            }
            b"raw" => {
                socket.set_packet(Packet::Two);
                noreply
            }
            b"quit" => close("bye"),
            b"silence" => noreply,
            data => reply(data),
        }
    }
}

fn fails(transcript: &str) -> (usize, String) {
    let Mismatch { line, what } = in_memory(Till, transcript).expect_err(transcript);
    (line, what)
}

#[test]
fn what_agrees_passes() {
    transcript(
        Till,
        r"
        # Captures, and what they stand for.
        C: deposit 5
        S: {sum: u32}
        C: deposit {sum}
        S: 10
        C: {{x}}\x41
        S: {{x}}A
        C: one two three
        S: one {two} {rest..}
        C: {rest}
        S: three
        C: silence
        S! nothing
        C: later
        S! nothing
        (wait 60s)
        S: now
        C. a\r\nb\r
        S. a\r\n
        C. \n
        S: b
        C: raw
        (packet 2)
        C: \x00\xff
        S. \x00\x02\x00\xff
        C: quit
        S: bye
        ",
    );
}

#[test]
fn a_close_is_expected_or_not() {
    transcript(Till, "C: quit\nS: bye\nS! closed");
    transcript(Till, "C: quit\nS: bye");
    assert_eq!(
        fails("C: a\nS: a\nS! closed"),
        (2, "the server didn't close".to_owned())
    );
    let (line, what) = fails("C: quit\nS! closed");
    assert_eq!((line, what.as_str()), (1, r"the server sent `bye\r\n`"));
    let (line, what) = fails("C: quit\nS: bye\nS: bye");
    assert_eq!(line, 2);
    assert!(
        what.starts_with("the server closed, instead of\n  expected `bye`"),
        "{what}"
    );
}

#[test]
fn bytes_that_do_not_come_are_said_to_be_missing() {
    let (line, what) = fails("C: quit\nS: bye\nS. bye");
    assert_eq!(
        (line, what.as_str()),
        (2, "the server closed, instead of\n  expected `bye`")
    );
    let (line, what) = fails("C: a\nS: a\nS. b");
    assert_eq!(
        (line, what.as_str()),
        (2, "the server sent nothing, instead of\n  expected `b`")
    );
}

#[test]
fn another_frame_is_shown_with_its_place() {
    let (line, what) = fails("# first\n\nC: deposit 5\nS: 6");
    assert_eq!(line, 3);
    assert_eq!(
        what,
        "the server sent something else\n  expected `6`\n  received `5`\n            ^ here"
    );
    for wrong in ["S: {sum: u8}", "S: {word} {word2}", "S: {_}!", "S: 30", "S: 3", "S: "] {
        let (line, what) = fails(&format!("C: deposit 300\n{wrong}"));
        assert_eq!(line, 1, "{wrong}: {what}");
        assert!(what.contains("received `300`"), "{wrong}: {what}");
    }
}

#[test]
fn a_captured_value_is_the_same_everywhere() {
    let (line, _) = fails("C: a b\nS: {x} {y}\nC: a c\nS: {x} {y}");
    assert_eq!(line, 3);
    let (line, what) = fails("C: {x}");
    assert_eq!(line, 0);
    assert!(what.contains("not captured before"), "{what}");
}

#[test]
fn what_comes_unexpected_is_said() {
    let (line, what) = fails("C: a\nS! nothing");
    assert_eq!((line, what.as_str()), (1, r"the server sent `a\r\n`"));
    let (line, what) = fails("C: a");
    assert_eq!(
        (line, what.as_str()),
        (0, r"behind the end of the transcript the server sent `a\r\n`")
    );
    let (line, what) = fails("C: silence\nS: a");
    assert_eq!(line, 1);
    assert!(what.starts_with("the server sent nothing, instead of"), "{what}");
    let (line, _) = fails("C: later\nS: now");
    assert_eq!(line, 1, "a minute is too late");
}

#[test]
fn a_line_that_cannot_be_read_is_said() {
    for wrong in [
        "D: a",
        "C a",
        "S! nobody",
        "(wait 5)",
        "(wait)",
        "(packet 3)",
        "(sleep 5s)",
        "C: {a",
        r"S: \q",
        "(",
    ] {
        let (line, what) = fails(&format!("C: silence\n{wrong}"));
        assert_eq!(line, 1, "{wrong}: {what}");
    }
}

#[test]
fn a_name_that_stands_twice_in_a_line_is_one_value() {
    transcript(Till, "C: a b a\nS: {x} {y} {x}\nC: {y}\nS: b");
    let (line, what) = fails("C: a b c\nS: {x} {_} {x}");
    assert_eq!(line, 1);
    assert!(what.ends_with("  received `a b c`\n                ^ here"), "{what}");
}

#[test]
fn a_difference_is_shown_where_it_is() {
    let (_, what) = fails("C: deposit 5\nS: {sum}\nC: say 5 to 6\nS: say {sum} to {sum}");
    assert_eq!(
        what,
        "the server sent something else\n  expected `say {sum} to {sum}`, where `sum` is `5`\n  received `say 5 to 6`\n                     ^ here"
    );
    let (_, what) = fails("C. a\\xc3\\xa9b\\r\\n\nS: aéc");
    assert!(
        what.ends_with("  received `a\\xc3\\xa9b`\n                     ^ here"),
        "{what}"
    );
    let (_, what) = fails("C: ab\nS. abc");
    assert!(what.ends_with("  received `ab\\r`\n              ^ here"), "{what}");
    let (_, what) = fails("C: ab\nS. {_}");
    assert!(what.contains("here a capture is"), "{what}");
}

#[derive(Default)]
struct Zero;

#[tcp_server(port = 0, packet = line, delimiter = 0, crate = crate)]
impl Zero {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "end\0" => close("bye\0"),
            data => reply(data),
        }
    }
}

#[test]
fn a_line_ends_in_the_delimiter_of_its_server() {
    transcript(
        Zero,
        "C: a\\r\\n\nS: a\\r\\n\nC. b\\0\nS. b\\0\nC: end\nS: bye\nS! closed",
    );
}

#[derive(Default)]
struct Named;

#[tcp_server(port = 0, packet = line(lf), name = "a test of transcripts", health = "192.0.2.1:1", crate = crate)]
impl Named {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// Its health would be answered at an address that isn't this machine's.
#[test]
fn servers_of_one_name_play_one_after_the_other() {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| transcript(Named, "C: a\nS: a"));
        }
    });
}
