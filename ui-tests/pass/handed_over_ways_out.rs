//! The ways out that the messages about what is handed over name, each followed to the letter.

#![deny(warnings)]

use kai_tcp_server::{Action, Frozen, Peer, Result, TcpServer, tcp_server};

mod freeze_without_thaw {
    use super::*;

    pub struct Counter;

    #[tcp_server(port = 10000)]
    impl Counter {
        fn handle_call(&self, data: &[u8], count: &mut u64) -> Action {
            *count += 1;
            reply(data)
        }

        fn freeze(&self, count: &u64) -> Frozen {
            Frozen::new(1, count.to_be_bytes())
        }

        fn thaw(&self, frozen: Frozen) -> Result<u64> {
            Ok(u64::from_be_bytes(frozen.bytes().try_into()?))
        }
    }
}

mod without_a_session {
    use super::*;

    pub struct Counter;

    #[tcp_server(port = 10000)]
    impl Counter {
        fn handle_call(&self, data: &[u8]) -> Action {
            reply(data)
        }

        fn freeze(&self, session: &()) -> Frozen {
            let () = session;
            Frozen::new(1, [])
        }

        fn thaw(&self, frozen: Frozen) -> Result<()> {
            assert!(frozen.bytes().is_empty());
            Ok(())
        }
    }
}

mod taken_over_that_nothing_calls {
    use super::*;

    pub struct Counter;

    #[tcp_server(port = 10000, session_version = 1)]
    impl Counter {
        fn handle_call(&self, data: &[u8], count: &mut u64) -> Action {
            *count += 1;
            reply(data)
        }

        async fn taken_over(&self, socket: &mut kai_tcp_server::Socket) -> Result {
            socket.send("here again").await
        }
    }
}

mod session_that_serde_does_not_know {
    use super::*;

    pub struct Counter;

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Count(u64);

    #[tcp_server(port = 10000, session_version = 1)]
    impl Counter {
        fn handle_call(&self, data: &[u8], count: &mut Count) -> Action {
            count.0 += 1;
            reply(data)
        }
    }
}

mod peer_in_thaw {
    use super::*;

    pub struct Counter;

    struct Member {
        peer: Option<Peer<String>>,
    }

    #[tcp_server(port = 10000)]
    impl Counter {
        fn connected(&self, peer: Peer<String>) -> Member {
            Member { peer: Some(peer) }
        }

        fn handle_call(&self, _: &[u8], member: &mut Member) -> Action {
            reply(format!("{:?}", member.peer))
        }

        fn handle_info(&self, message: String) -> Action {
            reply(message)
        }

        fn freeze(&self) -> Frozen {
            Frozen::new(1, [])
        }

        fn thaw(&self, _: Frozen) -> Member {
            Member { peer: None }
        }

        fn taken_over(&self, peer: Peer<String>, member: &mut Member) {
            member.peer = Some(peer);
        }
    }
}

mod helpers_of_ones_own {
    use super::*;

    pub struct Bank;

    #[tcp_server(port = 10000)]
    impl Bank {
        fn handle_call(&self, data: &[u8]) -> Action {
            match data {
                b"freeze\n" => reply(self.freeze(1)),
                b"thaw\n" => reply(self.on_thaw(1)),
                _ => close,
            }
        }

        // As it is called, it is no misspelled callback.
        fn on_thaw(&self, account: u64) -> String {
            account.to_string()
        }
    }

    impl Bank {
        fn freeze(&self, account: u64) -> String {
            account.to_string()
        }
    }
}

const fn hands_over<S: TcpServer>(_: &S) -> bool {
    S::HANDS_OVER
}

fn main() {
    assert!(hands_over(&freeze_without_thaw::Counter) && hands_over(&without_a_session::Counter));
    assert!(hands_over(&taken_over_that_nothing_calls::Counter) && hands_over(&peer_in_thaw::Counter));
    assert!(hands_over(&session_that_serde_does_not_know::Counter) && !hands_over(&helpers_of_ones_own::Bank));
}
