//! `bits!` builds bytes anywhere in a block without an import, and is in nobody's way.

#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

struct Store;

#[tcp_server(port = 0, packet = 4)]
impl Store {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(1u8, id: u32) => reply(bits!(2u8, id: u32)),
            bits!(3u8) => self.several(),
            _ => close,
        }
    }

    fn several(&self) -> Action {
        reply(vec![bits!("GIOP", 1u8), [bits!(7u16le)].concat()])
    }
}

/// An import of one's own is no unused one.
mod imported {
    use kai_tcp_server::{Action, bits, tcp_server};

    pub struct Store;

    #[tcp_server(port = 0, packet = 4)]
    impl Store {
        fn handle_call(&self, data: &[u8]) -> Action {
            reply((bits!(2u8), data))
        }
    }
}

mod by_a_glob {
    use kai_tcp_server::*;

    pub struct Store;

    #[tcp_server(port = 0, packet = 4)]
    impl Store {
        fn handle_call(&self, data: &[u8]) -> Action {
            reply((bits!(2u8), data))
        }
    }
}

/// Another macro of this name is that.
mod of_ones_own {
    use kai_tcp_server::{Action, tcp_server};

    macro_rules! bits {
        ($value:literal : $ty:ty) => {
            <$ty>::to_be_bytes($value)
        };
    }

    pub struct Store;

    #[tcp_server(port = 0, packet = 4)]
    impl Store {
        fn handle_call(&self) -> Action {
            reply(bits!(2: u16))
        }
    }
}

mod others {
    macro_rules! other {
        ($($bit:literal),*) => {
            [$($bit),*]
        };
    }
    pub(crate) use other as bits;
}

mod of_another {
    use kai_tcp_server::{Action, tcp_server};

    use super::others::bits;

    pub struct Store;

    #[tcp_server(port = 0, packet = 4)]
    impl Store {
        fn handle_call(&self) -> Action {
            reply(bits![1u8, 0])
        }
    }
}

mod of_another_by_a_glob {
    use kai_tcp_server::{Action, tcp_server};

    use super::others::*;

    pub struct Store;

    #[tcp_server(port = 0, packet = 4)]
    impl Store {
        fn handle_call(&self) -> Action {
            reply(bits![1, 0])
        }
    }
}

fn main() {
    use kai_tcp_server::bits;

    struct Inner;

    #[tcp_server(port = 0, packet = 4)]
    impl Inner {
        fn handle_call(&self) -> Action {
            reply(bits!(2u8))
        }
    }

    assert_eq!(Inner.handle_call(), Action::reply([2]));
    assert_eq!(Store.handle_call(b"\x01\0\0\0\x07"), Action::reply(b"\x02\0\0\0\x07"));
    assert_eq!(Store.handle_call(b"\x03"), Action::reply(b"GIOP\x01\x07\0"));
    assert_eq!(imported::Store::OPTIONS, by_a_glob::Store::OPTIONS);
    assert_eq!(of_ones_own::Store::OPTIONS, of_another::Store::OPTIONS);
    let _ = of_another_by_a_glob::Store;
}
