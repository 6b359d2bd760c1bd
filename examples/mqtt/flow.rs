//! The messages that are on their way: how many of each publisher, and how many bytes.
//!
//! A message is on its way until each subscriber's connection has handled it, or has ended. A
//! publisher with many of them isn't read for a while, so that it isn't faster than those who read
//! its messages. It goes on when one has arrived. A subscriber that doesn't read must not stop its
//! publishers, so they also go on when nothing has arrived for `STEADY`, and look again after each
//! `HOLD`. Only bytes are waited for in any case: who takes no messages is cut off (`watch.rs`).
//!
//! The publisher doesn't wait in its call, as in [the guide](../../guide/messages.md), since it may
//! be a subscriber of its own messages. Its connection takes no frames meanwhile, but messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use kai_tcp_server::Peer;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::hub::Event;

/// The messages of a publisher that may be on their way before it is held back.
const PACE: usize = 32;
/// The bytes of a publisher's messages on their way from which on it is held back.
const PACE_BYTES: usize = 2 * 1024 * 1024;
/// The time after which a publisher that is held back looks whether it goes on.
const HOLD: Duration = Duration::from_millis(250);
/// The time in which a subscriber that reads takes messages: the kernel has buffers of its own, so
/// there are pauses also if it reads steadily.
const STEADY: Duration = Duration::from_secs(2);
/// The bytes of all messages that may be on their way.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// The bytes of all messages on their way.
#[derive(Default)]
pub(crate) struct Load(AtomicUsize);

/// The messages of one publisher on their way.
pub(crate) struct Flow {
    publisher: Peer<Event>,
    messages: AtomicUsize,
    bytes: AtomicUsize,
    /// The messages from which on it is held back: `PACE`, and those that didn't arrive in time.
    most: AtomicUsize,
    /// The messages that have arrived, ever.
    arrived: AtomicUsize,
    is_held: AtomicBool,
}

impl Flow {
    /// Returns whether the publisher is held back.
    fn is_full(&self) -> bool {
        self.is_heavy() || self.messages.load(SeqCst) >= self.most.load(SeqCst)
    }

    fn is_heavy(&self) -> bool {
        self.bytes.load(SeqCst) >= PACE_BYTES
    }
}

/// A message's place on its way, which all copies of the message share.
pub(crate) struct Way {
    flow: Option<Arc<Flow>>,
    load: Arc<Load>,
    bytes: usize,
    begun: Instant,
}

impl Way {
    /// Begins the way of a message of so many bytes. `None` if too many bytes are on their way.
    pub(crate) fn begin(flow: Option<&Arc<Flow>>, load: &Arc<Load>, bytes: usize) -> Option<Arc<Way>> {
        let fits = |all: usize| all.checked_add(bytes).filter(|&all| all <= BYTES_MAX);
        load.0.fetch_update(SeqCst, SeqCst, fits).ok()?;
        if let Some(flow) = flow {
            flow.messages.fetch_add(1, SeqCst);
            flow.bytes.fetch_add(bytes, SeqCst);
        }
        Some(Arc::new(Way {
            flow: flow.cloned(),
            load: Arc::clone(load),
            bytes,
            begun: Instant::now(),
        }))
    }

    /// Returns how long the message has been on its way.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.load.0.fetch_sub(self.bytes, SeqCst);
        let Some(flow) = &self.flow else {
            return;
        };
        flow.bytes.fetch_sub(self.bytes, SeqCst);
        flow.messages.fetch_sub(1, SeqCst);
        flow.arrived.fetch_add(1, SeqCst);
        // `hold` sets the flag and then looks at the numbers, so one of the two sees the other.
        if !flow.is_full() && flow.is_held.swap(false, SeqCst) {
            // If the mailbox is full, each message in it is as good as this one.
            let _ = flow.publisher.send(Event::GoOn);
        }
    }
}

/// The pace of a publisher. Its session owns it.
pub(crate) struct Pace {
    flow: Arc<Flow>,
    held: Option<Held>,
    /// The number of arrived messages that was seen last, and since when it is the same.
    arrived: usize,
    since: Instant,
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
                bytes: AtomicUsize::new(0),
                most: AtomicUsize::new(PACE),
                arrived: AtomicUsize::new(0),
                is_held: AtomicBool::new(false),
            }),
            held: None,
            arrived: 0,
            since: Instant::now(),
        }
    }

    pub(crate) fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// Returns whether the publisher must be held back now, after it has sent a message.
    pub(crate) fn hold(&mut self) -> bool {
        if self.held.is_some() {
            return false;
        }
        // Messages that didn't arrive in time count again once they do.
        let messages = self.flow.messages.load(SeqCst);
        self.flow.most.fetch_min(messages + PACE, SeqCst);
        self.flow.is_held.store(true, SeqCst);
        if !self.flow.is_full() {
            self.flow.is_held.store(false, SeqCst);
            return false;
        }
        self.look();
        self.wait();
        true
    }

    /// Returns whether a publisher that is held back goes on now. It is asked at each message to
    /// the publisher's connection.
    pub(crate) fn goes_on(&mut self) -> bool {
        let Some(held) = &self.held else {
            return false;
        };
        if self.flow.is_full() {
            if Instant::now() < held.until {
                return false;
            }
            self.look();
            if self.flow.is_heavy() || self.since.elapsed() < STEADY {
                self.wait();
                return false;
            }
            let messages = self.flow.messages.load(SeqCst);
            self.flow.most.store(messages + PACE, SeqCst);
        }
        self.flow.is_held.store(false, SeqCst);
        self.held = None;
        true
    }

    /// Looks whether messages have arrived.
    fn look(&mut self) {
        let arrived = self.flow.arrived.load(SeqCst);
        if arrived != self.arrived {
            self.arrived = arrived;
            self.since = Instant::now();
        }
    }

    fn wait(&mut self) {
        let publisher = self.flow.publisher.clone();
        let until = Instant::now() + HOLD;
        let timer = tokio::spawn(async move {
            sleep_until(until).await;
            // A full mailbox: as above.
            let _ = publisher.send(Event::GoOn);
        });
        self.held = Some(Held { until, timer });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.timer.abort();
    }
}
