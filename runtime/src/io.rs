//! A connection's stream with its two buffers: what the call loop and, during a call, the socket work on.

mod buffer;
#[cfg(feature = "codec")]
pub mod codec;
pub(crate) mod deadline;
pub(crate) mod link;
pub(crate) mod mailbox;
mod presence;
mod reader;
mod timeouts;
mod writer;

use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

pub(crate) use self::presence::{Left, Saw, Seen, time_until};
pub(crate) use self::reader::Reader;
pub(crate) use self::reader::{LINGER_TIME, ReadError, RecvError};
pub(crate) use self::writer::Writer;
use crate::io::link::Link;
use crate::options::Options;
use crate::options::active::Intake;
use crate::options::settings::Settings;
use crate::transport::Transport;

/// Why nothing can be sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The peer reset the connection, or the network failed.
    Reset,
    /// The peer read nothing within `send_timeout`.
    Timeout,
}

/// The way of a [`Kind`](crate::api::input::Kind) to the connection; nobody outside gets one.
#[doc(hidden)]
#[derive(Debug)]
pub struct Io {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    pub(crate) intake: Intake,
}

impl Io {
    /// Under the options that a connection begins with, and the settings that they are.
    pub(crate) fn new(
        transport: Transport,
        link: Arc<Link>,
        options: &Options,
        settings: Arc<Settings>,
        takes_messages: bool,
    ) -> Self {
        Io {
            reader: Reader::new(options.packet.unwrap_or_default(), takes_messages),
            writer: Writer::new(transport, link, options, settings),
            intake: Intake::new(options.active.unwrap_or_default(), takes_messages),
        }
    }

    #[inline]
    pub(crate) fn settings(&self) -> &Settings {
        &self.writer.settings
    }

    /// To be changed for this connection alone.
    pub(crate) fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.writer.settings)
    }

    /// The address of this end, where it has one.
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        self.writer.transport.local_addr()
    }
}

/// A connection that changes hands: the call loop has it or, while a callback runs that takes the socket, the socket's slot.
#[derive(Debug, Default)]
pub(crate) struct IoSlot(Option<Box<Io>>);

impl IoSlot {
    pub(crate) fn new(io: Io) -> Self {
        IoSlot(Some(Box::new(io)))
    }
}

const ELSEWHERE: &str = "nobody but its holder reaches a connection";

impl Deref for IoSlot {
    type Target = Io;

    #[inline]
    fn deref(&self) -> &Io {
        self.0.as_deref().expect(ELSEWHERE)
    }
}

impl DerefMut for IoSlot {
    #[inline]
    fn deref_mut(&mut self) -> &mut Io {
        self.0.as_deref_mut().expect(ELSEWHERE)
    }
}
