use kai_tcp_server::{Action, tcp_server};

struct Login;

enum State {
    Start,
    Named(String),
}

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
            (State::Named(name), "forget") => {
                *state = State::Start;
                reply(("goodbye, ", name))
            }
            (State::Named(name), "who") => reply(name),
            _ => reply("?"),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Login)
}
