//! The arms of a server's table, as they are listed and counted.

/// One arm of a server's table; the constant `PROTOCOL` of the server's type lists them.
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
///             "add {a: u32} {b: u32}\r\n" => {
///                 let sum = u64::from(a) + u64::from(b);
///                 reply(format_args!("{sum}\r\n"))
///             }
///             /// Lists the commands.
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
///     Action::reply(
///         "time: Tells the time.\r\nadd: Adds two numbers.\r\nhelp: Lists the commands.\r\n"
///     ),
/// );
/// assert_eq!(Clock::PROTOCOL[1].pattern, r"add {a: u32} {b: u32}\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Arm {
    /// The first word of the arm's literal text, or else `arm_N`, counted from 1.
    pub name: &'static str,
    /// The pattern as it is written, on one line; the quotes of a single template are omitted.
    pub pattern: &'static str,
    /// The arm's doc comment; empty if it has none.
    pub docs: &'static str,
}

impl Arm {
    /// Makes an arm; the attribute calls this.
    #[doc(hidden)]
    pub const fn new(name: &'static str, pattern: &'static str, docs: &'static str) -> Self {
        Arm { name, pattern, docs }
    }
}

/// The number of calls of an arm, as listed in [`ServerInfo`](crate::ServerInfo).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArmInfo {
    /// The name of the arm.
    pub name: &'static str,
    /// The pattern as it is written.
    pub pattern: &'static str,
    /// The number of calls that ran the arm, including calls that failed or were cut.
    pub calls: u64,
}
