//! The error type of this crate.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use crate::panics::{Panicked, caught};

/// Any error that a callback may return.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The result type of this crate.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// An error with its sources.
///
/// `Display` shows only this error. `Debug` shows the whole chain on one readable line, as `main`
/// prints it, even if the `Display` of a source fails or panics.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    /// The message; `None` if the source is displayed in its place.
    message: Option<Cow<'static, str>>,
    source: Option<BoxError>,
}

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The value of an option is invalid.
    Options,
    /// The server can't listen on the port: it is taken, not permitted, or the address doesn't
    /// exist.
    Listen,
    /// A server of this name is running already.
    AlreadyStarted,
    /// The server's `init` failed.
    Init,
    /// More children were restarted than `max_restarts` allows.
    RestartIntensity,
    /// `run` was called inside a runtime.
    InsideRuntime,
    /// The server or supervisor isn't running any more.
    NotRunning,
    /// The connection is closed.
    Closed,
    /// The peer reset the connection, or the network failed.
    Reset,
    /// The peer sent or read nothing within the time limit.
    Timeout,
    /// A callback took longer than `call_timeout` and was cancelled.
    CallTimeout,
    /// A frame exceeds `packet_size`.
    TooLong,
    /// A `recv_exact` asks for more bytes than `recv_limit`.
    RecvLimit,
    /// A reply is longer than its packet mode can express.
    ReplyTooLong,
    /// The received bytes aren't a frame of this packet mode, or the codec rejects them.
    Malformed,
    /// Another error of the system or of a callback.
    Other,
}

impl Error {
    /// Returns an error with `message`.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error {
            inner: Box::new(Inner {
                kind,
                message: Some(message.into()),
                source: None,
            }),
        }
    }

    /// Sets `source` as the cause of this error.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Returns the kind of this error.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.inner.message, &self.inner.source) {
            (Some(message), _) => f.write_str(message),
            (None, Some(source)) => source.fmt(f),
            (None, None) => f.write_str("unknown error"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `main` prints this, and a message may quote anything.
        for character in Chain(self).to_string().chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_debug())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.inner.source.as_deref()?;
        if self.inner.message.is_some() {
            Some(source)
        } else {
            source.source()
        }
    }
}

/// An error and its sources, displayed on one line, as far as their `Display` works.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn StdError + 'static));

/// The most errors of a chain that are displayed: an error may name itself as its source.
const SOURCES: usize = 32;

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = Some(self.0);
        for n in 0..SOURCES {
            let Some(error) = next else { break };
            if n > 0 {
                f.write_str(": ")?;
            }
            let mut text = Told { to: f, refused: false };
            let told = caught(|| write!(text, "{error}"));
            if text.refused {
                return Err(fmt::Error);
            }
            match told {
                Ok(Ok(())) => {}
                Ok(Err(fmt::Error)) => f.write_str("(its Display failed)")?,
                Err(Panicked) => f.write_str("(its Display panicked)")?,
            }
            next = caught(|| error.source()).unwrap_or_default();
        }
        Ok(())
    }
}

/// A writer that remembers whether the formatter failed, to distinguish that from an error whose
/// `Display` fails.
struct Told<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    refused: bool,
}

impl fmt::Write for Told<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.to.write_str(text).inspect_err(|_| self.refused = true)
    }
}

/// Keeps an error from elsewhere as it is.
impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error {
                inner: Box::new(Inner {
                    kind: ErrorKind::Other,
                    message: None,
                    source: Some(error),
                }),
            },
        }
    }
}

/// Makes `?` work on common errors in a callback that returns [`Result`]. For `?` on any error,
/// return `Result<_, BoxError>`.
macro_rules! from {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Error::from(BoxError::from(error))
            }
        }
    )+};
}

from! {
    &str,
    String,
    std::fmt::Error,
    std::io::Error,
    std::net::AddrParseError,
    std::num::ParseFloatError,
    std::num::ParseIntError,
    std::num::TryFromIntError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    tokio::task::JoinError,
    tokio::time::error::Elapsed,
}
