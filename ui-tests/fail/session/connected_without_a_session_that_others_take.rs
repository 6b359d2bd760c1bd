use kai_tcp_server::{Action, Peer, Result, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    fn connected(&self, _: Peer<String>) -> Result {
        Ok(())
    }

    fn handle_call(&self, data: &[u8], count: &mut usize) -> Action {
        *count += 1;
        reply(data)
    }

    fn handle_info(&self, _: String) -> Action {
        noreply
    }
}

struct Unit;

#[tcp_server(port = 10000)]
impl Unit {
    fn connected(&self) -> () {}

    fn handle_call(&self, data: &[u8], count: &mut usize) -> Action {
        *count += 1;
        reply(data)
    }
}

struct ResultOfUnit;

#[tcp_server(port = 10000)]
impl ResultOfUnit {
    fn connected(&self) -> std::io::Result<()> {
        Ok(())
    }

    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn closed(&self, count: usize) {
        let _ = count;
    }
}

fn main() -> Result {
    kai_tcp_server::run(Echo)
}
