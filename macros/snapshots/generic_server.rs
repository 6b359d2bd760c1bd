#![deny(warnings)]
use std::collections::HashMap;
use std::marker::PhantomData;
use kai_tcp_server::{Action, CloseReason, Peer, Result, Socket, tcp_server};
pub trait Store: Send + Sync + 'static {
    type Key: Default + Send;
    fn get(&self, key: &[u8]) -> Option<&[u8]>;
    fn load(&self, key: &[u8]) -> impl Future<Output = Option<Vec<u8>>> + Send;
}
impl Store for HashMap<Vec<u8>, Vec<u8>> {
    type Key = Vec<u8>;
    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.get(key).map(|value| &value[..])
    }
    async fn load(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(key).cloned()
    }
}
struct Cache<S>(S);
struct Session<S: Store, const N: usize> {
    peer: Peer<[u8; N]>,
    key: S::Key,
}
impl<S: Store> Cache<S> {
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
        match self.0.get(data) {
            Some(value) => reply(value),
            None => __close(),
        }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .max_processes(4)
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
    impl<S: Store> __kai::protocol::Declared for Cache<S> {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl<S: Store> __kai::TcpServer for Cache<S>
    where
        Cache<S>: __kai::Shareable,
    {
        type Input = __kai::Slice;
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
struct Keyed<S, const N: usize>
where
    S: Store,
{
    store: S,
}
impl<S, const N: usize> Keyed<S, N>
where
    S: Store,
    S::Key: 'static,
{
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    async fn connected(&self, _: &mut Socket, peer: Peer<[u8; N]>) -> Session<S, N> {
        Session {
            peer,
            key: S::Key::default(),
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
    async fn handle_call<'call>(
        &'call self,
        data: &'call [u8],
        session: &'call mut Session<S, N>,
    ) -> Result<Action<'call>> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        let _ = (session.peer.clone(), &session.key);
        Ok(
            match self.store.load(data).await {
                Some(value) => reply(value),
                None => __noreply(),
            },
        )
    }
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_info<'call>(&'call self, message: [u8; N]) -> Action<'call> {
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
    fn closed(&self, session: Session<S, N>, _: CloseReason) {
        drop(session);
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .max_processes(N)
        .mailbox(LIMIT)
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
    impl<S, const N: usize> __kai::protocol::Declared for Keyed<S, N>
    where
        S: Store,
        S::Key: 'static,
    {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    const _: () = __kai::check::demand(
        __kai::check::usize(__kai::check::Id::Mailbox, LIMIT),
    );
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session<S, const N: usize>(
        Session<S, N>,
        ::core::marker::PhantomData<(fn(*const S), ())>,
    )
    where
        S: Store,
        S::Key: 'static;
    #[automatically_derived]
    impl<S, const N: usize> __kai::TcpServer for Keyed<S, N>
    where
        S: Store,
        S::Key: 'static,
        Keyed<S, N>: __kai::Shareable,
    {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session<S, N>;
        type Message = [u8; N];
        const TAKES_MESSAGES: bool = true;
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
        ) -> __kai::Returned<__Session<S, N>> {
            __kai::session::Begins::<
                Session<S, N>,
            >::begins(Self::connected(self, socket, peer).await)
                .map(|session| __Session(session, ::core::marker::PhantomData))
        }
        #[doc(hidden)]
        async fn handle_call<'call>(
            &'call self,
            data: __kai::Frame<'call, Self>,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::handle_call(self, data, &mut session.0).await)
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
const LIMIT: usize = 4;
struct Counting<T>(PhantomData<fn(T)>);
impl<T: Default + Send + AsRef<[u8]> + 'static> Counting<T> {
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
        last: &'call mut T,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        if data.is_empty() { __noreply() } else { reply(T::as_ref(last)) }
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
    impl<T: Default + Send + AsRef<[u8]> + 'static> __kai::protocol::Declared
    for Counting<T> {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session<T: Default + Send + AsRef<[u8]> + 'static>(
        T,
        ::core::marker::PhantomData<(fn(*const T),)>,
    );
    #[automatically_derived]
    impl<T: Default + Send + AsRef<[u8]> + 'static> __kai::TcpServer for Counting<T>
    where
        Counting<T>: __kai::Shareable,
    {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session<T>;
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
        ) -> __kai::Returned<__Session<T>> {
            ::core::result::Result::Ok(
                __Session(
                    <T as __kai::session::Fresh>::fresh(),
                    ::core::marker::PhantomData,
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
                >::outcome(Self::handle_call(self, data, &mut session.0)),
            )
        }
    }
};
fn main() {
    let _ = || kai_tcp_server::run(Cache(HashMap::new()));
    let _ = || kai_tcp_server::run(Keyed::<_, 8> {
        store: HashMap::new(),
    });
    let _ = || kai_tcp_server::run(Counting::<String>(PhantomData));
}
