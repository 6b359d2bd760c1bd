use kai_tcp_server::{Action, tcp_server};

struct Echo<T>(T);

/// ```transcript
/// C: hello
/// S: hello
/// ```
#[tcp_server(port = 10000)]
impl<T: Send + Sync + 'static> Echo<T> {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo(7))
}
