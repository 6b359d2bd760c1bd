use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        self.sent(data.len(), false, data)
    }

    fn sent<'a>(&self, close: usize, noreply: bool, data: &'a [u8]) -> Action<'a> {
        if close == 1 || noreply { reply("no") } else { reply(data) }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
