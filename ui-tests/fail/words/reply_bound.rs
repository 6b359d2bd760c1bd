use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        let reply = 1;
        match data {
            b"one\r\n" => reply("1"),
            b"two\r\n" => reply("2"),
            _ if data.len() == reply => close,
            _ => reply(data),
        }
    }

    fn long(&self, data: &[u8]) -> Action {
        if data.len() > 10 {
            let reply = format!("{} bytes", data.len());
            return reply(reply);
        }
        reply("short")
    }

    fn said<'a>(&self, reply: &'a str) -> Action<'a> {
        if reply.is_empty() { reply("nothing") } else { reply(reply) }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
