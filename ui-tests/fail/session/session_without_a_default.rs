use kai_tcp_server::{Action, tcp_server};

struct Echo;

struct Member {
    name: String,
}

#[tcp_server(port = 10000)]
impl Echo {
    fn handle_call(&self, data: &[u8], member: &mut Member) -> Action {
        member.name.clear();
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
