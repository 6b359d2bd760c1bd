#![deny(warnings)]
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use kai_tcp_server::{Action, Active, Overload, ProxyProtocol, Socket, tcp_server};
struct Literals;
struct Constants;
struct Words;
struct Environment;
impl Literals {
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
        socket: &mut Socket,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use kai_tcp_server::__private::words::{__close, __noreply, *};
        socket.set_active(Active::Once);
        reply(data)
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: kai_tcp_server::__private::Options = kai_tcp_server::__private::Options::new()
        .port(10_000)
        .ip(
            ::core::net::IpAddr::V6(
                ::core::net::Ipv6Addr::new(
                    0u16,
                    0u16,
                    0u16,
                    0u16,
                    0u16,
                    0u16,
                    0u16,
                    1u16,
                ),
            ),
        )
        .listen(
            &[
                "127.0.0.1:10000",
                "unix:/run/echo.sock mode=660",
                "[::1]:10443 starttls proxy_protocol=optional",
            ],
        )
        .max_processes(256)
        .overload(kai_tcp_server::__private::Overload::RefuseWith(b"busy\r\n"))
        .tls_cert(&["cert.pem", "another.pem"])
        .tls_key(&["key.pem", "another.key"])
        .tls_client_ca("clients.pem")
        .tls_client_optional(true)
        .tls_alpn(&["echo"])
        .tls_starttls(true)
        .tls_watch(::core::time::Duration::from_secs(60u64))
        .handshake_timeout(::core::time::Duration::from_secs(5u64))
        .proxy_protocol(kai_tcp_server::__private::ProxyProtocol::Optional)
        .trusted_proxies(const {
            &[
                kai_tcp_server::__private::Cidr::new(
                    ::core::net::IpAddr::V4(
                        ::core::net::Ipv4Addr::new(10u8, 0u8, 0u8, 0u8),
                    ),
                    8u8,
                ),
            ]
        })
        .proxy_timeout(::core::time::Duration::from_secs(1u64))
        .max_per_ip(16)
        .allow(const {
            &[
                kai_tcp_server::__private::Cidr::new(
                    ::core::net::IpAddr::V4(
                        ::core::net::Ipv4Addr::new(10u8, 0u8, 0u8, 0u8),
                    ),
                    8u8,
                ),
                kai_tcp_server::__private::Cidr::new(
                    ::core::net::IpAddr::V6(
                        ::core::net::Ipv6Addr::new(
                            0u16,
                            0u16,
                            0u16,
                            0u16,
                            0u16,
                            0u16,
                            0u16,
                            1u16,
                        ),
                    ),
                    128u8,
                ),
            ]
        })
        .deny(const {
            &[
                kai_tcp_server::__private::Cidr::new(
                    ::core::net::IpAddr::V4(
                        ::core::net::Ipv4Addr::new(10u8, 0u8, 0u8, 1u8),
                    ),
                    32u8,
                ),
            ]
        })
        .accept_rate(10 * 100)
        .max_restarts(3)
        .restart_period(::core::time::Duration::from_secs(60u64))
        .shutdown(::core::time::Duration::from_secs(15u64))
        .stop_delay(::core::time::Duration::from_secs(5u64))
        .upgrade(true)
        .upgrade_timeout(::core::time::Duration::from_secs(3u64))
        .accept_error_sleep_time(::core::time::Duration::from_millis(100u64))
        .recv_timeout(::core::time::Duration::from_secs(3600u64))
        .recv_limit(1 << 20)
        .send_timeout(::core::time::Duration::from_secs(30u64))
        .frame_timeout(::core::time::Duration::from_secs(10u64))
        .call_timeout(::core::time::Duration::from_secs(60u64))
        .max_age(::core::time::Duration::from_secs(86400u64))
        .close_timeout(::core::time::Duration::from_secs(45u64))
        .half_close(false)
        .packet(kai_tcp_server::__private::Packet::RawExact(512))
        .packet_size(64 * 1024)
        .active(kai_tcp_server::__private::Active::Once)
        .mailbox(64)
        .backlog(1024)
        .reuseaddr(true)
        .nodelay(false)
        .keepalive(true)
        .name("literals")
        .health(
            ::core::net::SocketAddr::new(
                ::core::net::IpAddr::V6(
                    ::core::net::Ipv6Addr::new(
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        1u16,
                    ),
                ),
                9000u16,
            ),
        )
        .agent_check(
            ::core::net::SocketAddr::new(
                ::core::net::IpAddr::V6(
                    ::core::net::Ipv6Addr::new(
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        0u16,
                        1u16,
                    ),
                ),
                9001u16,
            ),
        )
        .declared()
        .env("LITERALS");
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static kai_tcp_server::__private::protocol::Protocol = {
        use kai_tcp_server::__private::protocol::*;
        protocol::<Self, Nothing>()
    };
}
const _: () = {
    use kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for Literals {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    const _: () = __kai::check::demand(__kai::check::tls_feature());
    const _: () = __kai::check::demand(__kai::check::proxy_feature());
    const _: () = __kai::check::demand(__kai::check::upgrade_feature());
    const _: () = __kai::check::demand(__kai::check::unix_listener());
    const _: () = __kai::check::demand(__kai::check::tls_feature());
    const _: () = __kai::check::demand(__kai::check::proxy_feature());
    #[automatically_derived]
    impl __kai::TcpServer for Literals {
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
const PORT: u16 = 10_001;
const ADDRESS: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const HEALTH: SocketAddr = SocketAddr::new(ADDRESS, 9000);
const AGENT_CHECK: SocketAddr = SocketAddr::new(ADDRESS, 9001);
const TIME: Duration = Duration::from_secs(7);
mod limits {
    use std::net::{IpAddr, Ipv4Addr};
    use kai_tcp_server::Cidr;
    pub const WORDS: &[u8] = b"busy\n";
    pub const OFFICE: &[Cidr] = &[Cidr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8)];
    pub const PRINTER: Cidr = Cidr::single(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));
    pub const ADDRESS: &str = "127.0.0.1:10002";
    pub const NAME: &str = "constants";
    pub const PATH: &str = "cert.pem";
    pub const PATHS: &[&str] = &["key.pem"];
    pub const PREFIX: &str = "CONSTANTS_2";
}
impl Constants {
    const ADMIN: &'static str = "127.0.0.1:10003";
    const LIMIT: usize = 16;
    const RESTARTS: u32 = 2;
    const NODELAY: bool = cfg!(unix);
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
    fn passive<'call>(&'call self) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        __close()
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(PORT)
        .ip(ADDRESS)
        .listen(&[limits::ADDRESS, Self::ADMIN, "127.0.0.1:10004"])
        .max_processes(Self::LIMIT)
        .overload(::kai_tcp_server::__private::Overload::Refuse)
        .tls_cert(&[limits::PATH])
        .tls_key(limits::PATHS)
        .tls_client_ca(limits::PATH)
        .tls_client_optional(Self::NODELAY)
        .tls_watch(TIME)
        .proxy_protocol(ProxyProtocol::Required)
        .trusted_proxies(limits::OFFICE)
        .max_per_ip(Self::LIMIT)
        .allow(limits::OFFICE)
        .deny(const {
            &[
                limits::PRINTER,
                ::kai_tcp_server::__private::Cidr::new(
                    ::core::net::IpAddr::V4(
                        ::core::net::Ipv4Addr::new(192u8, 0u8, 2u8, 0u8),
                    ),
                    24u8,
                ),
            ]
        })
        .accept_rate(Self::RESTARTS)
        .max_restarts(1 + Self::RESTARTS)
        .restart_period(TIME)
        .shutdown(TIME)
        .stop_delay(TIME)
        .recv_timeout(TIME)
        .packet(::kai_tcp_server::__private::Packet::RawExact(Self::LIMIT))
        .packet_size(Self::LIMIT * 2)
        .active(::kai_tcp_server::__private::Active::Count(Self::RESTARTS))
        .nodelay(Self::NODELAY)
        .name(limits::NAME)
        .health(HEALTH)
        .agent_check(AGENT_CHECK)
        .declared()
        .env(limits::PREFIX);
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
    impl __kai::protocol::Declared for Constants {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    const _: () = __kai::check::demand(
        __kai::check::usize(__kai::check::Id::MaxProcesses, <Constants>::LIMIT),
    );
    const _: () = __kai::check::demand(
        __kai::check::texts(__kai::check::Id::TlsKey, limits::PATHS),
    );
    const _: () = __kai::check::demand(
        __kai::check::text(__kai::check::Id::TlsClientCa, limits::PATH),
    );
    const _: () = __kai::check::demand(
        __kai::check::time(__kai::check::Id::TlsWatch, TIME),
    );
    const _: () = __kai::check::demand(
        __kai::check::usize(__kai::check::Id::MaxPerIp, <Constants>::LIMIT),
    );
    const _: () = __kai::check::demand(
        __kai::check::u32(__kai::check::Id::AcceptRate, <Constants>::RESTARTS),
    );
    const _: () = __kai::check::demand(
        __kai::check::time(__kai::check::Id::RestartPeriod, TIME),
    );
    const _: () = __kai::check::demand(
        __kai::check::time(__kai::check::Id::RecvTimeout, TIME),
    );
    const _: () = __kai::check::demand(
        __kai::check::packet(
            __kai::Packet::RawExact(<Constants>::LIMIT),
            <Constants>::LIMIT * 2,
        ),
    );
    const _: () = __kai::check::demand(
        __kai::check::usize(__kai::check::Id::PacketSize, <Constants>::LIMIT * 2),
    );
    const _: () = __kai::check::demand(
        __kai::check::active(__kai::Active::Count(<Constants>::RESTARTS)),
    );
    const _: () = __kai::check::demand(
        __kai::check::text(__kai::check::Id::Name, limits::NAME),
    );
    const _: () = __kai::check::demand(__kai::check::env(limits::PREFIX));
    const _: () = __kai::check::demand(__kai::check::tls_feature());
    const _: () = __kai::check::demand(__kai::check::proxy_feature());
    #[automatically_derived]
    impl __kai::TcpServer for Constants {
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
        #[doc(hidden)]
        async fn passive<'call>(
            &'call self,
            _: &'call mut __kai::Socket,
            _: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<__kai::Action<'_>>::outcome(Self::passive(self))
        }
    }
};
impl Environment {
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
        .overload(::kai_tcp_server::__private::Overload::RefuseWith(limits::WORDS))
        .proxy_protocol(::kai_tcp_server::__private::ProxyProtocol::Required)
        .tls_alpn(&["echo"])
        .declared()
        .env("ENVIRONMENT");
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
    impl __kai::protocol::Declared for Environment {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    const _: () = __kai::check::demand(__kai::check::tls_feature());
    const _: () = __kai::check::demand(__kai::check::proxy_feature());
    #[automatically_derived]
    impl __kai::TcpServer for Environment {
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
impl Words {
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
    fn handle_info<'call>(&'call self, _: u8) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        __noreply()
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .overload(::kai_tcp_server::__private::Overload::Refuse)
        .allow(const { &[] })
        .shutdown(::kai_tcp_server::__private::BRUTAL_KILL)
        .recv_timeout(::kai_tcp_server::__private::INFINITY)
        .packet(::kai_tcp_server::__private::Packet::LineCrlfOrLf)
        .active(::kai_tcp_server::__private::Active::False)
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
    impl __kai::protocol::Declared for Words {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[automatically_derived]
    impl __kai::TcpServer for Words {
        type Input = __kai::Slice;
        type Session = ();
        type Message = u8;
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
    }
};
fn main() {
    assert_eq!(
        Literals::OPTIONS, Literals::OPTIONS.overload(Overload::RefuseWith(b"busy\r\n"))
        .max_per_ip(16)
    );
    assert_eq!(
        Constants::OPTIONS, Constants::OPTIONS.allow(limits::OFFICE).accept_rate(2)
    );
    assert_eq!(
        Constants::OPTIONS, Constants::OPTIONS.port(10_001).max_processes(16)
        .max_restarts(3).recv_timeout(TIME)
    );
    let _ = || kai_tcp_server::run(Literals);
    let _ = || kai_tcp_server::run(Constants);
    let _ = || kai_tcp_server::run(Words);
    let _ = || kai_tcp_server::run(Environment);
}
