//! Bytes that are no TLS, where a handshake was expected: most likely a client that speaks plain
//! text.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::Context;

use tokio::io::{AsyncRead as _, ReadBuf};

use crate::transport::AnyTransport;

/// The bytes that are looked at: the longest of the words below.
const READ: usize = 8;

/// The words that requests of HTTP begin with.
const METHODS: [&[u8]; 8] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"CONNECT ",
];

/// The error of a handshake whose first byte isn't one of TLS.
///
/// It says nothing of the bytes: they may be a password, and the error is logged.
#[derive(Debug)]
pub(crate) struct PlainText {
    is_http: bool,
}

impl PlainText {
    /// Looks at what came behind the first byte, as far as it is there.
    pub(super) fn read(first: u8, inner: &mut AnyTransport, cx: &mut Context<'_>) -> Self {
        let mut bytes = [0; READ];
        bytes[0] = first;
        let mut read = ReadBuf::new(&mut bytes);
        read.set_filled(1);
        let _ = Pin::new(inner).poll_read(cx, &mut read);
        let is_http = METHODS.iter().any(|method| read.filled().starts_with(method));
        PlainText { is_http }
    }

    /// Returns whether `error` is one of these.
    pub(crate) fn is_in(error: &io::Error) -> bool {
        error
            .get_ref()
            .is_some_and(<dyn std::error::Error + Send + Sync>::is::<PlainText>)
    }
}

impl fmt::Display for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_http {
            "the client speaks HTTP in plain text to a TLS port: `http://` instead of `https://`"
        } else {
            "the client speaks plain text to a TLS port"
        })
    }
}

impl std::error::Error for PlainText {}

impl From<PlainText> for io::Error {
    fn from(plain: PlainText) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, plain)
    }
}
