use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[derive(Default)]
struct Names(std::rc::Rc<String>);

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8], names: &mut Names) -> Action {
        let _ = names.0.len();
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
