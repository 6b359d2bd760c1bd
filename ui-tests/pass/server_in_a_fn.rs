#![deny(warnings)]

use kai_tcp_server::{Action, run, tcp_server};

fn main() {
    struct Local;

    #[derive(Default)]
    struct Session(u8);

    #[tcp_server(port = 0)]
    impl Local {
        fn handle_call(&self, session: &mut Session) -> Action {
            session.0 += 1;
            reply([session.0])
        }
    }

    let _ = || run(Local);
}
