//! Clients of right servers say nothing while compiling, whatever names are around.

#![deny(warnings, missing_docs)]
#![allow(dead_code)]

use kai_tcp_server::tcp_server;

/// Names that an expansion may meet.
mod names {
    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct Some;
    pub(crate) struct Ok;
    pub(crate) struct Bytes;
    pub(crate) struct Client;
}

mod private {
    #![allow(unused_imports)]

    use kai_tcp_server::{Action, tcp_server};

    use super::names::{Bytes, Client, Ok, Option, Result, Some};

    #[derive(Clone, Debug, PartialEq)]
    struct Key(String);

    impl std::str::FromStr for Key {
        type Err = std::convert::Infallible;

        fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
            std::result::Result::Ok(Key(text.to_owned()))
        }
    }

    impl std::fmt::Display for Key {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(&self.0)
        }
    }

    /// Named as the parameter of a client would be.
    type Stream = u8;

    const MAGIC: u16 = 7;

    struct Words;

    #[tcp_server(port = 0, packet = line(crlf), ignore_case, client = pub(super) WordsClient)]
    impl Words {
        fn handle_call(&self, data: &[u8]) -> Action {
            match data {
                /// Gets a value.
                ///
                /// By its key.
                "get {key: Key}{all? all} {r#type..}" => reply((key.0, if all { "all" } else { "one" }, r#type)),
                "match {client} {out} {frame} {arm} {given} {stream}" => {
                    reply((client, out, frame, arm, given, stream))
                }
                "self" => reply("self"),
                #[cfg(any())]
                "gone {x}" => reply(x),
                #[cfg(any())]
                "gone {y}" => reply(y),
                "of {stream: Stream}" => reply(format_args!("{stream}")),
                "mixed-Case {_} {_..}" | "other" => noreply,
                b"quit" => close,
                _ => close("what?"),
            }
        }
    }

    struct Layouts;

    #[tcp_server(port = 0, packet = 2, client = LayoutsClient)]
    impl Layouts {
        fn handle_call(&self, data: &[u8]) -> Action {
            match data {
                #[name = "put"]
                bits!(MAGIC: u16, _: u4, flags: u4, len: u16, r#type: [u8; len], rest: [u8]) => {
                    let _ = (flags, r#type);
                    reply(rest)
                }
                #[name = "id"]
                [1, id, _, rest @ ..] => {
                    let _ = id;
                    reply(rest)
                }
                #[name = "any"]
                any => reply(any),
            }
        }
    }

    pub(super) fn uses<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static>(stream: S) {
        let mut words = WordsClient::new(stream);
        let all = async move {
            let _ = words.get(Key("a".to_owned()), true, "b").await;
            let _ = words.r#match("a", "b", "c", "d", "e", "f").await;
            let _ = words.self_().await;
            let _ = words.of(7).await;
            let _ = words.mixed_case(b"a", b"").await;
            let _: std::result::Result<(), _> = words.quit().await;
        };
        drop(Box::new(all) as Box<dyn Future<Output = ()> + Send>);
    }
}

/// A client that is named as its parameter would be.
struct Named;

#[tcp_server(port = 0, packet = line(lf), client = Stream)]
impl Named {
    fn handle_call(&self, data: &[u8]) -> kai_tcp_server::Action {
        match data {
            "word {x}" => reply(x),
            _ => close,
        }
    }
}

/// A public server, made by a macro in a function.
macro_rules! server {
    ($name:ident, $client:ident, $word:literal) => {
        /// A server.
        pub struct $name;

        #[tcp_server(port = 0, packet = line(lf), client = $client)]
        impl $name {
            fn handle_call(&self, data: &[u8]) -> kai_tcp_server::Action {
                match data {
                    $word => reply("word"),
                    _ => close,
                }
            }
        }
    };
}

server!(Made, MadeClient, "word {_x}");

#[cfg(any())]
#[tcp_server(port = 0, client = GoneClient)]
impl Gone {}

fn main() {
    server!(Inner, InnerClient, "inner");
    let (one, other) = tokio::io::duplex(64);
    private::uses(one);
    drop(format!("{:?}", MadeClient::new(other)));
}
