//! The messages that are on their way: how many of each publisher, and how many bytes of all.
//!
//! A message is on its way until each subscriber's connection has handled it, or has ended. A
//! publisher with many of them isn't read for a while, so that it isn't faster than those who read
//! its messages. It goes on when enough of them have arrived, and after `HOLD` in any case: a
//! subscriber that doesn't read must not stop its publishers.
//!
//! The publisher doesn't wait in its call, as in [the guide](../../guide/messages.md), since it may
//! be a subscriber of its own messages. Its connection takes no frames meanwhile, but messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use kai_tcp_server::Peer;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::hub::Event;

/// The messages of a publisher that may be on their way before it is held back.
const PACE: usize = 32;
/// The longest time for which a publisher is held back.
const HOLD: Duration = Duration::from_millis(250);
/// The bytes of all messages that may be on their way.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// The bytes of all messages on their way.
#[derive(Default)]
pub(crate) struct Load(AtomicUsize);

/// The messages of one publisher on their way.
pub(crate) struct Flow {
    publisher: Peer<Event>,
    messages: AtomicUsize,
}

/// A message's place on its way, which all copies of the message share.
pub(crate) struct Way {
    flow: Option<Arc<Flow>>,
    load: Arc<Load>,
    bytes: usize,
}

impl Way {
    /// Begins the way of a message of so many bytes. `None` if too many bytes are on their way.
    pub(crate) fn begin(flow: Option<&Arc<Flow>>, load: &Arc<Load>, bytes: usize) -> Option<Arc<Way>> {
        let fits = |all: usize| all.checked_add(bytes).filter(|&all| all <= BYTES_MAX);
        load.0.fetch_update(SeqCst, SeqCst, fits).ok()?;
        if let Some(flow) = flow {
            flow.messages.fetch_add(1, SeqCst);
        }
        Some(Arc::new(Way {
            flow: flow.cloned(),
            load: Arc::clone(load),
            bytes,
        }))
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.load.0.fetch_sub(self.bytes, SeqCst);
        if let Some(flow) = &self.flow
            && flow.messages.fetch_sub(1, SeqCst) == PACE
        {
            // If the mailbox is full, each message in it is as good as this one.
            let _ = flow.publisher.send(Event::GoOn);
        }
    }
}

/// The pace of a publisher. Its session owns it.
pub(crate) struct Pace {
    flow: Arc<Flow>,
    held: Option<Held>,
}

struct Held {
    until: Instant,
    timer: JoinHandle<()>,
}

impl Pace {
    pub(crate) fn new(publisher: Peer<Event>) -> Self {
        Pace {
            flow: Arc::new(Flow {
                publisher,
                messages: AtomicUsize::new(0),
            }),
            held: None,
        }
    }

    pub(crate) fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// Returns whether the publisher must be held back now, after it has sent a message.
    pub(crate) fn hold(&mut self) -> bool {
        if self.flow.messages.load(SeqCst) < PACE || self.held.is_some() {
            return false;
        }
        let publisher = self.flow.publisher.clone();
        let until = Instant::now() + HOLD;
        let timer = tokio::spawn(async move {
            sleep_until(until).await;
            // A full mailbox: as above.
            let _ = publisher.send(Event::GoOn);
        });
        self.held = Some(Held { until, timer });
        true
    }

    /// Returns whether a publisher that is held back goes on now. It is asked at each message to
    /// the publisher's connection.
    pub(crate) fn goes_on(&mut self) -> bool {
        let Some(held) = &self.held else {
            return false;
        };
        let has_arrived = self.flow.messages.load(SeqCst) < PACE;
        if !has_arrived && Instant::now() < held.until {
            return false;
        }
        if !has_arrived {
            // Messages that didn't arrive in time count no more.
            *self = Pace::new(self.flow.publisher.clone());
        }
        self.held = None;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.timer.abort();
    }
}
