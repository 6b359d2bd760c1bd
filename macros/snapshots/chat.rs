#![deny(warnings)]
use kai_tcp_server::{Action, CloseReason, Peer, Result, Socket, tcp_server};
struct Chat;
struct Member {
    name: String,
    handle: Peer<String>,
}
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `b"quit"` | closes the connection |
/// | `b"bye"` | closes the connection |
/// | `b"name"` | a reply |
/// | `b""` | none |
/// | `data` | a reply |
impl Chat {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    async fn connected(
        &self,
        _socket: &mut Socket,
        peer: Peer<String>,
    ) -> Result<Member> {
        Ok(Member {
            name: "guest".to_owned(),
            handle: peer,
        })
    }
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
        member: &'call mut Member,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match data {
            b"quit" => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                __close()
            }
            b"bye" => {
                ::kai_tcp_server::__private::arms::hit(1u32);
                close("cya")
            }
            b"name" => {
                ::kai_tcp_server::__private::arms::hit(2u32);
                reply(&member.name)
            }
            b"" => {
                ::kai_tcp_server::__private::arms::hit(3u32);
                __noreply()
            }
            data => {
                ::kai_tcp_server::__private::arms::hit(4u32);
                reply((&*member.name, ": ", data))
            }
        }
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_info<'call>(&'call self, line: String) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(line)
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn closed(&self, member: Member, reason: CloseReason) {
        let _ = (member.handle, reason);
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(10002)
        .packet(::kai_tcp_server::__private::Packet::LineCrlfOrLf)
        .max_processes(1000)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm("quit", "b\"quit\"", "", false, Always, Literal(b"quit")),
                arm("bye", "b\"bye\"", "", false, Always, Literal(b"bye")),
                arm("name", "b\"name\"", "", false, Never, Literal(b"name")),
                arm("arm_4", "b\"\"", "", false, Never, Literal(b"")),
                arm("arm_5", "data", "", false, Never, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for Chat {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(Member);
    #[automatically_derived]
    impl __kai::TcpServer for Chat {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = String;
        const TAKES_MESSAGES: bool = true;
        const ARMS: &'static [__kai::ListedArm] = &[
            __kai::ListedArm::new("quit", "b\"quit\""),
            __kai::ListedArm::new("bye", "b\"bye\""),
            __kai::ListedArm::new("name", "b\"name\""),
            __kai::ListedArm::new("arm_4", "b\"\""),
            __kai::ListedArm::new("arm_5", "data"),
        ];
        __kai::described! {}
        __kai::inspected! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        async fn connected(
            &self,
            socket: &mut __kai::Socket,
            peer: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<__Session> {
            __kai::session::Begins::<
                Member,
            >::begins(Self::connected(self, socket, peer).await)
                .map(__Session)
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
        #[doc(hidden)]
        async fn closed(
            &self,
            session: Self::Session,
            reason: __kai::CloseReason,
        ) -> __kai::Returned<()> {
            __kai::Outcome::<()>::outcome(Self::closed(self, session.0, reason))
        }
    }
};
fn main() {
    let _ = || kai_tcp_server::run(Chat);
}
