//! The protocol as a server's table has it: listed, and counted arm by arm.

/// One arm of a server's table, as the constant `PROTOCOL` of its type lists it.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Clock;
///
/// #[tcp_server(port = 10000)]
/// impl Clock {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             /// Tells the time.
///             "time\r\n" => reply("noon\r\n"),
///             /// Adds two numbers.
///             "add {a: u32} {b: u32}\r\n" => reply(format_args!("{}\r\n", u64::from(a) + u64::from(b))),
///             /// Lists what can be asked.
///             "help\r\n" => reply(help()),
///             _ => close("try help\r\n"),
///         }
///     }
/// }
///
/// fn help() -> String {
///     let documented = Clock::PROTOCOL.iter().filter(|arm| !arm.docs.is_empty());
///     documented.map(|arm| format!("{}: {}\r\n", arm.name, arm.docs)).collect()
/// }
///
/// assert_eq!(
///     Clock.handle_call(b"help\r\n"),
///     Action::reply("time: Tells the time.\r\nadd: Adds two numbers.\r\nhelp: Lists what can be asked.\r\n"),
/// );
/// assert_eq!(Clock::PROTOCOL[1].pattern, r"add {a: u32} {b: u32}\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Arm {
    /// The first word of its literal text, else `arm_N`, counted from 1.
    pub name: &'static str,
    /// Its pattern as it is written, in one line; without the quotes where it is one template.
    pub pattern: &'static str,
    /// Its doc comment; empty where there is none.
    pub docs: &'static str,
}

impl Arm {
    /// For the attribute.
    #[doc(hidden)]
    pub const fn new(name: &'static str, pattern: &'static str, docs: &'static str) -> Self {
        Arm { name, pattern, docs }
    }
}

/// How often an arm was called, as [`ServerInfo`](crate::ServerInfo) tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArmInfo {
    /// The arm's name.
    pub name: &'static str,
    /// Its pattern as it is written.
    pub pattern: &'static str,
    /// How many calls ran it, those included that failed or were cut.
    pub calls: u64,
}
