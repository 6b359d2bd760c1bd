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
    /// The new version of the program doesn't take over; this process goes on.
    Upgrade,
    /// The connection is closed.
    Closed,
    /// The peer reset the connection, or the network failed.
    Reset,
    /// The input ended without the goodbye of TLS (`close_notify`), so its last bytes may be
    /// missing: the network failed, somebody cut it, or the peer doesn't say goodbye.
    Truncated,
    /// The TLS handshake failed.
    Handshake,
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
    /// A client's frame was not sent, because the server would read other values than the given
    /// ones.
    InvalidValue,
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

    /// Keeps an error from elsewhere as it is.
    fn boxed(error: BoxError) -> Self {
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

/// Makes `?` work in a function that returns [`Result`], on the errors of `std` and tokio, on text,
/// on [`BoxError`] and on every [`IntoError`].
impl<E: IntoError> From<E> for Error {
    fn from(error: E) -> Self {
        Error::boxed(error.into())
    }
}

/// An error that becomes an [`Error`] by `?`.
///
/// The errors of `std` and tokio implement it, but for a few rare ones. For an error of your own
/// write `impl IntoError for MyError {}`. Any other error converts into a [`BoxError`], which every
/// callback and `main` may return instead of an [`Error`], and which `?` converts into one.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{BoxError, IntoError, Result};
/// # use std::fmt;
///
/// #[derive(Debug)]
/// struct BadSyntax;
/// # impl fmt::Display for BadSyntax {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
/// #         f.write_str("bad syntax")
/// #     }
/// # }
///
/// impl std::error::Error for BadSyntax {}
///
/// fn length(data: &[u8]) -> std::result::Result<usize, BadSyntax> {
///     if data.is_empty() { Err(BadSyntax) } else { Ok(data.len()) }
/// }
///
/// fn any_error(data: &[u8]) -> Result<usize, BoxError> {
///     Ok(length(data)?)
/// }
///
/// fn as_any(data: &[u8]) -> Result<usize> {
///     Ok(length(data).map_err(BoxError::from)?)
/// }
///
/// impl IntoError for BadSyntax {}
///
/// fn as_one_of_these(data: &[u8]) -> Result<usize> {
///     Ok(length(data)?)
/// }
/// # assert_eq!(any_error(b"!")? + as_any(b"!")? + as_one_of_these(b"!")?, 3);
/// # Ok::<(), BoxError>(())
/// ```
// For `?` rustc shows the label only, and replaces the message and the notes by its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't convert into `kai_tcp_server::Error`",
    label = "a `kai_tcp_server::Error` isn't made of this: return `Result<…, kai_tcp_server::BoxError>`, which takes any error, or write \
             `.map_err(kai_tcp_server::BoxError::from)?`"
)]
pub trait IntoError: Into<BoxError> {}

macro_rules! into_error {
    ($($error:ty),+ $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoError for $error {}
    )+};
}

into_error! {
    &str,
    BoxError,
    String,
    std::array::TryFromSliceError,
    std::char::CharTryFromError,
    std::char::ParseCharError,
    std::collections::TryReserveError,
    std::env::JoinPathsError,
    std::env::VarError,
    std::ffi::FromBytesWithNulError,
    std::ffi::NulError,
    std::fmt::Error,
    std::io::Error,
    std::net::AddrParseError,
    std::num::ParseFloatError,
    std::num::ParseIntError,
    std::num::TryFromIntError,
    std::path::StripPrefixError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf16Error,
    std::string::FromUtf8Error,
    std::sync::mpsc::RecvError,
    std::sync::mpsc::RecvTimeoutError,
    std::time::SystemTimeError,
    std::time::TryFromFloatSecsError,
    tokio::sync::AcquireError,
    tokio::sync::TryAcquireError,
    tokio::sync::broadcast::error::RecvError,
    tokio::sync::oneshot::error::RecvError,
    tokio::sync::watch::error::RecvError,
    tokio::task::JoinError,
    tokio::time::error::Elapsed,
}

macro_rules! into_error_with_what_was_sent {
    ($($error:ty),+ $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: Send + Sync + 'static> IntoError for $error {}
    )+};
}

into_error_with_what_was_sent! {
    std::sync::mpsc::SendError<T>,
    tokio::sync::mpsc::error::SendError<T>,
    tokio::sync::mpsc::error::TrySendError<T>,
    tokio::sync::watch::error::SendError<T>,
}
