use kai_tcp_server::{Action, packet::Http, tcp_server};

struct Default;

#[tcp_server(port = 0)]
impl Default {
    fn handle_call(&self, line: Http) -> Action {
        match line {
            Http::EndOfHeaders => close,
            _ => noreply,
        }
    }
}

struct Counted;

#[tcp_server(port = 0, packet = 4)]
impl Counted {
    fn handle_call(&self, line: kai_tcp_server::packet::Http<'_>) -> Action {
        reply(format_args!("{line:?}"))
    }
}

struct Lent;

#[tcp_server(port = 0, packet = http)]
impl Lent {
    fn handle_call(&self, line: &Http) -> Action {
        reply(format_args!("{line:?}"))
    }
}

// One mistake is no second one.
struct Misspelled;

#[tcp_server(port = 0, packet = htpp)]
impl Misspelled {
    fn handle_call(&self, line: Http) -> Action {
        reply(format_args!("{line:?}"))
    }
}

fn main() {}
