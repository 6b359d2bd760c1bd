#![deny(warnings)]
use bytes::Bytes;
use kai_tcp_server::{Action, tcp_server};
struct Login;
#[derive(Default)]
enum State {
    #[default]
    Start,
    Named(String),
    Pair { first: String, second: Option<String> },
    In(User),
}
struct User {
    name: String,
    tries: u8,
}
const LIMIT: u8 = 3;
static USER: User = User {
    name: String::new(),
    tries: 0,
};
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `(State::Start, "name {name}")` | a reply |
/// | `(State::Named(name), "who")` | a reply |
/// | `(State::Named(name), "is {other}")` if … | a reply |
/// | `(State::Named(name), "long")` if … | a reply |
/// | `(State::Named(name), "and {second}")` | none |
/// | `(State::Pair { first, second: Some(second) }, "who")` | a reply |
/// | `(State::Pair { first: name, second: None } \| State::Named(name), b"first")` | a reply |
/// | `(State::Pair { second: None, first: _first }, "lone")` | none |
/// | `(State::Pair { .. }, "in")` | none |
/// | `(State::In(User { name, tries: LIMIT }), _)` | closes the connection |
/// | `(State::In(user @ User { tries: 1 .. LIMIT, .. }), "again")` | a reply |
/// | `(State::In(User { name, tries }), b"try")` if … | a reply |
/// | `(State::In(User { name, tries }), b"fields")` if … | none |
/// | `(State::Named(name), "strip")` if … | a reply |
/// | `(all, "all")` | a reply |
/// | `(_, rest)` | a reply |
impl Login {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn connected(&self) -> State {
        State::Start
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
        state: &'call mut State,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match (&*state, data) {
            (
                State::Start,
                [b'n',
                b'a',
                b'm',
                b'e',
                b' ',
                __rest1 @ ..,
                ],
            ) if let ::core::option::Option::Some(name) = ::kai_tcp_server::__private::arms::word(
                __rest1,
            ) => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                {
                    *state = State::Named(name.to_owned());
                    reply("hello")
                }
            }
            (State::Named(name), b"who") => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Named(name) = &*state else { ::core::unreachable!() };
                    {
                        ::kai_tcp_server::__private::arms::hit(1u32);
                        reply(name)
                    }
                }
            }
            (
                State::Named(name),
                [b'i',
                b's',
                b' ',
                __rest1 @ ..,
                ],
            ) if let ::core::option::Option::Some(other) = ::kai_tcp_server::__private::arms::word(
                __rest1,
            ) && other == name => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Named(name) = &*state else { ::core::unreachable!() };
                    {
                        let _ = (&name,);
                        {
                            ::kai_tcp_server::__private::arms::hit(2u32);
                            reply(("it is ", name))
                        }
                    }
                }
            }
            (State::Named(name), b"long") if name.len() > 8 => {
                ::kai_tcp_server::__private::arms::hit(3u32);
                reply("long")
            }
            (
                State::Named(name),
                [b'a',
                b'n',
                b'd',
                b' ',
                __rest1 @ ..,
                ],
            ) if let ::core::option::Option::Some(second) = ::kai_tcp_server::__private::arms::word(
                __rest1,
            ) => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Named(name) = &*state else { ::core::unreachable!() };
                    {
                        ::kai_tcp_server::__private::arms::hit(4u32);
                        {
                            let first = name.to_uppercase();
                            *state = State::Pair {
                                first,
                                second: Some(second.to_owned()),
                            };
                            __noreply()
                        }
                    }
                }
            }
            (State::Pair { first, second: Some(second) }, b"who") => {
                let _ = (&first, &second);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Pair { first, second: Some(second) } = &*state else {
                        ::core::unreachable!()
                    };
                    {
                        ::kai_tcp_server::__private::arms::hit(5u32);
                        reply((first, " and ", second))
                    }
                }
            }
            (
                State::Pair { first: name, second: None } | State::Named(name),
                b"first",
            ) => {
                let _ = (&name, &name);
                {
                    #[allow(irrefutable_let_patterns)]
                    let (State::Pair { first: name, second: None }
                    | State::Named(name)) = &*state else { ::core::unreachable!() };
                    {
                        ::kai_tcp_server::__private::arms::hit(6u32);
                        reply(name)
                    }
                }
            }
            (State::Pair { second: None, first: _first }, b"lone") => {
                #[allow(irrefutable_let_patterns)]
                let State::Pair { second: None, first: _first } = &*state else {
                    ::core::unreachable!()
                };
                {
                    ::kai_tcp_server::__private::arms::hit(7u32);
                    {
                        let first = _first.clone();
                        *state = State::Pair { first, second: None };
                        __noreply()
                    }
                }
            }
            (State::Pair { .. }, b"in") => {
                ::kai_tcp_server::__private::arms::hit(8u32);
                {
                    *state = State::In(User {
                        name: "both".to_owned(),
                        tries: 0,
                    });
                    __noreply()
                }
            }
            (State::In(User { name, tries: LIMIT }), _) => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::In(User { name, tries: LIMIT }) = &*state else {
                        ::core::unreachable!()
                    };
                    {
                        ::kai_tcp_server::__private::arms::hit(9u32);
                        close(("enough, ", name))
                    }
                }
            }
            (State::In(user @ User { tries: 1..LIMIT, .. }), b"again") => {
                let _ = (&user,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::In(user @ User { tries: 1..LIMIT, .. }) = &*state else {
                        ::core::unreachable!()
                    };
                    {
                        ::kai_tcp_server::__private::arms::hit(10u32);
                        reply(&user.name)
                    }
                }
            }
            (State::In(User { name, tries }), b"try") if *tries < LIMIT => {
                let _ = (&name, &tries);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::In(User { name, tries }) = &*state else {
                        ::core::unreachable!()
                    };
                    {
                        let _ = (&tries,);
                        {
                            ::kai_tcp_server::__private::arms::hit(11u32);
                            {
                                let name = name.clone();
                                *state = State::In(User { name, tries: LIMIT });
                                reply("once more")
                            }
                        }
                    }
                }
            }
            (State::In(User { name, tries }), b"fields") if USER.name == "x" => {
                let _ = (&name, &tries);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::In(User { name, tries }) = &*state else {
                        ::core::unreachable!()
                    };
                    {
                        let _ = (&name,);
                        {
                            ::kai_tcp_server::__private::arms::hit(12u32);
                            {
                                let named = User {
                                    name: name.clone(),
                                    tries: tries + 1,
                                };
                                *state = State::In(named);
                                __noreply()
                            }
                        }
                    }
                }
            }
            (
                State::Named(name),
                b"strip",
            ) if let Some(name) = name.strip_prefix("A") => {
                ::kai_tcp_server::__private::arms::hit(13u32);
                reply(name.to_owned())
            }
            (all, b"all") => {
                let _ = (&all,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let all = &*state else { ::core::unreachable!() };
                    {
                        ::kai_tcp_server::__private::arms::hit(14u32);
                        reply(all.name())
                    }
                }
            }
            (_, rest) => {
                ::kai_tcp_server::__private::arms::hit(15u32);
                reply(rest)
            }
        }
    }
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(10000)
        .packet(::kai_tcp_server::__private::Packet::LineCrlf)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Table<T> {
            const PIECES: &'static [Piece] = &[
                literal(b"name "),
                word("name"),
                literal(b"is "),
                word("other"),
                literal(b"and "),
                word("second"),
            ];
        }
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm(
                    "name",
                    "(State::Start, \"name {name}\")",
                    "",
                    false,
                    Never,
                    Template(some(Self::PIECES, 0, 2)),
                ),
                arm(
                    "who",
                    "(State::Named(name), \"who\")",
                    "",
                    false,
                    Never,
                    Literal(b"who"),
                ),
                arm(
                    "is",
                    "(State::Named(name), \"is {other}\")",
                    "",
                    true,
                    Never,
                    Template(some(Self::PIECES, 2, 2)),
                ),
                arm(
                    "long",
                    "(State::Named(name), \"long\")",
                    "",
                    true,
                    Never,
                    Literal(b"long"),
                ),
                arm(
                    "and",
                    "(State::Named(name), \"and {second}\")",
                    "",
                    false,
                    Never,
                    Template(some(Self::PIECES, 4, 2)),
                ),
                arm(
                    "who",
                    "(State::Pair { first, second: Some(second) }, \"who\")",
                    "",
                    false,
                    Never,
                    Literal(b"who"),
                ),
                arm(
                    "first",
                    "(State::Pair { first: name, second: None } | State::Named(name), b\"first\")",
                    "",
                    false,
                    Never,
                    Literal(b"first"),
                ),
                arm(
                    "lone",
                    "(State::Pair { second: None, first: _first }, \"lone\")",
                    "",
                    false,
                    Never,
                    Literal(b"lone"),
                ),
                arm(
                    "in",
                    "(State::Pair { .. }, \"in\")",
                    "",
                    false,
                    Never,
                    Literal(b"in"),
                ),
                arm(
                    "arm_10",
                    "(State::In(User { name, tries: LIMIT }), _)",
                    "",
                    false,
                    Always,
                    Rest,
                ),
                arm(
                    "again",
                    "(State::In(user @ User { tries: 1 .. LIMIT, .. }), \"again\")",
                    "",
                    false,
                    Never,
                    Literal(b"again"),
                ),
                arm(
                    "try",
                    "(State::In(User { name, tries }), b\"try\")",
                    "",
                    true,
                    Never,
                    Literal(b"try"),
                ),
                arm(
                    "fields",
                    "(State::In(User { name, tries }), b\"fields\")",
                    "",
                    true,
                    Never,
                    Literal(b"fields"),
                ),
                arm(
                    "strip",
                    "(State::Named(name), \"strip\")",
                    "",
                    true,
                    Never,
                    Literal(b"strip"),
                ),
                arm("all", "(all, \"all\")", "", false, Never, Literal(b"all")),
                arm("arm_16", "(_, rest)", "", false, Never, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for Login {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(State);
    #[automatically_derived]
    impl __kai::TcpServer for Login {
        type Input = __kai::Slice;
        #[doc(hidden)]
        type Session = __Session;
        type Message = ::core::convert::Infallible;
        const ARMS: &'static [__kai::ListedArm] = &[
            __kai::ListedArm::new("name", "(State::Start, \"name {name}\")"),
            __kai::ListedArm::new("who", "(State::Named(name), \"who\")"),
            __kai::ListedArm::new("is", "(State::Named(name), \"is {other}\")"),
            __kai::ListedArm::new("long", "(State::Named(name), \"long\")"),
            __kai::ListedArm::new("and", "(State::Named(name), \"and {second}\")"),
            __kai::ListedArm::new(
                "who",
                "(State::Pair { first, second: Some(second) }, \"who\")",
            ),
            __kai::ListedArm::new(
                "first",
                "(State::Pair { first: name, second: None } | State::Named(name), b\"first\")",
            ),
            __kai::ListedArm::new(
                "lone",
                "(State::Pair { second: None, first: _first }, \"lone\")",
            ),
            __kai::ListedArm::new("in", "(State::Pair { .. }, \"in\")"),
            __kai::ListedArm::new(
                "arm_10",
                "(State::In(User { name, tries: LIMIT }), _)",
            ),
            __kai::ListedArm::new(
                "again",
                "(State::In(user @ User { tries: 1 .. LIMIT, .. }), \"again\")",
            ),
            __kai::ListedArm::new("try", "(State::In(User { name, tries }), b\"try\")"),
            __kai::ListedArm::new(
                "fields",
                "(State::In(User { name, tries }), b\"fields\")",
            ),
            __kai::ListedArm::new("strip", "(State::Named(name), \"strip\")"),
            __kai::ListedArm::new("all", "(all, \"all\")"),
            __kai::ListedArm::new("arm_16", "(_, rest)"),
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
            __kai::session::Begins::<State>::begins(Self::connected(self)).map(__Session)
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
impl State {
    fn name(&self) -> &str {
        match self {
            State::Start => "nobody",
            State::Named(name)
            | State::Pair { first: name, .. }
            | State::In(User { name, .. }) => name,
        }
    }
}
struct Others;
struct Member {
    step: State,
    lines: usize,
}
enum Message {
    Named(String),
    Who,
}
/// The protocol, arm by arm; the first that matches a frame decides.
///
/// | frame | answer |
/// | --- | --- |
/// | `("name {name}", State::Start)` | none |
/// | `("who", State::Named(name))` | a reply |
/// | `_` |  |
impl Others {
    #[allow(
        clippy::missing_const_for_fn,
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::ptr_arg,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_self
    )]
    fn connected(&self) -> Member {
        Member {
            step: State::Start,
            lines: 0,
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
        data: Bytes,
        member: &'call mut Member,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        member.lines += 1;
        match (&data[..], &member.step) {
            (
                [b'n',
                b'a',
                b'm',
                b'e',
                b' ',
                __rest0 @ ..,
                ],
                State::Start,
            ) if let ::core::option::Option::Some(name) = ::kai_tcp_server::__private::arms::word(
                __rest0,
            ) => {
                ::kai_tcp_server::__private::arms::hit(0u32);
                {
                    member.step = State::Named(name.to_owned());
                    self.pause().await;
                    __noreply()
                }
            }
            (b"who", State::Named(name)) => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Named(name) = &member.step else {
                        ::core::unreachable!()
                    };
                    {
                        ::kai_tcp_server::__private::arms::hit(1u32);
                        {
                            self.pause().await;
                            reply(name)
                        }
                    }
                }
            }
            _ => {
                ::kai_tcp_server::__private::arms::hit(2u32);
                self.rest(member)
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
    fn handle_info<'call>(
        &'call self,
        message: Message,
        member: &'call mut Member,
    ) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match (&mut member.step, message) {
            (State::Start, Message::Named(name)) => {
                member.step = State::Named(name);
                __noreply()
            }
            (State::Named(name), Message::Who) => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Named(name) = &mut member.step else {
                        ::core::unreachable!()
                    };
                    {
                        name.push('!');
                        reply(&*name)
                    }
                }
            }
            (_, Message::Named(_) | Message::Who) => __close(),
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
    fn failed<'call>(&'call self, member: &'call mut Member) -> Action<'call> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match &member.step {
            State::Start => {
                member.lines = 0;
                member.step = State::Named("nobody".to_owned());
                __noreply()
            }
            State::Named(name) => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Named(name) = &member.step else {
                        ::core::unreachable!()
                    };
                    close(name)
                }
            }
            State::Pair { .. } | State::In(_) => __close(),
        }
    }
    fn rest<'a>(&self, member: &'a mut Member) -> Action<'a> {
        #[allow(unused_imports)]
        use ::kai_tcp_server::__private::words::{__close, __noreply, *};
        match (member.lines, &member.step) {
            (0, _) => {
                member.step = State::Start;
                __noreply()
            }
            (_, State::Named(name)) => {
                let _ = (&name,);
                {
                    #[allow(irrefutable_let_patterns)]
                    let State::Named(name) = &member.step else {
                        ::core::unreachable!()
                    };
                    reply(name)
                }
            }
            _ => __close(),
        }
    }
    async fn pause(&self) {}
    /// The options that this server starts under, unless it is started under others.
    pub const OPTIONS: ::kai_tcp_server::__private::Options = ::kai_tcp_server::__private::Options::new()
        .port(10000)
        .packet(::kai_tcp_server::__private::Packet::LineCrlf)
        .declared();
    /// The protocol as data: how frames are found, and the arms that decide on them.
    #[allow(dead_code)]
    pub const PROTOCOL: &'static ::kai_tcp_server::__private::protocol::Protocol = {
        use ::kai_tcp_server::__private::protocol::*;
        struct Table<T>(T);
        impl<T> Table<T> {
            const PIECES: &'static [Piece] = &[literal(b"name "), word("name")];
        }
        impl<T> Listed for Table<T> {
            const ARMS: &'static [Arm] = &[
                arm(
                    "name",
                    "(\"name {name}\", State::Start)",
                    "",
                    false,
                    Never,
                    Template(some(Self::PIECES, 0, 2)),
                ),
                arm(
                    "who",
                    "(\"who\", State::Named(name))",
                    "",
                    false,
                    Never,
                    Literal(b"who"),
                ),
                arm("arm_3", "_", "", false, Unknown, Rest),
            ];
        }
        protocol::<Self, Table<()>>()
    };
}
const _: () = {
    use ::kai_tcp_server::__private as __kai;
    #[doc(hidden)]
    impl __kai::protocol::Declared for Others {
        const OPTIONS: __kai::Options = Self::OPTIONS;
        const CODEC: &'static str = "";
        const IGNORE_CASE: bool = false;
    }
    #[allow(dead_code, unreachable_pub)]
    pub struct __Session(Member);
    #[automatically_derived]
    impl __kai::TcpServer for Others {
        type Input = __kai::Shared;
        #[doc(hidden)]
        type Session = __Session;
        type Message = Message;
        const TAKES_MESSAGES: bool = true;
        const ARMS: &'static [__kai::ListedArm] = &[
            __kai::ListedArm::new("name", "(\"name {name}\", State::Start)"),
            __kai::ListedArm::new("who", "(\"who\", State::Named(name))"),
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
            __kai::session::Begins::<Member>::begins(Self::connected(self))
                .map(__Session)
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
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::handle_info(self, message, &mut session.0))
        }
        #[doc(hidden)]
        async fn failed<'call>(
            &'call self,
            _: &'call __kai::Failure,
            session: &'call mut Self::Session,
        ) -> __kai::Returned<__kai::Action<'call>> {
            __kai::Outcome::<
                __kai::Action<'_>,
            >::outcome(Self::failed(self, &mut session.0))
        }
    }
};
fn main() {
    let mut state = State::Start;
    let mut says = |line: &str, expected: &[u8]| {
        let action = Login.handle_call(line.as_bytes(), &mut state);
        assert_eq!(action.into_bytes().unwrap(), expected, "{line}");
    };
    says("who", b"who");
    says("all", b"nobody");
    says("name Ann", b"hello");
    says("who", b"Ann");
    says("is Ann", b"it is Ann");
    says("is Bob", b"is Bob");
    says("long", b"long");
    says("first", b"Ann");
    says("strip", b"nn");
    says("and Bob", b"");
    says("who", b"ANN and Bob");
    says("all", b"ANN");
    says("in", b"");
    says("again", b"again");
    says("try", b"once more");
    says("x", b"enough, both");
    let _ = (
        || kai_tcp_server::run(Login),
        || kai_tcp_server::run(Others),
        Message::Who,
    );
    let _ = Message::Named(String::new());
}
