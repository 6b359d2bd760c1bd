use kai_tcp_server::{Action, Socket, tcp_server};
struct Echo;
::core::compile_error! {
    "there is no option `prot`: did you mean `port`?"
}
::core::compile_error! {
    "there is no option `max_connections`: it's called `max_processes` here"
}
::core::compile_error! {
    "`recv_timeout` takes its unit with the number: `recv_timeout = \"30s\"` is seconds, \"30ms\" milliseconds"
}
::core::compile_error! {
    "no packet mode has a header of 3 bytes: it has `1`, `2` or `4`; blocks of N bytes are `raw(N)`"
}
::core::compile_error! {
    "`nodelay` takes `true` or `false`, or a constant, not `maybe`"
}
::core::compile_error! {
    "`handle_call` takes `&self`: it is the server's state, shared by all connections. What belongs to one connection goes into a session, `&mut T`; what all of them change goes into a `Mutex` or an atomic in `self`"
}
::core::compile_error! {
    "`Vec<u8>` is not how a frame comes: take `&[u8]`, `&str`, `Bytes`, `Http` or a codec's item"
}
::core::compile_error! {
    "`handle_call` takes `&mut Socket`, not `&Socket`"
}
::core::compile_error! {
    "`handle_info` returns what to do next: write `-> Action`, or `-> Result<Action>`"
}
::core::compile_error! {
    "`closed` takes the session by value, as it ends here: `String`, not `&mut String`"
}
::core::compile_error! {
    "there is no callback `conected`: it's called `connected`; a method of your own with this name can stand in another `impl` block"
}
::core::compile_error! {
    "`close` is an action here, so it can't be a variable: choose another name"
}
::core::compile_error! {
    "`noreply` is written without parentheses, as it sends nothing"
}
impl Echo {
    fn conected(&self) {}
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(
        &'call mut self,
        data: Vec<u8>,
        socket: &'call Socket,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let close = socket;
        drop(close);
        if data.is_empty() { __noreply() } else { reply(data) }
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_info<'call>(&'call self, number: u64) {
        drop(number);
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn closed(&self, session: &mut String) {
        session.clear();
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
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
    impl __kai::protocol::Declared for Echo {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Echo {
        type Input = __kai::Slice;
        type Session = ();
        type Message = ::core::convert::Infallible;
        fn options(&self) -> __kai::Options {
            __kai::Options::new()
        }
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<()> {
            ::core::panic!()
        }
        async fn handle_call<'call>(
            &'call self,
            _: __kai::Frame<'call, Self>,
            _: &'call mut (),
        ) -> __kai::Returned<__kai::Action<'call>> {
            ::core::panic!()
        }
    }
};
fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
