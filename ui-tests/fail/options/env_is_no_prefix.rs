use kai_tcp_server::{Action, tcp_server};

const PREFIX: &str = "Echo";

struct Empty;
struct Lower;
struct Digit;
struct Other;
struct End;
struct Number;
struct Word;
struct Constant;

#[tcp_server(port = 10000, env = "")]
impl Empty {
    fn handle_call(&self) -> Action {
        noreply
    }
}

#[tcp_server(port = 10000, env = "echo")]
impl Lower {
    fn handle_call(&self) -> Action {
        noreply
    }
}

#[tcp_server(port = 10000, env = "2ND")]
impl Digit {
    fn handle_call(&self) -> Action {
        noreply
    }
}

#[tcp_server(port = 10000, env = "ECHO-SERVER")]
impl Other {
    fn handle_call(&self) -> Action {
        noreply
    }
}

#[tcp_server(port = 10000, env = "ECHO_")]
impl End {
    fn handle_call(&self) -> Action {
        noreply
    }
}

#[tcp_server(port = 10000, env = true)]
impl Number {
    fn handle_call(&self) -> Action {
        noreply
    }
}

#[tcp_server(port = 10000, env = echo)]
impl Word {
    fn handle_call(&self) -> Action {
        noreply
    }
}

#[tcp_server(port = 10000, env = PREFIX)]
impl Constant {
    fn handle_call(&self) -> Action {
        noreply
    }
}

fn main() {}
