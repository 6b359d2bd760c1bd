#![deny(warnings)]
#![warn(clippy::pedantic)]
use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, Failure, Peer, Result, Socket, tcp_server};
use tokio_util::codec::{BytesCodec, Decoder, LengthDelimitedCodec, LinesCodec};
/// Several encoders, borrowed items, words wherever they stand.
struct Lines {
    greeting: String,
}
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `"again"` |  |
/// | `"greeting"` | a reply |
/// | `"quit"` | closes the connection |
/// | `"words"` |  |
/// | `_` |  |
impl Lines {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    async fn connected(&self, socket: &mut Socket, _: Peer<String>) -> Result<usize> {
        socket.send_item::<LinesCodec>(&self.greeting).await?;
        Ok(0)
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
        line: String,
        socket: &mut Socket,
        lines: &'call mut usize,
    ) -> Result<Action<'call>> {
        ::kai_tcp_server::__private::codec_words! {
            LinesCodec
        }
        *lines += 1;
        Ok(
            match &*line {
                "again" => {
                    ::kai_tcp_server::__private::arms::hit(0u32);
                    match socket.recv_item::<LinesCodec>().await? {
                        Some(line) => reply(line),
                        None => __close(),
                    }
                }
                "greeting" => {
                    ::kai_tcp_server::__private::arms::hit(1u32);
                    reply(&*self.greeting)
                }
                "quit" => {
                    ::kai_tcp_server::__private::arms::hit(2u32);
                    close("bye")
                }
                "words" => {
                    ::kai_tcp_server::__private::arms::hit(3u32);
                    vec![reply("a"), __noreply()].swap_remove(0)
                }
                _ => {
                    ::kai_tcp_server::__private::arms::hit(4u32);
                    self.other(line)
                }
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
    fn handle_info<'call>(&'call self, message: String) -> Action<'call> {
        ::kai_tcp_server::__private::codec_words! {
            LinesCodec
        }
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
    fn failed<'call>(&'call self, failure: &'call Failure) -> Action<'call> {
        ::kai_tcp_server::__private::codec_words! {
            LinesCodec
        }
        close(failure.to_string())
    }
    #[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]
    fn other(&self, line: String) -> Action {
        ::kai_tcp_server::__private::codec_words! {
            LinesCodec
        }
        Some(line).filter(|line| !line.is_empty()).map_or(__noreply(), reply)
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Raw)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm("again", "\"again\"", "", false, Sometimes, Rust("\"again\"")),
                arm("greeting", "\"greeting\"", "", false, Never, Rust("\"greeting\"")),
                arm("quit", "\"quit\"", "", false, Always, Rust("\"quit\"")),
                arm("words", "\"words\"", "", false, Unknown, Rust("\"words\"")),
                arm("arm_5", "_", "", false, Unknown, Rest),
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
        const CODEC: &'static str = "LinesCodec";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(usize);
    __kai::codec_server! {
        "LinesCodec" { const _ : fn () = || { let _ = < LinesCodec as
        __kai::codecs::IsCodec > ::demand; }; const __IS_CODEC : bool = {
        #[allow(unused_imports)] use __kai::codecs::Unknown as _; __kai::codecs::Known::
        < LinesCodec > ::IS }; #[automatically_derived] impl __kai::TcpServer for Lines {
        type Input = __kai::WithSocket < __kai::Codec < __kai::codec_or_none!(LinesCodec)
        > >; #[doc(hidden)] type Session = __Session; type Message = String; const
        TAKES_MESSAGES : bool = true; const ARMS : & 'static [__kai::ListedArm] = &
        [__kai::ListedArm::new("again", "\"again\""), __kai::ListedArm::new("greeting",
        "\"greeting\""), __kai::ListedArm::new("quit", "\"quit\""),
        __kai::ListedArm::new("words", "\"words\""), __kai::ListedArm::new("arm_5",
        "_")]; __kai::described! {} __kai::inspected! {} fn options(& self) ->
        __kai::Options { Self::OPTIONS } #[doc(hidden)] async fn connected(& self, socket
        : & mut __kai::Socket, peer : __kai::Peer < Self::Message >) -> __kai::Returned <
        __Session > { __kai::session::Begins:: < usize > ::begins(Self::connected(self,
        socket, peer). await).map(__Session) } #[doc(hidden)] async fn handle_call <
        'call > (& 'call self, (data, socket) : __kai::Frame < 'call, Self >, session : &
        'call mut Self::Session) -> __kai::Returned < __kai::Action < 'call > > {
        __kai::Outcome:: < __kai::Action < '_ > > ::outcome(Self::handle_call(self,
        __kai::items::taken:: < String, __IS_CODEC > (data), socket, & mut session.0).
        await) } #[doc(hidden)] async fn handle_info < 'call > (& 'call self, message :
        Self::Message, _ : & 'call mut __kai::Socket, _ : & 'call mut Self::Session,) ->
        __kai::Returned < __kai::Action < 'call > > { __kai::Outcome:: < __kai::Action <
        '_ > > ::outcome(Self::handle_info(self, message)) } #[doc(hidden)] async fn
        failed < 'call > (& 'call self, failure : & 'call __kai::Failure, _ : & 'call mut
        Self::Session) -> __kai::Returned < __kai::Action < 'call > > { __kai::Outcome::
        < __kai::Action < '_ > > ::outcome(Self::failed(self, failure)) } } } {
        #[automatically_derived] impl __kai::TcpServer for Lines { type Input =
        __kai::Slice; type Session = (); type Message = ::core::convert::Infallible; fn
        options(& self) -> __kai::Options { __kai::Options::new() } async fn connected(&
        self, _ : & mut __kai::Socket, _ : __kai::Peer < Self::Message >) ->
        __kai::Returned < () > { ::core::panic!() } async fn handle_call < 'call > (&
        'call self, _ : __kai::Frame < 'call, Self >, _ : & 'call mut (),) ->
        __kai::Returned < __kai::Action < 'call >> { ::core::panic!() } } }
    }
};
/// The item as the codec names it.
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
    fn handle_call<'call>(
        &'call self,
        frame: <LengthDelimitedCodec as Decoder>::Item,
    ) -> Action<'call> {
        ::kai_tcp_server::__private::codec_words! {
            tokio_util::codec::LengthDelimitedCodec
        }
        reply(frame.freeze())
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Raw)
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
        const CODEC: &'static str = "tokio_util::codec::LengthDelimitedCodec";
        const IGNORE_CASE: bool = false;
    }
    __kai::codec_server! {
        "tokio_util::codec::LengthDelimitedCodec" { const _ : fn () = || { let _ = <
        tokio_util::codec::LengthDelimitedCodec as __kai::codecs::IsCodec > ::demand; };
        const __IS_CODEC : bool = { #[allow(unused_imports)] use __kai::codecs::Unknown
        as _; __kai::codecs::Known:: < tokio_util::codec::LengthDelimitedCodec > ::IS };
        #[automatically_derived] impl __kai::TcpServer for Named { type Input =
        __kai::Codec < __kai::codec_or_none!(tokio_util::codec::LengthDelimitedCodec) >;
        type Session = (); type Message = ::core::convert::Infallible; __kai::described!
        {} fn options(& self) -> __kai::Options { Self::OPTIONS } #[doc(hidden)] fn
        connected(& self, _ : & mut __kai::Socket, _ : __kai::Peer < Self::Message >,) ->
        impl __kai::Future < Output = __kai::Returned < () >> + __kai::Send {
        ::core::future::ready(::core::result::Result::Ok(())) } const IS_SYNC : bool =
        true; #[doc(hidden)] #[inline] fn handle_call < 'call > (& 'call self, data :
        __kai::Frame < 'call, Self >, _ : & 'call mut Self::Session) -> impl
        __kai::Future < Output = __kai::Returned < __kai::Action < 'call > >> +
        __kai::Send { ::core::future::ready(__kai::Outcome:: < __kai::Action < '_ > >
        ::outcome(Self::handle_call(self, __kai::items::taken:: < < LengthDelimitedCodec
        as Decoder > ::Item, __IS_CODEC > (data)))) } } } { #[automatically_derived] impl
        __kai::TcpServer for Named { type Input = __kai::Slice; type Session = (); type
        Message = ::core::convert::Infallible; fn options(& self) -> __kai::Options {
        __kai::Options::new() } async fn connected(& self, _ : & mut __kai::Socket, _ :
        __kai::Peer < Self::Message >) -> __kai::Returned < () > { ::core::panic!() }
        async fn handle_call < 'call > (& 'call self, _ : __kai::Frame < 'call, Self >, _
        : & 'call mut (),) -> __kai::Returned < __kai::Action < 'call >> {
        ::core::panic!() } } }
    }
};
/// A codec by its alias, with generics; a pattern as the parameter; no frame at all.
type Alias = Generic<u8>;
#[derive(Default)]
struct Generic<T> {
    bytes: BytesCodec,
    _of: Vec<T>,
}
impl<T> Decoder for Generic<T> {
    type Item = (BytesMut, usize);
    type Error = std::io::Error;
    fn decode(&mut self, input: &mut BytesMut) -> std::io::Result<Option<Self::Item>> {
        Ok(
            self
                .bytes
                .decode(input)?
                .map(|bytes| {
                    let length = bytes.len();
                    (bytes, length)
                }),
        )
    }
}
impl<T> tokio_util::codec::Encoder<Bytes> for Generic<T> {
    type Error = std::io::Error;
    fn encode(&mut self, bytes: Bytes, output: &mut BytesMut) -> std::io::Result<()> {
        self.bytes.encode(bytes, output)
    }
}
struct Turbofish;
impl Turbofish {
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
        (bytes, length): (BytesMut, usize),
    ) -> Action<'call> {
        ::kai_tcp_server::__private::codec_words! {
            Generic < u8 >
        }
        if length > 3 { reply(bytes.freeze()) } else { __close() }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Raw)
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
    impl __kai::protocol::Declared for Turbofish {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "Generic<u8>";
        const IGNORE_CASE: bool = false;
    }
    __kai::codec_server! {
        "Generic<u8>" { const _ : fn () = || { let _ = < Generic < u8 > as
        __kai::codecs::IsCodec > ::demand; }; const __IS_CODEC : bool = {
        #[allow(unused_imports)] use __kai::codecs::Unknown as _; __kai::codecs::Known::
        < Generic < u8 > > ::IS }; #[automatically_derived] impl __kai::TcpServer for
        Turbofish { type Input = __kai::Codec < __kai::codec_or_none!(Generic < u8 >) >;
        type Session = (); type Message = ::core::convert::Infallible; __kai::described!
        {} fn options(& self) -> __kai::Options { Self::OPTIONS } #[doc(hidden)] fn
        connected(& self, _ : & mut __kai::Socket, _ : __kai::Peer < Self::Message >,) ->
        impl __kai::Future < Output = __kai::Returned < () >> + __kai::Send {
        ::core::future::ready(::core::result::Result::Ok(())) } const IS_SYNC : bool =
        true; #[doc(hidden)] #[inline] fn handle_call < 'call > (& 'call self, data :
        __kai::Frame < 'call, Self >, _ : & 'call mut Self::Session) -> impl
        __kai::Future < Output = __kai::Returned < __kai::Action < 'call > >> +
        __kai::Send { ::core::future::ready(__kai::Outcome:: < __kai::Action < '_ > >
        ::outcome(Self::handle_call(self, __kai::items::taken:: < (BytesMut, usize),
        __IS_CODEC > (data)))) } } } { #[automatically_derived] impl __kai::TcpServer for
        Turbofish { type Input = __kai::Slice; type Session = (); type Message =
        ::core::convert::Infallible; fn options(& self) -> __kai::Options {
        __kai::Options::new() } async fn connected(& self, _ : & mut __kai::Socket, _ :
        __kai::Peer < Self::Message >) -> __kai::Returned < () > { ::core::panic!() }
        async fn handle_call < 'call > (& 'call self, _ : __kai::Frame < 'call, Self >, _
        : & 'call mut (),) -> __kai::Returned < __kai::Action < 'call >> {
        ::core::panic!() } } }
    }
};
struct Aliased<T>(T);
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `(bytes, 0 .. 4)` | a reply |
/// | `_` |  |
impl<T: Clone + Send + Sync + 'static> Aliased<T> {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(&'call self, item: (BytesMut, usize)) -> Action<'call> {
        ::kai_tcp_server::__private::codec_words! {
            Alias
        }
        match item {
            (bytes, 0..4) => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                reply(bytes.freeze())
            }
            _ => {
                ::kai_tcp_server::__private::arms::hit(1u32);
                self.close_it()
            }
        }
    }
    #[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]
    fn close_it(&self) -> Action {
        ::kai_tcp_server::__private::codec_words! {
            Alias
        }
        close(Bytes::from_static(b"bye"))
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Raw)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm(
                    "arm_1",
                    "(bytes, 0 .. 4)",
                    "",
                    false,
                    Never,
                    Rust("(bytes, 0 .. 4)"),
                ),
                arm("arm_2", "_", "", false, Unknown, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl<T: Clone + Send + Sync + 'static> __kai::protocol::Declared for Aliased<T> {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "Alias";
        const IGNORE_CASE: bool = false;
    }
    __kai::codec_server! {
        "Alias" { const _ : fn () = || { let _ = < Alias as __kai::codecs::IsCodec >
        ::demand; }; const __IS_CODEC : bool = { #[allow(unused_imports)] use
        __kai::codecs::Unknown as _; __kai::codecs::Known:: < Alias > ::IS };
        #[automatically_derived] impl < T : Clone + Send + Sync + 'static >
        __kai::TcpServer for Aliased < T > where Aliased < T > : __kai::Shareable { type
        Input = __kai::Codec < __kai::codec_or_none!(Alias) >; type Session = (); type
        Message = ::core::convert::Infallible; const ARMS : & 'static [__kai::ListedArm]
        = & [__kai::ListedArm::new("arm_1", "(bytes, 0 .. 4)"),
        __kai::ListedArm::new("arm_2", "_")]; __kai::described! {} fn options(& self) ->
        __kai::Options { Self::OPTIONS } #[doc(hidden)] fn connected(& self, _ : & mut
        __kai::Socket, _ : __kai::Peer < Self::Message >,) -> impl __kai::Future < Output
        = __kai::Returned < () >> + __kai::Send {
        ::core::future::ready(::core::result::Result::Ok(())) } const IS_SYNC : bool =
        true; #[doc(hidden)] #[inline] fn handle_call < 'call > (& 'call self, data :
        __kai::Frame < 'call, Self >, _ : & 'call mut Self::Session) -> impl
        __kai::Future < Output = __kai::Returned < __kai::Action < 'call > >> +
        __kai::Send { ::core::future::ready(__kai::Outcome:: < __kai::Action < '_ > >
        ::outcome(Self::handle_call(self, __kai::items::taken:: < (BytesMut, usize),
        __IS_CODEC > (data)))) } } } { #[automatically_derived] impl < T : Clone + Send +
        Sync + 'static > __kai::TcpServer for Aliased < T > where Aliased < T > :
        __kai::Shareable { type Input = __kai::Slice; type Session = (); type Message =
        ::core::convert::Infallible; fn options(& self) -> __kai::Options {
        __kai::Options::new() } async fn connected(& self, _ : & mut __kai::Socket, _ :
        __kai::Peer < Self::Message >) -> __kai::Returned < () > { ::core::panic!() }
        async fn handle_call < 'call > (& 'call self, _ : __kai::Frame < 'call, Self >, _
        : & 'call mut (),) -> __kai::Returned < __kai::Action < 'call >> {
        ::core::panic!() } } }
    }
};
struct Called;
impl Called {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(&'call self, _: (BytesMut, usize)) -> Action<'call> {
        ::kai_tcp_server::__private::codec_words! {
            Generic:: < Vec < u8 > >
        }
        __noreply()
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Raw)
        .recv_limit(10)
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
    impl __kai::protocol::Declared for Called {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "Generic::<Vec<u8>>";
        const IGNORE_CASE: bool = false;
    }
    __kai::codec_server! {
        "Generic::<Vec<u8>>" { const _ : fn () = || { let _ = < Generic:: < Vec < u8 > >
        as __kai::codecs::IsCodec > ::demand; }; const __IS_CODEC : bool = {
        #[allow(unused_imports)] use __kai::codecs::Unknown as _; __kai::codecs::Known::
        < Generic:: < Vec < u8 > > > ::IS }; #[automatically_derived] impl
        __kai::TcpServer for Called { type Input = __kai::Codec <
        __kai::codec_or_none!(Generic:: < Vec < u8 > >) >; type Session = (); type
        Message = ::core::convert::Infallible; __kai::described! {} fn options(& self) ->
        __kai::Options { Self::OPTIONS } #[doc(hidden)] fn connected(& self, _ : & mut
        __kai::Socket, _ : __kai::Peer < Self::Message >,) -> impl __kai::Future < Output
        = __kai::Returned < () >> + __kai::Send {
        ::core::future::ready(::core::result::Result::Ok(())) } const IS_SYNC : bool =
        true; #[doc(hidden)] #[inline] fn handle_call < 'call > (& 'call self, data :
        __kai::Frame < 'call, Self >, _ : & 'call mut Self::Session) -> impl
        __kai::Future < Output = __kai::Returned < __kai::Action < 'call > >> +
        __kai::Send { ::core::future::ready(__kai::Outcome:: < __kai::Action < '_ > >
        ::outcome(Self::handle_call(self, __kai::items::taken:: < (BytesMut, usize),
        __IS_CODEC > (data)))) } } } { #[automatically_derived] impl __kai::TcpServer for
        Called { type Input = __kai::Slice; type Session = (); type Message =
        ::core::convert::Infallible; fn options(& self) -> __kai::Options {
        __kai::Options::new() } async fn connected(& self, _ : & mut __kai::Socket, _ :
        __kai::Peer < Self::Message >) -> __kai::Returned < () > { ::core::panic!() }
        async fn handle_call < 'call > (& 'call self, _ : __kai::Frame < 'call, Self >, _
        : & 'call mut (),) -> __kai::Returned < __kai::Action < 'call >> {
        ::core::panic!() } } }
    }
};
struct Blind;
impl Blind {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn handle_call<'call>(&'call self) -> Action<'call> {
        ::kai_tcp_server::__private::codec_words! {
            LinesCodec
        }
        reply("something came")
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(0)
        .packet(::kai_tcp_server::__private::Packet::Raw)
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
    impl __kai::protocol::Declared for Blind {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "LinesCodec";
        const IGNORE_CASE: bool = false;
    }
    __kai::codec_server! {
        "LinesCodec" { const _ : fn () = || { let _ = < LinesCodec as
        __kai::codecs::IsCodec > ::demand; }; const __IS_CODEC : bool = {
        #[allow(unused_imports)] use __kai::codecs::Unknown as _; __kai::codecs::Known::
        < LinesCodec > ::IS }; #[automatically_derived] impl __kai::TcpServer for Blind {
        type Input = __kai::Codec < __kai::codec_or_none!(LinesCodec) >; type Session =
        (); type Message = ::core::convert::Infallible; __kai::described! {} fn options(&
        self) -> __kai::Options { Self::OPTIONS } #[doc(hidden)] fn connected(& self, _ :
        & mut __kai::Socket, _ : __kai::Peer < Self::Message >,) -> impl __kai::Future <
        Output = __kai::Returned < () >> + __kai::Send {
        ::core::future::ready(::core::result::Result::Ok(())) } const IS_SYNC : bool =
        true; #[doc(hidden)] #[inline] fn handle_call < 'call > (& 'call self, _ :
        __kai::Frame < 'call, Self >, _ : & 'call mut Self::Session) -> impl
        __kai::Future < Output = __kai::Returned < __kai::Action < 'call > >> +
        __kai::Send { ::core::future::ready(__kai::Outcome:: < __kai::Action < '_ > >
        ::outcome(Self::handle_call(self))) } } } { #[automatically_derived] impl
        __kai::TcpServer for Blind { type Input = __kai::Slice; type Session = (); type
        Message = ::core::convert::Infallible; fn options(& self) -> __kai::Options {
        __kai::Options::new() } async fn connected(& self, _ : & mut __kai::Socket, _ :
        __kai::Peer < Self::Message >) -> __kai::Returned < () > { ::core::panic!() }
        async fn handle_call < 'call > (& 'call self, _ : __kai::Frame < 'call, Self >, _
        : & 'call mut (),) -> __kai::Returned < __kai::Action < 'call >> {
        ::core::panic!() } } }
    }
};
fn main() {
    let greeting = String::new();
    let _ = || kai_tcp_server::run(Lines { greeting });
    let _ = || kai_tcp_server::run((Named, Turbofish, Aliased(1), Called, Blind));
    assert_eq!(Blind.handle_call().into_bytes().unwrap(), "something came\n");
}
