//! Sessions that go over to a new version of the program by `freeze` and `thaw`.
#![deny(warnings)]
#![deny(rust_2018_idioms, mismatched_lifetime_syntaxes, unused)]
use std::future::ready;
use std::marker::PhantomData;
use kai_tcp_server::{
    Action, BoxError, CloseReason, Frozen, Peer, ProtocolState, Result, Socket,
    TcpServer, tcp_server,
};
struct Counter;
struct Session {
    lines: u64,
    peer: Option<Peer<String>>,
}
impl Counter {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn connected(&self, peer: Peer<String>) -> Session {
        Session {
            lines: 0,
            peer: Some(peer),
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
    fn handle_call<'call>(
        &'call self,
        _: &'call [u8],
        session: &'call mut Session,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        session.lines += 1;
        reply(session.lines.to_string())
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_info<'call>(&'call self, message: String) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(message)
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn freeze(&self, session: &Session) -> Frozen {
        Frozen::new(1, session.lines.to_be_bytes()).tell_closed()
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn thaw(&self, frozen: Frozen) -> Result<Session> {
        let lines = u64::from_be_bytes(frozen.bytes().try_into()?);
        Ok(Session { lines, peer: None })
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn taken_over(
        &self,
        socket: &mut Socket,
        peer: Peer<String>,
        session: &mut Session,
    ) -> Result {
        let _ = socket;
        session.peer = Some(peer);
        Ok(())
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn closed(&self, session: Session, reason: CloseReason) {
        let _ = (session.peer, reason);
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
    impl __kai::protocol::Declared for Counter {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(Session);
    #[automatically_derived]
    impl __kai::TcpServer for Counter {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = String;
        const TAKES_MESSAGES: bool = true;
        const HANDS_OVER: bool = true;
        __kai::described! {}
        __kai::inspected! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
        }
        #[doc(hidden)]
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            peer: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<__Session> {
            __kai::session::Begins::<Session>::begins(Self::connected(self, peer))
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
        async fn freeze<'call>(
            &'call self,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Frozen> {
            __kai::Outcome::<__kai::Frozen>::outcome(Self::freeze(self, &session.0))
        }
        #[doc(hidden)]
        async fn thaw(&self, frozen: __kai::Frozen) -> __kai::Returned<__Session> {
            __kai::session::GoesOn::<Session>::goes_on(Self::thaw(self, frozen))
                .map(__Session)
        }
        #[doc(hidden)]
        async fn taken_over<'call>(
            &'call self,
            socket: &'call mut __kai::Socket,
            peer: __kai::Peer<Self::Message>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<()> {
            __kai::Outcome::<
                (),
            >::outcome(Self::taken_over(self, socket, peer, &mut session.0))
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
/// All of it asynchronous, in another order, with errors of its own; the session can't be shared.
struct Waiting;
type Cell = std::cell::Cell<u8>;
impl Waiting {
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
        data: &'call [u8],
        session: &'call mut Cell,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let next = ready(session.get()).await;
        session.set(next);
        reply(data)
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    async fn taken_over(
        &self,
        session: &mut std::cell::Cell<u8>,
        _: Peer,
        socket: &mut Socket,
    ) -> Result<(), BoxError> {
        socket.send([session.get()]).await?;
        Ok(())
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    async fn thaw(&self, frozen: Frozen) -> Result<std::cell::Cell<u8>, BoxError> {
        ready(()).await;
        let first = frozen.bytes().first().ok_or("it is cut off")?;
        Ok(Cell::new(*first))
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    async fn freeze(
        &self,
        session: &mut std::cell::Cell<u8>,
    ) -> Result<Frozen, BoxError> {
        let first = ready(session.get()).await;
        if first == 0 {
            return Err("it stays".into());
        }
        Ok(Frozen::new(1, [first]))
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
    impl __kai::protocol::Declared for Waiting {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(std::cell::Cell<u8>);
    #[automatically_derived]
    impl __kai::TcpServer for Waiting {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = ::core::convert::Infallible;
        const HANDS_OVER: bool = true;
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
                __Session(<std::cell::Cell<u8> as __kai::session::Fresh>::fresh()),
            )
        }
        #[doc(hidden)]
        async fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(
                Self::handle_call(
                        self,
                        data,
                        __kai::session::Is::<Cell>::lent(&mut session.0),
                    )
                    .await,
            )
        }
        #[doc(hidden)]
        async fn taken_over<'call>(
            &'call self,
            socket: &'call mut __kai::Socket,
            peer: __kai::Peer<Self::Message>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<()> {
            __kai::Outcome::<
                (),
            >::outcome(Self::taken_over(self, &mut session.0, peer, socket).await)
        }
        #[doc(hidden)]
        async fn thaw(&self, frozen: __kai::Frozen) -> __kai::Returned<__Session> {
            __kai::session::GoesOn::<
                std::cell::Cell<u8>,
            >::goes_on(Self::thaw(self, frozen).await)
                .map(__Session)
        }
        #[doc(hidden)]
        async fn freeze<'call>(
            &'call self,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Frozen> {
            __kai::Outcome::<
                __kai::Frozen,
            >::outcome(Self::freeze(self, &mut session.0).await)
        }
    }
};
/// Nothing but what is needed.
struct Bare;
impl Bare {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(data: &'call [u8]) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(data)
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn freeze() -> Frozen {
        Frozen::new(0, [])
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn thaw() {}
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn taken_over() {}
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
    impl __kai::protocol::Declared for Bare {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Bare {
        type Input = __kai::Slice;
        type Session = ();
        type Message = ::core::convert::Infallible;
        const HANDS_OVER: bool = true;
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
                __kai::Outcome::<__kai::Action<'_>>::outcome(Self::handle_call(data)),
            )
        }
        #[doc(hidden)]
        async fn freeze<'call>(
            &'call self,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Frozen> {
            __kai::Outcome::<__kai::Frozen>::outcome(Self::freeze())
        }
        #[doc(hidden)]
        async fn thaw(&self, _: __kai::Frozen) -> __kai::Returned<()> {
            __kai::Outcome::<()>::outcome(Self::thaw())
        }
        #[doc(hidden)]
        async fn taken_over<'call>(
            &'call self,
            _: &'call mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<()> {
            __kai::Outcome::<()>::outcome(Self::taken_over())
        }
    }
};
/// A session that `thaw` alone names.
struct Named;
impl Named {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(&'call self, data: &'call [u8]) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        reply(data)
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn freeze(&self) -> Frozen {
        Frozen::new(1, *b"x")
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn thaw(&self, frozen: kai_tcp_server::Frozen) -> Option<u8> {
        frozen.bytes().first().copied()
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
    impl __kai::protocol::Declared for Named {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(Option<u8>);
    #[automatically_derived]
    impl __kai::TcpServer for Named {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = ::core::convert::Infallible;
        const HANDS_OVER: bool = true;
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
                __Session(<Option<u8> as __kai::session::Fresh>::fresh()),
            )
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
        #[doc(hidden)]
        async fn freeze<'call>(
            &'call self,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Frozen> {
            __kai::Outcome::<__kai::Frozen>::outcome(Self::freeze(self))
        }
        #[doc(hidden)]
        async fn thaw(&self, frozen: __kai::Frozen) -> __kai::Returned<__Session> {
            __kai::session::GoesOn::<Option<u8>>::goes_on(Self::thaw(self, frozen))
                .map(__Session)
        }
    }
};
#[derive(Clone, Copy, Debug, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}
struct Sink<T, const N: usize>(PhantomData<T>);
impl<T, const N: usize> Sink<T, N>
where
    T: Clone + Default + AsRef<[u8]> + TryFrom<Vec<u8>, Error: Into<BoxError>> + Send
        + Sync + 'static,
{
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
        session: &'call mut (T, [u8; N]),
        state: Phase,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let _ = session;
        match state {
            Phase::Hello => {
                reply(data)
                    .next({
                        #[allow(unused_imports)]
                        use ::kai_tcp_server::__private::states::Unknown as _;
                        let state: Phase = Phase::Ready;
                        ::kai_tcp_server::__private::states::Known::<Phase>::state(state)
                    })
            }
            Phase::Ready => __close(),
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
    fn connected(&self) -> (T, [u8; N]) {
        (T::default(), [0; N])
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn freeze(&self, state: Phase, (text, _): &(T, [u8; N])) -> Result<Frozen> {
        let _ = state;
        Ok(Frozen::new(N.try_into()?, T::as_ref(text)))
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn thaw(&self, frozen: Frozen) -> Result<(T, [u8; N]), BoxError> {
        let text = T::try_from(frozen.bytes().to_vec()).map_err(Into::into)?;
        Ok((text, [0; N]))
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn taken_over(&self, socket: &mut Socket, state: Phase) {
        if matches!(state, Phase::Ready) {
            socket
                .set_state({
                    #[allow(unused_imports)]
                    use ::kai_tcp_server::__private::states::Unknown as _;
                    let state: Phase = Phase::Hello;
                    ::kai_tcp_server::__private::states::Known::<Phase>::state(state)
                });
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
    impl<T, const N: usize> __kai::protocol::Declared for Sink<T, N>
    where
        T: Clone + Default + AsRef<[u8]> + TryFrom<Vec<u8>, Error: Into<BoxError>> + Send
            + Sync + 'static,
    {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
        const STATES: &'static [&'static ::core::primitive::str] = {
            #[allow(unused_imports)]
            use __kai::states::Unknown as _;
            __kai::states::Known::<Phase>::NAMES
        };
        const LAST: &'static [&'static ::core::primitive::str] = {
            #[allow(unused_imports)]
            use __kai::states::Unknown as _;
            __kai::states::Known::<Phase>::LAST
        };
    }
    #[allow(unused_imports)]
    use __kai::states::Unknown as _;
    const _: fn() = || {
        let _ = <Phase as __kai::states::IsState>::demand;
    };
    const _: () = {
        const WALK: __kai::states::walk::Walk = __kai::states::walk::walk(
            __kai::states::Known::<Phase>::STATES,
            &__kai::states::walk::Ways {
                names: &["Hello", "Ready", "N", "Ok"],
                sure: 2usize,
                from_any: &[0usize, 2usize, 3usize],
                edges: &[
                    __kai::states::walk::Edge {
                        to: &[1usize],
                        open: false,
                    },
                    __kai::states::walk::Edge {
                        to: &[],
                        open: false,
                    },
                ],
            },
        );
        const _: ::core::primitive::usize = __kai::states::walk::led_to(
            &WALK,
            "Phase",
            0usize,
        );
        const _: ::core::primitive::usize = __kai::states::walk::led_to(
            &WALK,
            "Phase",
            1usize,
        );
        const _: ::core::primitive::usize = __kai::states::walk::all_are_led_to(
            &WALK,
            "Phase",
        );
    };
    const _: ::core::primitive::usize = __kai::states::check::blocks_fit(
        __kai::states::Known::<Phase>::STATES,
        "Phase",
        65536usize,
    );
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session<T, const N: usize>(
        (T, [u8; N]),
        ::core::marker::PhantomData<(fn(*const T), ())>,
        ::core::primitive::usize,
    )
    where
        T: Clone + Default + AsRef<[u8]> + TryFrom<Vec<u8>, Error: Into<BoxError>> + Send
            + Sync + 'static;
    #[automatically_derived]
    impl<T, const N: usize> __kai::TcpServer for Sink<T, N>
    where
        T: Clone + Default + AsRef<[u8]> + TryFrom<Vec<u8>, Error: Into<BoxError>> + Send
            + Sync + 'static,
        Sink<T, N>: __kai::Shareable,
    {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session<T, N>;
        type Message = ::core::convert::Infallible;
        #[doc(hidden)]
        const STATES: &'static [__kai::ListedState] = __kai::states::Known::<
            Phase,
        >::STATES;
        fn enter_state(session: &mut Self::Session, state: ::core::primitive::usize) {
            session.2 = state;
        }
        const HANDS_OVER: bool = true;
        __kai::described! {}
        __kai::inspected! {}
        fn options(&self) -> __kai::Options {
            Self::OPTIONS
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
                >::outcome(
                    Self::handle_call(
                        self,
                        data,
                        &mut session.0,
                        __kai::states::Known::<Phase>::at(session.2),
                    ),
                ),
            )
        }
        #[doc(hidden)]
        async fn connected(
            &self,
            _: &mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
        ) -> __kai::Returned<__Session<T, N>> {
            __kai::session::Begins::<(T, [u8; N])>::begins(Self::connected(self))
                .map(|session| __Session(session, ::core::marker::PhantomData, 0))
        }
        #[doc(hidden)]
        async fn freeze<'call>(
            &'call self,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Frozen> {
            __kai::Outcome::<
                __kai::Frozen,
            >::outcome(
                Self::freeze(
                    self,
                    __kai::states::Known::<Phase>::at(session.2),
                    &session.0,
                ),
            )
        }
        #[doc(hidden)]
        async fn thaw(&self, frozen: __kai::Frozen) -> __kai::Returned<__Session<T, N>> {
            __kai::session::GoesOn::<(T, [u8; N])>::goes_on(Self::thaw(self, frozen))
                .map(|session| __Session(session, ::core::marker::PhantomData, 0))
        }
        #[doc(hidden)]
        async fn taken_over<'call>(
            &'call self,
            socket: &'call mut __kai::Socket,
            _: __kai::Peer<Self::Message>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<()> {
            __kai::Outcome::<
                (),
            >::outcome(
                Self::taken_over(
                    self,
                    socket,
                    __kai::states::Known::<Phase>::at(session.2),
                ),
            )
        }
    }
};
/// States without a session.
struct Stateful;
impl Stateful {
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
        state: Phase,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match state {
            Phase::Hello => {
                reply(data)
                    .next({
                        #[allow(unused_imports)]
                        use ::kai_tcp_server::__private::states::Unknown as _;
                        let state: Phase = Phase::Ready;
                        ::kai_tcp_server::__private::states::Known::<Phase>::state(state)
                    })
            }
            Phase::Ready => __close(),
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
    fn freeze(&self, state: Phase) -> Frozen {
        Frozen::new(1, format!("{state:?}"))
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn thaw(&self, _: Frozen) {}
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
    impl __kai::protocol::Declared for Stateful {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
        const STATES: &'static [&'static ::core::primitive::str] = {
            #[allow(unused_imports)]
            use __kai::states::Unknown as _;
            __kai::states::Known::<Phase>::NAMES
        };
        const LAST: &'static [&'static ::core::primitive::str] = {
            #[allow(unused_imports)]
            use __kai::states::Unknown as _;
            __kai::states::Known::<Phase>::LAST
        };
    }
    #[allow(unused_imports)]
    use __kai::states::Unknown as _;
    const _: fn() = || {
        let _ = <Phase as __kai::states::IsState>::demand;
    };
    const _: () = {
        const WALK: __kai::states::walk::Walk = __kai::states::walk::walk(
            __kai::states::Known::<Phase>::STATES,
            &__kai::states::walk::Ways {
                names: &["Hello", "Ready"],
                sure: 2usize,
                from_any: &[],
                edges: &[
                    __kai::states::walk::Edge {
                        to: &[1usize],
                        open: false,
                    },
                    __kai::states::walk::Edge {
                        to: &[],
                        open: false,
                    },
                ],
            },
        );
        const _: ::core::primitive::usize = __kai::states::walk::led_to(
            &WALK,
            "Phase",
            0usize,
        );
        const _: ::core::primitive::usize = __kai::states::walk::led_to(
            &WALK,
            "Phase",
            1usize,
        );
        const _: ::core::primitive::usize = __kai::states::walk::all_are_led_to(
            &WALK,
            "Phase",
        );
    };
    const _: ::core::primitive::usize = __kai::states::check::blocks_fit(
        __kai::states::Known::<Phase>::STATES,
        "Phase",
        65536usize,
    );
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session((), ::core::primitive::usize);
    #[automatically_derived]
    impl __kai::TcpServer for Stateful {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = ::core::convert::Infallible;
        #[doc(hidden)]
        const STATES: &'static [__kai::ListedState] = __kai::states::Known::<
            Phase,
        >::STATES;
        fn enter_state(session: &mut Self::Session, state: ::core::primitive::usize) {
            session.1 = state;
        }
        const HANDS_OVER: bool = true;
        __kai::described! {}
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
                __Session(<() as __kai::session::Fresh>::fresh(), 0),
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
                >::outcome(
                    Self::handle_call(
                        self,
                        data,
                        __kai::states::Known::<Phase>::at(session.1),
                    ),
                ),
            )
        }
        #[doc(hidden)]
        async fn freeze<'call>(
            &'call self,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Frozen> {
            __kai::Outcome::<
                __kai::Frozen,
            >::outcome(Self::freeze(self, __kai::states::Known::<Phase>::at(session.1)))
        }
        #[doc(hidden)]
        async fn thaw(&self, frozen: __kai::Frozen) -> __kai::Returned<__Session> {
            __kai::session::GoesOn::<()>::goes_on(Self::thaw(self, frozen))
                .map(|session| __Session(session, 0))
        }
    }
};
/// A type of one's own with the name.
mod own {
    use kai_tcp_server::{Action, tcp_server};
    pub struct Frozen(pub u8);
    pub struct Server;
    #[tcp_server(port = 0)]
    impl Server {
        fn handle_call(&self, data: &[u8], session: &mut u8) -> Action {
            let _ = session;
            reply(data)
        }
        fn handle_info(&self, message: Frozen, session: &mut u8) -> Action {
            *session = message.0;
            noreply
        }
    }
}
const fn hands_over<S: TcpServer>(_: &S) -> bool {
    S::HANDS_OVER
}
fn main() {
    assert!(
        hands_over(& Counter) && hands_over(& Waiting) && hands_over(& Bare) &&
        hands_over(& Named)
    );
    assert!(
        hands_over(& Sink::< Vec < u8 >, 2 > (PhantomData)) && hands_over(& Stateful)
    );
    assert!(! hands_over(& own::Server));
}
