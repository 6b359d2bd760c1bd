//! The description of states in `PROTOCOL`.

#![allow(clippy::unused_self)] // a method that makes an action is given

use kai_tcp_server::{Action, ProtocolState, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    Text,
    #[initial]
    Hello,
    Ready,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Action {
        match (state, data) {
            (Phase::Hello, "hello {name}") => reply(("hello ", name)).next(Phase::Ready),
            (Phase::Ready, b"text") => noreply.next(Phase::Text),
            (Phase::Text, b".") => self.take(),
            (Phase::Text, _) => noreply,
            (Phase::Hello | Phase::Ready, b"either") => {
                if data.len() == 6 {
                    reply("one").next(Phase::Ready)
                } else {
                    close
                }
            }
            (_, b"set") => {
                socket.set_state(Phase::Text);
                reply("set")
            }
            (_, b"else") => elsewhere(),
            _ => close("what?"),
        }
    }

    fn take(&self) -> Action {
        reply("taken").next(Phase::Ready)
    }
}

fn elsewhere() -> Action<'static> {
    Action::noreply()
}

#[test]
fn the_protocol_lists_its_states_and_those_of_each_arm() {
    let protocol = Sink::PROTOCOL;
    assert_eq!(protocol.states, ["Hello", "Text", "Ready"]);
    let states: Vec<_> = protocol.iter().map(|arm| arm.states.join(" ")).collect();
    assert_eq!(states, ["Hello", "Ready", "Text", "Text", "Hello Ready", "", "", ""]);
    let next: Vec<_> = protocol
        .iter()
        .map(|arm| (arm.next.states.join(" "), arm.next.open))
        .collect();
    let expected = [
        ("Ready", false),
        ("Text", false),
        ("Ready", false),
        ("", false),
        ("Ready", false),
        ("Text", false),
        ("", true),
        ("", false),
    ];
    assert_eq!(next, expected.map(|(states, open)| (states.to_owned(), open)));
}

struct Nested;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Nested {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match state {
            Phase::Hello => match data {
                b"hello" => reply("hello").next(Phase::Text),
                _ => close,
            },
            Phase::Text | Phase::Ready => match data {
                b"." => reply("taken").next(Phase::Ready),
                _ => close,
            },
        }
    }
}

#[test]
fn the_arms_of_a_table_inside_of_a_match_on_the_state_have_its_states() {
    let states: Vec<_> = Nested::PROTOCOL.iter().map(|arm| arm.states.join(" ")).collect();
    assert_eq!(states, ["Hello", "Hello", "Text Ready", "Text Ready"]);
    let next: Vec<_> = Nested::PROTOCOL.iter().map(|arm| arm.next.states.join(" ")).collect();
    assert_eq!(next, ["Text", "", "Ready", ""]);
}
