//! Sessions that go over to a new version of the program by serde.
#![deny(warnings)]
use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use kai_tcp_server::{
    Action, CloseReason, Frozen, Peer, ProtocolState, TcpServer, tcp_server,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
struct Chat;
#[derive(Default, Serialize, Deserialize)]
struct Member {
    name: String,
    #[serde(skip)]
    peer: Option<Peer<String>>,
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
    fn connected(&self, peer: Peer<String>) -> Member {
        Member {
            name: "joe".to_owned(),
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
        data: &'call [u8],
        member: &'call mut Member,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let _ = (&member.name, &member.peer);
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
    fn taken_over(&self, peer: Peer<String>, member: &mut Member) {
        member.peer = Some(peer);
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn closed(&self, member: Member, _: CloseReason) {
        drop(member);
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
    impl __kai::protocol::Declared for Chat {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    const _: () = __kai::check::demand(__kai::check::session_feature());
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(Member);
    #[automatically_derived]
    impl __kai::TcpServer for Chat {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = String;
        const TAKES_MESSAGES: bool = true;
        __kai::by_serde! {
            { 1 } const HANDS_OVER : bool = true; #[doc(hidden)] fn freeze < 'call > (&
            'call self, session : & 'call mut Self::Session,) -> impl __kai::Future <
            Output = __kai::Returned < __kai::Frozen >> + __kai::Send {
            ::core::future::ready(< Member as __kai::Written > ::freeze(& session.0,
            const { 1 })) } #[doc(hidden)] fn thaw(& self, frozen : __kai::Frozen,) ->
            impl __kai::Future < Output = __kai::Returned < __Session >> + __kai::Send {
            ::core::future::ready(< Member as __kai::Written > ::thaw(& frozen, const { 1
            }).map(__Session)) }
        }
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
            __kai::session::Begins::<Member>::begins(Self::connected(self, peer))
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
        async fn taken_over<'call>(
            &'call self,
            _: &'call mut __kai::Socket,
            peer: __kai::Peer<Self::Message>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<()> {
            __kai::Outcome::<()>::outcome(Self::taken_over(self, peer, &mut session.0))
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
/// A server without a session.
struct Echo;
impl Echo {
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
    impl __kai::protocol::Declared for Echo {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    const _: () = __kai::check::demand(__kai::check::session_feature());
    #[automatically_derived]
    impl __kai::TcpServer for Echo {
        type Input = __kai::Slice;
        type Session = ();
        type Message = ::core::convert::Infallible;
        __kai::by_serde! {
            { 0 } const HANDS_OVER : bool = true; #[doc(hidden)] fn freeze < 'call > (&
            'call self, session : & 'call mut Self::Session,) -> impl __kai::Future <
            Output = __kai::Returned < __kai::Frozen >> + __kai::Send {
            ::core::future::ready(< () as __kai::Written > ::freeze(& session, const { 0
            })) } #[doc(hidden)] fn thaw(& self, frozen : __kai::Frozen,) -> impl
            __kai::Future < Output = __kai::Returned < () >> + __kai::Send {
            ::core::future::ready(< () as __kai::Written > ::thaw(& frozen, const { 0 }))
            }
        }
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
#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Ready,
}
/// States and a session, of which the session alone is written; the version is a constant of the
/// block.
struct Sink<T>(PhantomData<fn(T)>);
impl<T: Default + Serialize + DeserializeOwned + Send + 'static> Sink<T> {
    const VERSION: u32 = 6;
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
        session: &'call mut Vec<T>,
        state: Phase,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        session.push(T::default());
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
    impl<
        T: Default + Serialize + DeserializeOwned + Send + 'static,
    > __kai::protocol::Declared for Sink<T> {
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
    const _: () = __kai::check::demand(__kai::check::session_feature());
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
    pub struct __Session<T: Default + Serialize + DeserializeOwned + Send + 'static>(
        Vec<T>,
        ::core::marker::PhantomData<(fn(*const T),)>,
        ::core::primitive::usize,
    );
    #[automatically_derived]
    impl<T: Default + Serialize + DeserializeOwned + Send + 'static> __kai::TcpServer
    for Sink<T>
    where
        Sink<T>: __kai::Shareable,
    {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session<T>;
        type Message = ::core::convert::Infallible;
        #[doc(hidden)]
        const STATES: &'static [__kai::ListedState] = __kai::states::Known::<
            Phase,
        >::STATES;
        fn enter_state(session: &mut Self::Session, state: ::core::primitive::usize) {
            session.2 = state;
        }
        __kai::by_serde! {
            { Self::VERSION + 1 } const HANDS_OVER : bool = true; #[doc(hidden)] fn
            freeze < 'call > (& 'call self, session : & 'call mut Self::Session,) -> impl
            __kai::Future < Output = __kai::Returned < __kai::Frozen >> + __kai::Send {
            ::core::future::ready(< Vec < T > as __kai::Written > ::freeze(& session.0,
            const { Self::VERSION + 1 })) } #[doc(hidden)] fn thaw(& self, frozen :
            __kai::Frozen,) -> impl __kai::Future < Output = __kai::Returned < __Session
            < T > >> + __kai::Send { ::core::future::ready(< Vec < T > as __kai::Written
            > ::thaw(& frozen, const { Self::VERSION + 1 }).map(| session |
            __Session(session, ::core::marker::PhantomData, 0))) }
        }
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
        ) -> __kai::Returned<__Session<T>> {
            ::core::result::Result::Ok(
                __Session(
                    <Vec<T> as __kai::session::Fresh>::fresh(),
                    ::core::marker::PhantomData,
                    0,
                ),
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
                        &mut session.0,
                        __kai::states::Known::<Phase>::at(session.2),
                    ),
                ),
            )
        }
    }
};
/// States alone.
struct Stateful;
const VERSION: u32 = 4_294_967_295;
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
    const _: () = __kai::check::demand(__kai::check::session_feature());
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
        __kai::by_serde! {
            { VERSION } const HANDS_OVER : bool = true; #[doc(hidden)] fn freeze < 'call
            > (& 'call self, session : & 'call mut Self::Session,) -> impl __kai::Future
            < Output = __kai::Returned < __kai::Frozen >> + __kai::Send {
            ::core::future::ready(< () as __kai::Written > ::freeze(& session.0, const {
            VERSION })) } #[doc(hidden)] fn thaw(& self, frozen : __kai::Frozen,) -> impl
            __kai::Future < Output = __kai::Returned < __Session >> + __kai::Send {
            ::core::future::ready(< () as __kai::Written > ::thaw(& frozen, const {
            VERSION }).map(| session | __Session(session, 0))) }
        }
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
    }
};
mod public {
    use kai_tcp_server::{Action, tcp_server};
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Private(u8);
    pub struct Server;
    #[tcp_server(port = 0, session_version = 2)]
    impl Server {
        fn handle_call(&self, data: &[u8], session: &mut Private) -> Action {
            session.0 += 1;
            reply(data)
        }
    }
}
fn done<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    }
}
/// Thaws a session, freezes it and tells what it was, and whether another version is refused.
fn through<S: TcpServer>(server: &S, version: u32, bytes: &[u8]) -> Vec<u8> {
    assert!(S::HANDS_OVER);
    let other = Frozen::new(version ^ 1, bytes);
    assert!(done(server.thaw(other)).is_err(), "another version is no guess");
    let Ok(mut session) = done(server.thaw(Frozen::new(version, bytes))) else {
        panic!("it isn't read")
    };
    let frozen = done(server.freeze(&mut session)).expect("it is written");
    assert_eq!(frozen.version(), version);
    frozen.bytes().to_vec()
}
fn main() {
    let member = Frozen::of(
            1,
            &Member {
                name: "joe".to_owned(),
                peer: None,
            },
        )
        .expect("it is written");
    assert_eq!(through(& Chat, 1, member.bytes()), member.bytes());
    let nothing = Frozen::of(0, &()).expect("it is written");
    assert_eq!(through(& Echo, 0, nothing.bytes()), nothing.bytes());
    assert_eq!(through(& Stateful, VERSION, nothing.bytes()), nothing.bytes());
    let list = Frozen::of(7, &[1_u64, 2]).expect("it is written");
    assert_eq!(through(& Sink::< u64 > (PhantomData), 7, list.bytes()), list.bytes());
    let private = Frozen::of(2, &3_u8).expect("it is written");
    assert_eq!(through(& public::Server, 2, private.bytes()), private.bytes());
    assert!(
        done(Chat.thaw(Frozen::new(1, nothing.bytes()))).is_err(),
        "other bytes aren't a session"
    );
}
