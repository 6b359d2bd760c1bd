use kai_tcp_server::{Action, tcp_server};
struct Echo;
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `b"bye\r\n"` | closes the connection |
/// | `data` | a reply |
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
        match data {
            b"bye\r\n" => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                close(b"cya\r\n")
            }
            data => {
                ::kai_tcp_server::__private::arms::hit(1u32);
                reply(data)
            }
        }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(10000)
        .max_processes(2)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm("bye", "b\"bye\\r\\n\"", "", false, Always, Literal(b"bye\r\n")),
                arm("arm_2", "data", "", false, Never, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
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
        const ARMS: &'static [__kai::ListedArm] = &[
            __kai::ListedArm::new("bye", "b\"bye\\r\\n\""),
            __kai::ListedArm::new("arm_2", "data"),
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
fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
