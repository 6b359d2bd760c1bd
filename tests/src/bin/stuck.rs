//! A server that hangs: in its `init`, or in callbacks that block their threads.

use std::future::pending;
use std::thread;

use kai_tcp_server::{Action, tcp_server};

struct Stuck;

#[tcp_server(port = 0)]
impl Stuck {
    async fn init(&mut self) {
        if std::env::args().nth(1).as_deref() == Some("init") {
            eprintln!("stuck in init");
            pending::<()>().await;
        }
    }

    fn handle_call(&self) -> Action {
        eprintln!("stuck in a call");
        loop {
            thread::park();
        }
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Stuck)
}
