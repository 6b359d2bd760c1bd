//! A server whose only time limits come from the environment. It tells how many connections each
//! limit has ended.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use kai_tcp_server::{Action, CloseReason, Socket, tcp_server};

#[derive(Default)]
struct Slow {
    timeout: AtomicUsize,
    call: AtomicUsize,
    max_age: AtomicUsize,
}

#[tcp_server(
    port = 0,
    packet = line(lf),
    max_processes = 2000,
    recv_timeout = infinity,
    send_timeout = infinity,
    env = "SLOW"
)]
impl Slow {
    fn connected(&self) {}

    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"never" => pending().await,
            b"much" => reply(vec![b'x'; 32 * 1024]),
            b"ended" => {
                let [timeout, call, max_age] =
                    [&self.timeout, &self.call, &self.max_age].map(|count| count.load(SeqCst));
                let open = socket.server().info().curr_connections;
                reply(format_args!(
                    "timeout {timeout}, call {call}, max_age {max_age}, open {open}"
                ))
            }
            data => reply(data.to_vec()),
        }
    }

    fn closed(&self, reason: CloseReason) {
        let count = match reason {
            CloseReason::Timeout => &self.timeout,
            CloseReason::Call => &self.call,
            CloseReason::MaxAge => &self.max_age,
            _ => return,
        };
        count.fetch_add(1, SeqCst);
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Slow::default())
}
