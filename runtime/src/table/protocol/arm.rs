//! The arms of a protocol.

use super::frame::Frame;

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
///             #[name = "sum"]
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
///         "time: Tells the time.\r\nsum: Adds two numbers.\r\nhelp: Lists the commands.\r\n"
///     ),
/// );
/// assert_eq!(Clock::PROTOCOL[1].pattern, r"add {a: u32} {b: u32}\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Arm {
    /// The name that `#[name = "…"]` on the arm gives, or else the first word of its literal text,
    /// or else `arm_N`, counted from 1.
    pub name: &'static str,
    /// The pattern as it is written, on one line; the quotes of a single template are omitted.
    pub pattern: &'static str,
    /// The arm's doc comment; empty if it has none.
    pub docs: &'static str,
    /// True if it has a guard (`if …`), so that it may leave a frame of its form to later arms.
    pub guarded: bool,
    /// The states in which it is tried; empty: in any, or it can't be told.
    pub states: &'static [&'static str],
    /// The states that it leads to.
    pub next: Next,
    /// The cases in which its action closes the connection.
    pub closes: Closes,
    /// The form of the frames that it matches. An arm that isn't the first gets only those that no
    /// arm before it takes.
    pub frame: Frame,
}

/// The states that an arm leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Next {
    /// The states that the arm names; empty if it names none.
    pub states: &'static [&'static str],
    /// True if it may lead to further ones, because the arm's own words don't decide that. If
    /// false, an arm without a named state stays in the state in which it is called.
    pub open: bool,
}

/// The cases in which the action of an arm closes the connection, as far as the action words in it
/// tell.
///
/// This is about the action alone. An error, a panic, an option or another task can close a
/// connection in any arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Closes {
    /// It closes, whatever the arm's code decides.
    Always,
    /// It may close: the arm's code decides between `close` and another word.
    Sometimes,
    /// It doesn't close.
    Never,
    /// It can't be told: another function makes the action, or the value of the `match` isn't the
    /// value of `handle_call`.
    Unknown,
}
