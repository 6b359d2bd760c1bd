#![deny(warnings)]
#![deny(rust_2018_idioms, mismatched_lifetime_syntaxes)]
use std::borrow::Cow;
use kai_tcp_server::{Action, Result, tcp_server};
struct Server {
    motto: String,
}
impl Server {
    const GREETING: &'static str = "hello";
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(
        &'call self,
        data: &'call [u8],
        last: &'call mut Vec<u8>,
    ) -> Result<Action<'call>> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let other = std::mem::replace(last, data.to_vec());
        Ok(
            match data.first() {
                Some(b'm') => self.motto(),
                Some(b'g') => Self::greeting(),
                Some(b'l') => reply(&*last),
                Some(b'b') => Self::both(data, &self.motto),
                Some(b't') => self.tried(data)?,
                Some(b's') => Self::say(String::from_utf8(other)?),
                Some(b'c') => Self::cow(Cow::Borrowed(data)),
                Some(b'o') => Self::first(data).unwrap_or(__noreply()),
                _ => twice(data),
            },
        )
    }
    #[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]
    fn motto(&self) -> Action {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(&self.motto)
    }
    fn greeting<'call>() -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        close(Self::GREETING)
    }
    fn both<'call>(first: &'call [u8], second: &'call str) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply((first, second))
    }
    #[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]
    fn tried(&self, data: &[u8]) -> Result<Action> {
        if data.is_empty() { Err("empty")? } else { Ok(self.motto()) }
    }
    fn say<'call>(text: String) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(text)
    }
    fn cow<'a>(data: Cow<'a, [u8]>) -> Action<'a> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(data)
    }
    #[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]
    fn first(data: &[u8]) -> Option<Action> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        data.first().map(|first| reply([*first]))
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        protocol::<Self, Nothing>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for Server {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(Vec<u8>);
    #[automatically_derived]
    impl __kai::TcpServer for Server {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = ::core::convert::Infallible;
        __kai::described! {}
        __kai::inspected! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<__Session> {
            ::core::result::Result::Ok(
                __Session(<Vec<u8> as __kai::session::Fresh>::fresh()),
            )
        }
        const IS_SYNC: bool = true;
        #[doc(hidden)]
        #[inline]
        fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            session: &'call mut Self::Session,
        ) -> impl __kai::Future<
            Output = __kai::Returned<__kai::Action<'call>>,
        > + __kai::Send {
            ::core::future::ready(
                __kai::Outcome::<
                    __kai::Action<'_>,
                >::outcome(Self::handle_call(self, data, &mut session.0)),
            )
        }
    }
};
fn twice(data: &[u8]) -> Action<'_> {
    Action::reply((data, data))
}
fn main() {
    let server = Server { motto: "less".to_owned() };
    assert_eq!(server.motto(), Action::reply("less"));
    let _ = || kai_tcp_server::run(server);
}
