//! A connection's stream with its two buffers: what the call loop and, during a call, the socket work on.

mod input;
#[cfg(feature = "codec")]
mod items;
mod output;

use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use bytes::BytesMut;

pub(crate) use self::input::{LINGER_TIME, RecvError};
use crate::active::Intake;
use crate::deadline::Deadline;
use crate::link::Link;
use crate::options::{INFINITY, Options};
use crate::packet::{DELIMITER, Decoder, Packet};
use crate::transport::Transport;

/// Why nothing can be sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The peer reset the connection, or the network failed.
    Reset,
    /// The peer read nothing within `send_timeout`.
    Timeout,
}

/// The way of a [`Kind`](crate::input::Kind) to the connection; nobody outside gets one.
#[doc(hidden)]
pub struct Io {
    transport: Transport,
    link: Option<Arc<Link>>,
    /// Read and not yet handled. Holds memory only while it holds bytes.
    input: BytesMut,
    decoder: Decoder,
    #[cfg(feature = "codec")]
    items: items::Items,
    pub(crate) intake: Intake,
    /// A call had to wait, so that more may have come meanwhile.
    pub(crate) waited: bool,
    /// A call has received something itself, so that the wait for the next frame begins anew.
    pub(crate) received: bool,
    /// The peer has shut down its sending side.
    eof: bool,
    /// Replied and not yet sent. Holds memory only while it holds bytes.
    output: BytesMut,
    broken: Option<Broken>,
    /// What a handler's send waits with: tokio keeps one waker a direction, and the loop's flush takes that place.
    sender: Option<Waker>,
    /// Until when the peer must have taken something.
    send_deadline: Deadline,
    send_timeout: Duration,
    pub(crate) recv_timeout: Duration,
    pub(crate) recv_limit: usize,
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

impl Io {
    pub(crate) fn new(transport: Transport, link: Arc<Link>, options: &Options, intake: Intake) -> Self {
        let mut io = Io::none();
        io.transport = transport;
        io.link = Some(link);
        io.decoder = Decoder::new(options.packet.unwrap_or_default())
            .packet_size(options.packet_size)
            .delimiter(options.delimiter.unwrap_or(DELIMITER));
        #[cfg(feature = "codec")]
        {
            io.items = items::Items::new(options.packet_size);
        }
        io.intake = intake;
        io.recv_timeout = options.recv_timeout;
        io.recv_limit = options.recv_limit;
        io.send_timeout = options.send_timeout;
        io
    }

    /// No connection: what a socket has between calls.
    pub(crate) fn none() -> Self {
        Io {
            transport: Transport::None,
            link: None,
            input: BytesMut::new(),
            decoder: Decoder::new(Packet::Raw),
            #[cfg(feature = "codec")]
            items: items::Items::default(),
            intake: Intake::All,
            waited: false,
            received: false,
            eof: false,
            output: BytesMut::new(),
            broken: None,
            sender: None,
            send_deadline: Deadline::default(),
            send_timeout: INFINITY,
            recv_timeout: INFINITY,
            recv_limit: 0,
        }
    }
}
