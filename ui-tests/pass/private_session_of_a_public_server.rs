#![deny(warnings)]
#![deny(missing_docs, unreachable_pub, private_interfaces, private_bounds)]
//! A session is nobody's business.

use kai_tcp_server::{Action, CloseReason, tcp_server};

/// Counts.
#[derive(Debug)]
pub struct Counter;

#[derive(Default)]
struct Count(usize);

#[tcp_server(port = 0)]
impl Counter {
    fn handle_call(&self, count: &mut Count) -> Action {
        count.0 += 1;
        reply(count.0.to_string())
    }

    fn closed(&self, count: Count, _: CloseReason) {
        let _ = count.0;
    }
}

/// Runs it.
fn main() {
    let _ = || kai_tcp_server::run(Counter);
}
