#![deny(warnings)]

pub use ::kai_tcp_server as kai;

mod servers {
    use crate::kai::{self, Action, tcp_server};

    macro_rules! server {
        ($name:ident) => {
            pub(crate) struct $name;

            #[tcp_server(port = 0, crate = $crate::kai)]
            impl $name {
                fn handle_call(&self, data: &[u8], seen: &mut usize) -> Action {
                    *seen += data.len();
                    if data.is_empty() { close } else { reply(data) }
                }
            }
        };
    }

    server!(Echo);

    pub(crate) struct Relative;

    #[tcp_server(port = 0, crate = kai)]
    impl Relative {
        fn handle_call(&self, data: &[u8]) -> Action {
            reply(data)
        }
    }

    pub(crate) struct Above;

    #[tcp_server(port = 0, crate = super::kai)]
    impl Above {
        fn handle_call(&self, data: &[u8]) -> Action {
            reply(data)
        }
    }
}

fn main() {
    let _ = || kai::run((servers::Echo, servers::Relative, servers::Above));
}
