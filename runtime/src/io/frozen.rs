//! A session in bytes, on its way to a new version of the program.

use std::fmt;

#[cfg(all(target_os = "linux", feature = "upgrade"))]
use serde::{Serialize, de::DeserializeOwned};

#[cfg(all(target_os = "linux", feature = "upgrade"))]
use crate::error::{Error, ErrorKind, Result};

/// A session in bytes, with the version of their format: what a connection takes along when a new
/// version of the program takes it over.
///
/// [`freeze`](crate::TcpServer::freeze) makes it in the old process, and
/// [`thaw`](crate::TcpServer::thaw) reads it in the new one. The version is the program's own: a
/// program that changes what it writes raises the number, and reads those that it knows.
///
/// # Examples
///
/// A session of the first version was a number; since the second it has a name, too:
///
/// ```
/// use kai_tcp_server::{Action, Frozen, Result, tcp_server};
///
/// struct Counter;
///
/// struct Session {
///     count: u64,
///     name: String,
/// }
///
/// #[tcp_server(port = 10000)]
/// impl Counter {
///     fn connected(&self) -> Session {
///         Session { count: 0, name: String::new() }
///     }
///
///     fn handle_call(&self, data: &[u8], session: &mut Session) -> Action {
///         session.count += 1;
///         reply(format!("{} {}\r\n", session.name, session.count))
///     }
///
///     fn freeze(&self, session: &Session) -> Frozen {
///         let mut bytes = session.count.to_be_bytes().to_vec();
///         bytes.extend_from_slice(session.name.as_bytes());
///         Frozen::new(2, bytes)
///     }
///
///     fn thaw(&self, frozen: Frozen) -> Result<Session> {
///         let (count, name) = frozen.bytes().split_at_checked(8).ok_or("it is cut off")?;
///         let name = match frozen.version() {
///             1 => String::new(),
///             2 => String::from_utf8(name.to_vec())?,
///             other => return Err(format!("version {other} isn't known").into()),
///         };
///         Ok(Session { count: u64::from_be_bytes(count.try_into()?), name })
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Frozen {
    version: u32,
    bytes: Vec<u8>,
    tells_closed: bool,
}

impl Frozen {
    /// Returns a session in bytes of this version.
    pub fn new(version: u32, bytes: impl Into<Vec<u8>>) -> Self {
        Frozen {
            version,
            bytes: bytes.into(),
            tells_closed: false,
        }
    }

    /// Writes a value as CBOR (RFC 8949), in which structs have the names of their fields.
    ///
    /// # Errors
    ///
    /// Returns the error of the value's own `Serialize`.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub fn of<T: Serialize + ?Sized>(version: u32, value: &T) -> Result<Self> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes)
            .map_err(|error| Error::new(ErrorKind::Other, format!("the session can't be written: {error}")))?;
        Ok(Frozen::new(version, bytes))
    }

    /// Reads the value that [`of`](Self::of) has written.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Malformed`] if the version is another one than `version`, or if the
    /// bytes are no such value.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub fn read<T: DeserializeOwned>(&self, version: u32) -> Result<T> {
        if self.version != version {
            let message = format!(
                "the session is of version {}, and this program reads version {version}",
                self.version
            );
            return Err(Error::new(ErrorKind::Malformed, message));
        }
        ciborium::from_reader(&*self.bytes).map_err(|error| {
            Error::new(
                ErrorKind::Malformed,
                format!("the session of version {version} can't be read: {error}"),
            )
        })
    }

    /// Asks for the callback [`closed`](crate::TcpServer::closed) in the old process, with
    /// [`CloseReason::HandedOver`](crate::CloseReason::HandedOver), once the connection is the new
    /// one's. By default the session is dropped, as the connection goes on.
    #[must_use]
    pub fn tell_closed(mut self) -> Self {
        self.tells_closed = true;
        self
    }

    /// Returns the version of the format.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(crate) fn tells_closed(&self) -> bool {
        self.tells_closed
    }
}

/// Without the bytes, which may be a secret of the peer's.
impl fmt::Debug for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frozen")
            .field("version", &self.version)
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
