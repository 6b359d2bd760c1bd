#![deny(warnings)]
use bytes::Bytes;
use kai_tcp_server::{Action, Socket, packet::Http, tcp_server};
struct Slice;
struct Text;
struct Shared;
struct Borrowed;
struct Lines;
struct LinesWithSocket;
struct OnesOwnLifetime;
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
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(data)
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
    impl __kai::protocol::Declared for Slice {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Slice {
        type Input = __kai::WithSocket<__kai::Slice>;
        type Session = ();
        type Message = ::core::convert::Infallible;
        __kai::described! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> impl __kai::Future<Output = __kai::Returned<()>> + __kai::Send {
            ::core::future::ready(::core::result::Result::Ok(()))
        }
        #[doc(hidden)]
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
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match text.trim_end() {
            "quit" => __close(),
            text => reply((text, "\r\n")),
        }
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
    impl __kai::protocol::Declared for Text {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Text {
        type Input = __kai::Text;
        type Session = ();
        type Message = ::core::convert::Infallible;
        __kai::described! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> impl __kai::Future<Output = __kai::Returned<()>> + __kai::Send {
            ::core::future::ready(::core::result::Result::Ok(()))
        }
        const IS_SYNC: bool = true;
        #[doc(hidden)]
        #[inline]
        fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> impl __kai::Future<
            Output = __kai::Returned<__kai::Action<'call>>,
        > + __kai::Send {
            ::core::future::ready(
                __kai::Outcome::<
                    __kai::Action<'_>,
                >::outcome(Self::handle_call(self, data)),
            )
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
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
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
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm("quit", "b\"quit\\r\\n\"", "", false, Always, Literal(b"quit\r\n")),
                arm("arm_2", "_", "", false, Never, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for Shared {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Shared {
        type Input = __kai::Shared;
        type Session = ();
        type Message = ::core::convert::Infallible;
        const ARMS: &'static [__kai::ListedArm] = &[
            __kai::ListedArm::new("quit", "b\"quit\\r\\n\""),
            __kai::ListedArm::new("arm_2", "_"),
        ];
        __kai::described! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> impl __kai::Future<Output = __kai::Returned<()>> + __kai::Send {
            ::core::future::ready(::core::result::Result::Ok(()))
        }
        const IS_SYNC: bool = true;
        #[doc(hidden)]
        #[inline]
        fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> impl __kai::Future<
            Output = __kai::Returned<__kai::Action<'call>>,
        > + __kai::Send {
            ::core::future::ready(
                __kai::Outcome::<
                    __kai::Action<'_>,
                >::outcome(Self::handle_call(self, data)),
            )
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
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let _ = socket;
        reply(data)
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
    impl __kai::protocol::Declared for Borrowed {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Borrowed {
        type Input = __kai::WithSocket<__kai::Shared>;
        type Session = ();
        type Message = ::core::convert::Infallible;
        __kai::described! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> impl __kai::Future<Output = __kai::Returned<()>> + __kai::Send {
            ::core::future::ready(::core::result::Result::Ok(()))
        }
        #[doc(hidden)]
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
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `Http::Request { method: "GET", .. }` | none |
/// | `Http::Header { field: "Host", value, .. }` | a reply |
/// | `Http::EndOfHeaders` | closes the connection |
/// | `_` | none |
impl Lines {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(&'call self, line: Http<'call>) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match line {
            Http::Request { method: "GET", .. } => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                __noreply()
            }
            Http::Header { field: "Host", value, .. } => {
                ::kai_tcp_server::__private::arms::hit(1u32);
                reply(value)
            }
            Http::EndOfHeaders => {
                ::kai_tcp_server::__private::arms::hit(2u32);
                __close()
            }
            _ => {
                ::kai_tcp_server::__private::arms::hit(3u32);
                __noreply()
            }
        }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Http)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm(
                    "Request",
                    "Http::Request { method: \"GET\", .. }",
                    "",
                    false,
                    Never,
                    Rust("Http::Request { method: \"GET\", .. }"),
                ),
                arm(
                    "Header",
                    "Http::Header { field: \"Host\", value, .. }",
                    "",
                    false,
                    Never,
                    Rust("Http::Header { field: \"Host\", value, .. }"),
                ),
                arm(
                    "EndOfHeaders",
                    "Http::EndOfHeaders",
                    "",
                    false,
                    Always,
                    Rust("Http::EndOfHeaders"),
                ),
                arm("arm_4", "_", "", false, Never, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for Lines {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Lines {
        type Input = __kai::HttpLine;
        type Session = ();
        type Message = ::core::convert::Infallible;
        const ARMS: &'static [__kai::ListedArm] = &[
            __kai::ListedArm::new("Request", "Http::Request { method: \"GET\", .. }"),
            __kai::ListedArm::new(
                "Header",
                "Http::Header { field: \"Host\", value, .. }",
            ),
            __kai::ListedArm::new("EndOfHeaders", "Http::EndOfHeaders"),
            __kai::ListedArm::new("arm_4", "_"),
        ];
        __kai::described! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> impl __kai::Future<Output = __kai::Returned<()>> + __kai::Send {
            ::core::future::ready(::core::result::Result::Ok(()))
        }
        const IS_SYNC: bool = true;
        #[doc(hidden)]
        #[inline]
        fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> impl __kai::Future<
            Output = __kai::Returned<__kai::Action<'call>>,
        > + __kai::Send {
            ::core::future::ready(
                __kai::Outcome::<
                    __kai::Action<'_>,
                >::outcome(Self::handle_call(self, data)),
            )
        }
    }
};
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `(0, Http::Header { raw, number, .. })` | a reply |
/// | `(_, Http::Error(line))` | closes the connection |
/// | `_` | none |
impl LinesWithSocket {
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
        line: kai_tcp_server::packet::Http<'call>,
        last: &'call mut u8,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match (&*last, line) {
            (0, Http::Header { raw, number, .. }) => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                {
                    *last = number;
                    reply(raw)
                }
            }
            (_, Http::Error(line)) => {
                ::kai_tcp_server::__private::arms::hit(1u32);
                close(line)
            }
            _ => {
                ::kai_tcp_server::__private::arms::hit(2u32);
                {
                    let _ = socket.recv().await;
                    __noreply()
                }
            }
        }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Httph)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm(
                    "Header",
                    "(0, Http::Header { raw, number, .. })",
                    "",
                    false,
                    Never,
                    Rust("Http::Header { raw, number, .. }"),
                ),
                arm(
                    "Error",
                    "(_, Http::Error(line))",
                    "",
                    false,
                    Always,
                    Rust("Http::Error(line)"),
                ),
                arm("arm_3", "_", "", false, Never, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for LinesWithSocket {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(u8);
    #[automatically_derived]
    impl __kai::TcpServer for LinesWithSocket {
        type Input = __kai::WithSocket<__kai::HttpLine>;
        #[doc(hidden)]
        type Session = __Session;
        type Message = ::core::convert::Infallible;
        const ARMS: &'static [__kai::ListedArm] = &[
            __kai::ListedArm::new("Header", "(0, Http::Header { raw, number, .. })"),
            __kai::ListedArm::new("Error", "(_, Http::Error(line))"),
            __kai::ListedArm::new("arm_3", "_"),
        ];
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
            ::core::result::Result::Ok(__Session(<u8 as __kai::session::Fresh>::fresh()))
        }
        #[doc(hidden)]
        async fn handle_call<'call>(
            &'call self,
            (data, socket): __kai::Frame<'call, Self>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::handle_call(self, socket, data, &mut session.0).await)
        }
    }
};
/// A message of that name is no line.
mod http {
    pub struct Http;
}
impl OnesOwnLifetime {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_info<'call>(&'call self, _: http::Http) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        __noreply()
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'a>(&self, line: Http<'a>) -> Action<'a> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let Http::Error(line) = line else { return __noreply() };
        reply(line)
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Http)
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
    impl __kai::protocol::Declared for OnesOwnLifetime {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for OnesOwnLifetime {
        type Input = __kai::HttpLine;
        type Session = ();
        type Message = http::Http;
        const TAKES_MESSAGES: bool = true;
        __kai::described! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> impl __kai::Future<Output = __kai::Returned<()>> + __kai::Send {
            ::core::future::ready(::core::result::Result::Ok(()))
        }
        #[doc(hidden)]
        async fn handle_info<'call>(
            &'call self,
            message: Self::Message,
            _: &'call mut __kai::Socket,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::handle_info(self, message))
        }
        const IS_SYNC: bool = true;
        #[doc(hidden)]
        #[inline]
        fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            _: &'call mut Self::Session,
        ) -> impl __kai::Future<
            Output = __kai::Returned<__kai::Action<'call>>,
        > + __kai::Send {
            ::core::future::ready(
                __kai::Outcome::<
                    __kai::Action<'_>,
                >::outcome(Self::handle_call(self, data)),
            )
        }
    }
};
fn main() {
    let _ = || kai_tcp_server::run(Slice);
    let _ = || kai_tcp_server::run(Text);
    let _ = || kai_tcp_server::run(Shared);
    let _ = || kai_tcp_server::run(Borrowed);
    let _ = || kai_tcp_server::run(Lines);
    let _ = || kai_tcp_server::run(LinesWithSocket);
    let _ = || kai_tcp_server::run(OnesOwnLifetime);
}
