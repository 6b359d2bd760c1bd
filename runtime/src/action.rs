//! What a callback wants done.

use crate::reply::{Data, Reply};

/// What a callback wants done next: reply, wait for the next frame, or close.
///
/// In a block under the attribute the words `reply(data)`, `noreply`, `close` and `close(data)` make one; elsewhere these
/// functions do.
///
/// # Examples
///
/// A handler is an ordinary function, so a unit test can ask what it would do:
///
/// ```
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Echo;
///
/// #[tcp_server(port = 10000)]
/// impl Echo {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             b"bye\r\n" => close(b"cya\r\n"),
///             data => reply(data),
///         }
///     }
/// }
///
/// assert_eq!(Echo.handle_call(b"hello\r\n"), Action::reply("hello\r\n"));
/// assert_eq!(Echo.handle_call(b"bye\r\n"), Action::close_with("cya\r\n"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an action does nothing until the callback returns it"]
pub struct Action<'a> {
    pub(crate) data: Option<Data<'a>>,
    pub(crate) close: bool,
}

impl<'a> Action<'a> {
    /// Sends `data`, framed as the packet mode frames replies (kai's `{reply, Data, State}`).
    pub fn reply(data: impl Reply<'a>) -> Self {
        Action {
            data: Some(Data::new(data)),
            close: false,
        }
    }

    /// Sends nothing (kai's `{noreply, State}`).
    pub fn noreply() -> Self {
        Action {
            data: None,
            close: false,
        }
    }

    /// Closes the connection, after what was replied before has gone out (kai's `{close, State}`).
    pub fn close() -> Self {
        Action {
            data: None,
            close: true,
        }
    }

    /// Sends `data`, then closes the connection (kai's `{close, Data, State}`).
    pub fn close_with(data: impl Reply<'a>) -> Self {
        Action {
            data: Some(Data::new(data)),
            close: true,
        }
    }
}
