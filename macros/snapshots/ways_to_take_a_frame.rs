#![deny(warnings)]
use bytes::Bytes;
use kai_tcp_server::{Action, Socket, tcp_server};
struct Slice;
struct Text;
struct Shared;
struct Borrowed;
impl Slice {
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
        _: &mut Socket,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::*;
        reply(data)
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .declared();
    /// The arms of the table that decides on frames, in their order.
    pub const PROTOCOL: &'static [::kai_tcp_server::__private::Arm] = &[];
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[automatically_derived]
    impl __kai::TcpServer for Slice {
        type Input = __kai::WithSocket<__kai::Slice>;
        type Session = ();
        type Message = ::core::convert::Infallible;
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<()> {
            ::core::result::Result::Ok(())
        }
        async fn handle_call<'call>(
            &'call self,
            (data, socket): __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::handle_call(self, data, socket))
        }
    }
};
impl Text {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(&'call self, text: &'call str) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::*;
        match text.trim_end() {
            "quit" => __close(),
            text => reply((text, "\r\n")),
        }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .declared();
    /// The arms of the table that decides on frames, in their order.
    pub const PROTOCOL: &'static [::kai_tcp_server::__private::Arm] = &[];
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[automatically_derived]
    impl __kai::TcpServer for Text {
        type Input = __kai::Text;
        type Session = ();
        type Message = ::core::convert::Infallible;
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<()> {
            ::core::result::Result::Ok(())
        }
        async fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<__kai::Action<'_>>::outcome(Self::handle_call(self, data))
        }
    }
};
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `b"quit\r\n"` | closes the connection |
/// | `_` | a reply |
impl Shared {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(&'call self, data: Bytes) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::*;
        match &data[..] {
            b"quit\r\n" => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                __close()
            }
            _ => {
                ::kai_tcp_server::__private::arms::hit(1u32);
                reply(data)
            }
        }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .declared();
    /// The arms of the table that decides on frames, in their order.
    pub const PROTOCOL: &'static [::kai_tcp_server::__private::Arm] = &[
        ::kai_tcp_server::__private::Arm::new("quit", "b\"quit\\r\\n\"", ""),
        ::kai_tcp_server::__private::Arm::new("arm_2", "_", ""),
    ];
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[automatically_derived]
    impl __kai::TcpServer for Shared {
        type Input = __kai::Shared;
        type Session = ();
        type Message = ::core::convert::Infallible;
        const PROTOCOL: &'static [__kai::Arm] = Self::PROTOCOL;
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<()> {
            ::core::result::Result::Ok(())
        }
        async fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<__kai::Action<'_>>::outcome(Self::handle_call(self, data))
        }
    }
};
impl Borrowed {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    async fn handle_call<'call>(
        &'call self,
        socket: &mut Socket,
        data: bytes::Bytes,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::*;
        let _ = socket;
        reply(data)
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .declared();
    /// The arms of the table that decides on frames, in their order.
    pub const PROTOCOL: &'static [::kai_tcp_server::__private::Arm] = &[];
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[automatically_derived]
    impl __kai::TcpServer for Borrowed {
        type Input = __kai::WithSocket<__kai::Shared>;
        type Session = ();
        type Message = ::core::convert::Infallible;
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<()> {
            ::core::result::Result::Ok(())
        }
        async fn handle_call<'call>(
            &'call self,
            (data, socket): __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::handle_call(self, socket, data).await)
        }
    }
};
fn main() {
    let _ = || kai_tcp_server::run(Slice);
    let _ = || kai_tcp_server::run(Text);
    let _ = || kai_tcp_server::run(Shared);
    let _ = || kai_tcp_server::run(Borrowed);
}
