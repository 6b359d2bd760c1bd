#![deny(warnings)]
// `match (&*session, data)`: an arm changes the session, and others reply with what their patterns bind of it.

use bytes::Bytes;
use kai_tcp_server::{Action, tcp_server};

struct Login;

#[derive(Default)]
enum State {
    #[default]
    Start,
    Named(String),
    Pair { first: String, second: Option<String> },
    In(User),
}

struct User {
    name: String,
    tries: u8,
}

const LIMIT: u8 = 3;

static USER: User = User { name: String::new(), tries: 0 };

#[tcp_server(port = 10000, packet = line(crlf))]
impl Login {
    fn connected(&self) -> State {
        State::Start
    }

    fn handle_call(&self, data: &[u8], state: &mut State) -> Action {
        match (&*state, data) {
            (State::Start, "name {name}") => {
                *state = State::Named(name.to_owned());
                reply("hello")
            }
            (State::Named(name), "who") => reply(name),
            (State::Named(name), "is {other}") if other == name => reply(("it is ", name)),
            // Only the guard looks at it.
            (State::Named(name), "long") if name.len() > 8 => reply("long"),
            // It is looked at, and then changed.
            (State::Named(name), "and {second}") => {
                let first = name.to_uppercase();
                *state = State::Pair { first, second: Some(second.to_owned()) };
                noreply
            }
            (State::Pair { first, second: Some(second) }, "who") => reply((first, " and ", second)),
            (State::Pair { first: name, second: None } | State::Named(name), b"first") => reply(name),
            (State::Pair { second: None, first: _first }, "lone") => {
                let first = _first.clone();
                *state = State::Pair { first, second: None };
                noreply
            }
            (State::Pair { .. }, "in") => {
                *state = State::In(User { name: "both".to_owned(), tries: 0 });
                noreply
            }
            (State::In(User { name, tries: LIMIT }), _) => close(("enough, ", name)),
            (State::In(user @ User { tries: 1..LIMIT, .. }), "again") => reply(&user.name),
            (State::In(User { name, tries }), b"try") if *tries < LIMIT => {
                let name = name.clone();
                *state = State::In(User { name, tries: LIMIT });
                reply("once more")
            }
            // What the guard says is a field here, and what the body says there.
            (State::In(User { name, tries }), b"fields") if USER.name == "x" => {
                let named = User { name: name.clone(), tries: tries + 1 };
                *state = State::In(named);
                noreply
            }
            // What the guard binds is the body's.
            (State::Named(name), "strip") if let Some(name) = name.strip_prefix("A") => reply(name.to_owned()),
            (all, "all") => reply(all.name()),
            (_, rest) => reply(rest),
        }
    }
}

impl State {
    fn name(&self) -> &str {
        match self {
            State::Start => "nobody",
            State::Named(name) | State::Pair { first: name, .. } | State::In(User { name, .. }) => name,
        }
    }
}

// Wherever a session is matched: with messages, with bytes that are owned, by itself, in an `async fn`, a part of it.
struct Others;

struct Member {
    step: State,
    lines: usize,
}

enum Message {
    Named(String),
    Who,
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl Others {
    fn connected(&self) -> Member {
        Member { step: State::Start, lines: 0 }
    }

    async fn handle_call(&self, data: Bytes, member: &mut Member) -> Action {
        member.lines += 1;
        match (data, &member.step) {
            ("name {name}", State::Start) => {
                member.step = State::Named(name.to_owned());
                self.pause().await;
                noreply
            }
            ("who", State::Named(name)) => {
                self.pause().await;
                reply(name)
            }
            _ => self.rest(member),
        }
    }

    fn handle_info(&self, message: Message, member: &mut Member) -> Action {
        match (&mut member.step, message) {
            (State::Start, Message::Named(name)) => {
                member.step = State::Named(name);
                noreply
            }
            (State::Named(name), Message::Who) => {
                name.push('!');
                reply(&*name)
            }
            (_, Message::Named(_) | Message::Who) => close,
        }
    }

    fn failed(&self, member: &mut Member) -> Action {
        match &member.step {
            State::Start => {
                member.lines = 0;
                member.step = State::Named("nobody".to_owned());
                noreply
            }
            State::Named(name) => close(name),
            State::Pair { .. } | State::In(_) => close,
        }
    }

    fn rest<'a>(&self, member: &'a mut Member) -> Action<'a> {
        match (member.lines, &member.step) {
            (0, _) => {
                member.step = State::Start;
                noreply
            }
            (_, State::Named(name)) => reply(name),
            _ => close,
        }
    }

    async fn pause(&self) {}
}

fn main() {
    let mut state = State::Start;
    let mut says = |line: &str, expected: &[u8]| {
        let action = Login.handle_call(line.as_bytes(), &mut state);
        assert_eq!(action.into_bytes().unwrap(), expected, "{line}");
    };
    says("who", b"who");
    says("all", b"nobody");
    says("name Ann", b"hello");
    says("who", b"Ann");
    says("is Ann", b"it is Ann");
    says("is Bob", b"is Bob");
    says("long", b"long");
    says("first", b"Ann");
    says("strip", b"nn");
    says("and Bob", b"");
    says("who", b"ANN and Bob");
    says("all", b"ANN");
    says("in", b"");
    says("again", b"again");
    says("try", b"once more");
    says("x", b"enough, both");
    let _ = (|| kai_tcp_server::run(Login), || kai_tcp_server::run(Others), Message::Who);
    let _ = Message::Named(String::new());
}
