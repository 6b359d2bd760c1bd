use kai_tcp_server::{Action, Socket, tcp_server};

struct Counter;

#[tcp_server(port = 10000)]
impl Counter {
    fn handle_call(&self, data: &[u8], count: &mut u64) -> Action {
        *count += 1;
        reply(data)
    }

    async fn taken_over(&self, socket: &mut Socket) -> kai_tcp_server::Result {
        socket.send("here again").await
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter)
}
