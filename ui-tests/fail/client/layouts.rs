use kai_tcp_server::{Action, tcp_server};

struct Store {
    block: usize,
}

#[tcp_server(port = 0, packet = 4, client = StoreClient)]
impl Store {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(1u8, id: u32) => reply(id.to_string()),
            #[name = "put"]
            bits!(2u8, block: [u8; self.block]) => reply(block),
            _ => close,
        }
    }
}

fn main() {}
