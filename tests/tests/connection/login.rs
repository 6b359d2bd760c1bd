//! The plainest state machine: `match (&*state, data)`. One arm changes the state, and another
//! replies with its content.

use std::collections::HashMap;

use kai_tcp_server::{Action, Server, start, tcp_server, with};
use kai_tcp_server_tests::Client;

struct Login {
    passwords: HashMap<&'static str, &'static str>,
}

enum State {
    /// The connection has no user yet.
    Start,
    /// A user who has given no correct password yet, with the number of wrong ones.
    Named { user: String, wrong: u8 },
    /// A user who is logged in.
    In(String),
}

#[tcp_server(port = 0, packet = line(crlf))]
impl Login {
    fn connected(&self) -> State {
        State::Start
    }

    fn handle_call(&self, data: &[u8], state: &mut State) -> Action {
        match (&*state, data) {
            (_, "quit") => close("bye"),
            (State::Start, "user {user}") => {
                *state = State::Named {
                    user: user.to_owned(),
                    wrong: 0,
                };
                reply("and the password?")
            }
            (State::Named { user, .. }, "pass {word}") if self.passwords.get(&**user) == Some(&word) => {
                *state = State::In(user.clone());
                reply("welcome")
            }
            (State::Named { user, wrong: 2 }, "pass {_}") => close(("too many, ", user)),
            (State::Named { user, wrong }, "pass {_}") => {
                *state = State::Named {
                    user: user.clone(),
                    wrong: wrong + 1,
                };
                reply("wrong")
            }
            (State::Named { user: name, .. } | State::In(name), "who") => reply(name),
            (State::In(name), "say {text..}") => reply((name, ": ", text)),
            _ => reply("?"),
        }
    }
}

/// Sends each line and expects its answer. The connection stays open.
async fn dialogue(lines: &[(&str, &str)]) -> (Server, Client) {
    let passwords = HashMap::from([("ann", "sesame"), ("bob", "1234")]);
    let server = start(with(Login { passwords }, Login::OPTIONS)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    for (said, expected) in lines {
        client.call(format!("{said}\r\n"), format!("{expected}\r\n")).await;
    }
    (server, client)
}

#[tokio::test]
async fn who_says_a_user_and_the_password_is_logged_in() {
    let (_server, mut client) = dialogue(&[
        ("who", "?"),
        ("pass sesame", "?"),
        ("user ann", "and the password?"),
        ("who", "ann"),
        ("say hello", "?"),
        ("pass sesame", "welcome"),
        ("who", "ann"),
        ("say hello all", "ann: hello all"),
        ("user bob", "?"),
    ])
    .await;
    client.call("quit\r\n", "bye\r\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_wrong_password_may_be_said_twice_and_the_third_closes() {
    let (_server, mut client) = dialogue(&[
        ("user bob", "and the password?"),
        ("pass sesame", "wrong"),
        ("pass 12345", "wrong"),
    ])
    .await;
    client.call("pass 123\r\n", "too many, bob\r\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn the_right_password_counts_after_a_wrong_one() {
    let (_server, mut client) = dialogue(&[
        ("user bob", "and the password?"),
        ("pass sesame", "wrong"),
        ("pass 1234", "welcome"),
    ])
    .await;
    client.call("who\r\n", "bob\r\n").await;
}
