use kai_tcp_server::{Action, CloseReason, tcp_server};

struct Server;

macro_rules! told {
    () => {
        fn closed(&self, reason: CloseReason) {
            println!("{reason}");
        }
    };
}

macro_rules! counts {
    ($($name:ident)*) => {
        $(fn $name(&self) -> u64 { 0 })*
    };
}

#[tcp_server(port = 0)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    told! {}
    counts! { calls }
}

fn main() -> kai_tcp_server::Result {
    println!("{}", Server.calls());
    kai_tcp_server::run(Server)
}
