//! Looks at the sessions of connections. A session belongs to its connection's task, so whoever
//! looks leaves a question here, and the connection answers it between two callbacks.
//!
//! A connection has no memory for it: the questions of a server lie in one table, and a bit beside
//! the connection's signal says that there is one.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Server;
use crate::io::link::ConnectionId;
use crate::panics::{Panicked, caught};
use crate::table::protocol::Protocol;

/// The time that a connection may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most bytes of a session's text.
const TEXT_MAX: usize = 8 * 1024;

/// The session of a connection, as [`Server::inspect`] found it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inspection {
    /// The text of the session's `Debug` (`{:#?}`), with control characters escaped. What exceeds
    /// 8 KiB is cut off, and an ellipsis stands in its place.
    Session(String),
    /// The connection has no session that can be shown: its type isn't known to implement `Debug`.
    Opaque,
    /// The connection didn't answer within a second, because a callback or its handshake runs.
    Busy,
    /// No connection has this id, or its conversation is over.
    Gone,
}

impl Server {
    /// Shows the session of a connection, for people who look at a running server.
    ///
    /// The connection itself writes the text, on its own task and between two callbacks: a running
    /// call is neither interrupted nor waited for longer than a second. If nobody asks, this costs
    /// a connection neither memory nor time. A panic of the session's `Debug` is part of the text
    /// and leaves the connection as it is.
    ///
    /// The attribute finds out whether the type of the session implements `Debug`. In a server with
    /// type parameters it does so where the block's bounds say it. A server written by hand says it
    /// by [`TcpServer::debug_session`](crate::TcpServer::debug_session).
    ///
    /// A session may hold what only its peer should know. Leave that out of its `Debug`, or don't
    /// show the text to others.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws the question.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::{Action, Inspection, start, tcp_server, with};
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// #[derive(Debug, Default)]
    /// struct Visitor {
    ///     name: String,
    /// }
    ///
    /// struct Greeter;
    ///
    /// #[tcp_server(port = 10000, packet = line(lf))]
    /// impl Greeter {
    ///     fn handle_call(&self, data: &[u8], visitor: &mut Visitor) -> Action {
    ///         match data {
    ///             "I am {name}" => {
    ///                 visitor.name = name.to_owned();
    ///                 reply("hello")
    ///             }
    ///             _ => reply("what?"),
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// let server = start(with(Greeter, Greeter::OPTIONS.in_memory())).await?;
    /// let mut client = server.connect().await?;
    /// client.write_all(b"I am Ada\n").await?;
    /// client.read_exact(&mut [0; 6]).await?;
    /// let id = server.connections()[0].id;
    /// let shown = "Visitor {\n    name: \"Ada\",\n}";
    /// assert_eq!(server.inspect(id).await, Inspection::Session(shown.to_owned()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn inspect(&self, id: ConnectionId) -> Inspection {
        let Some(link) = self.inner.monitor.link(id).filter(|link| !link.is_over()) else {
            return Inspection::Gone;
        };
        let mut question = self.inner.inspections.ask(id);
        link.ask();
        match timeout(PATIENCE, &mut question.answer).await {
            Ok(Ok(Some(text))) => Inspection::Session(text),
            Ok(Ok(None)) => Inspection::Opaque,
            // The one who answers has gone, and the question with it.
            Ok(Err(_)) => Inspection::Gone,
            Err(_) if link.is_over() => Inspection::Gone,
            Err(_) => Inspection::Busy,
        }
    }

    /// Returns the table of the server's protocol, if its type says it; see
    /// [`mod@crate::protocol`].
    pub fn protocol(&self) -> Option<&'static Protocol> {
        self.inner.protocol
    }
}

/// The answer to a question: the text, unless the session can't be shown.
type Answer = Option<String>;

/// The questions of one server that wait for an answer.
#[derive(Debug, Default)]
pub(crate) struct Inspections {
    waiting: Mutex<HashMap<ConnectionId, Vec<oneshot::Sender<Answer>>>>,
}

/// A question, which is withdrawn when it is dropped.
struct Question<'i> {
    inspections: &'i Inspections,
    id: ConnectionId,
    answer: oneshot::Receiver<Answer>,
}

impl Inspections {
    fn waiting(&self) -> MutexGuard<'_, HashMap<ConnectionId, Vec<oneshot::Sender<Answer>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, id: ConnectionId) -> Question<'_> {
        let (asked, answer) = oneshot::channel();
        self.waiting().entry(id).or_default().push(asked);
        Question {
            inspections: self,
            id,
            answer,
        }
    }

    /// Answers all questions about a connection by its session.
    pub(crate) fn answer<'s>(&self, id: ConnectionId, session: impl FnOnce() -> Option<&'s dyn fmt::Debug>) {
        let asked = self.waiting().remove(&id).unwrap_or_default();
        if asked.is_empty() {
            return;
        }
        let text = session().map(text_of);
        for one in asked {
            // The one who has asked may have gone.
            let _ = one.send(text.clone());
        }
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        self.answer.close();
        let mut waiting = self.inspections.waiting();
        if let Some(asked) = waiting.get_mut(&self.id) {
            asked.retain(|one| !one.is_closed());
            if asked.is_empty() {
                waiting.remove(&self.id);
            }
        }
    }
}

/// Writes a session, which is code of the user's, as far as there is room.
fn text_of(session: &dyn fmt::Debug) -> String {
    let mut text = Text::default();
    let written = caught(|| write!(text, "{session:#?}"));
    let Text { mut text, is_full } = text;
    match written {
        _ if is_full => text.push('…'),
        Ok(Ok(())) => {}
        Ok(Err(fmt::Error)) => text.push_str(" (its Debug failed)"),
        Err(Panicked) => text.push_str(" (its Debug panicked)"),
    }
    text
}

/// A text without control characters but ends of lines, and with an end.
#[derive(Default)]
struct Text {
    text: String,
    is_full: bool,
}

impl fmt::Write for Text {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        for character in written.chars() {
            let before = self.text.len();
            match character {
                '\n' | '"' | '\'' | '\\' => self.text.push(character),
                // Also those that turn the direction of what follows.
                character => self.text.extend(character.escape_debug()),
            }
            if self.text.len() > TEXT_MAX {
                self.text.truncate(before);
                self.is_full = true;
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Says(&'static str);

    impl fmt::Debug for Says {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    struct Endless;

    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("é")?;
            }
        }
    }

    struct Panics;

    impl fmt::Debug for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            panic!("of it")
        }
    }

    #[test]
    fn a_text_has_no_control_characters_and_nothing_that_turns_its_direction() {
        assert_eq!(
            text_of(&Says("a\n\"b\" \\ \u{1b}[31m\u{202e}é")),
            "a\n\"b\" \\ \\u{1b}[31m\\u{202e}é"
        );
    }

    #[test]
    fn a_text_ends_though_its_debug_never_does() {
        let text = text_of(&Endless);
        assert!(
            text.len() <= TEXT_MAX + '…'.len_utf8() && text.ends_with("é…"),
            "{}",
            text.len()
        );
    }

    #[test]
    fn a_panic_is_part_of_the_text() {
        assert_eq!(text_of(&Panics), "half (its Debug panicked)");
    }

    #[test]
    fn a_question_that_is_dropped_leaves_nothing_behind() {
        let inspections = Inspections::default();
        let id = ConnectionId::next();
        let (first, second) = (inspections.ask(id), inspections.ask(id));
        drop(first);
        assert_eq!(inspections.waiting()[&id].len(), 1);
        drop(second);
        assert!(inspections.waiting().is_empty());
        inspections.answer(id, || panic!("nobody asks"));
    }
}
