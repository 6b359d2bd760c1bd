use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    async fn handle_call(&self, data: &[u8]) -> Action {
        let local = std::rc::Rc::new(1);
        std::future::ready(()).await;
        drop(local);
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
