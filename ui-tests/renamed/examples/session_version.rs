//! Sessions handed over by serde, where the crate's feature `upgrade` is off.

use other::{Action, tcp_server};

struct Counter;

struct Count(u64);

#[tcp_server(port = 0, crate = other, session_version = 1)]
impl Counter {
    fn connected(&self) -> Count {
        Count(0)
    }

    fn handle_call(&self, data: &[u8], count: &mut Count) -> Action {
        count.0 += 1;
        reply(data)
    }

    fn taken_over(&self, count: &mut Count) {
        count.0 += 1;
    }
}

fn main() -> other::Result {
    other::run(Counter)
}
