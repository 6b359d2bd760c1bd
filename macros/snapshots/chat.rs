#![deny(warnings)]
use kai_tcp_server::{Action, CloseReason, Peer, Result, Socket, tcp_server};
struct Chat;
struct Member {
    name: String,
    handle: Peer<String>,
}
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
        use ::kai_tcp_server::__private::words::*;
        match data {
            b"quit" => __close(),
            b"bye" => close("cya"),
            b"name" => reply(&member.name),
            b"" => __noreply(),
            data => reply((&*member.name, ": ", data)),
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
        use ::kai_tcp_server::__private::words::*;
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
        .max_processes(1000);
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[allow(unreachable_pub)]
    pub struct __Session(Member);
    #[automatically_derived]
    impl __kai::TcpServer for Chat {
        type Input = __kai::Slice;
        type Session = __Session;
        type Message = String;
        const TAKES_MESSAGES: bool = true;
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        async fn connected(
            &self,
            socket: &mut __kai::Socket,
            peer: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<__Session> {
            __kai::Outcome::<Member>::outcome(Self::connected(self, socket, peer).await)
                .map(__Session)
        }
        async fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::handle_call(self, data, &mut session.0))
        }
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
