//! Connections that make one call each: connect, call, close, and the next.

use std::time::{Duration, Instant};

use super::callers::{Caller, Tools};
use super::lines::Lines;
use super::poll::Poll;
use super::wire::Dialer;
use super::{Load, Part, Share};
use crate::Result;
use crate::plan::{Kind, Plan};

pub(super) struct Churn {
    poll: Poll,
    tools: Tools,
    dialer: Dialer,
    size: usize,
    /// The number of connections at a time.
    slots: usize,
    opened: u64,
    warm_up: Duration,
    time: Duration,
}

impl Churn {
    pub(super) fn new(plan: &Plan, share: Share) -> Result<Self> {
        let Kind::Churn(time) = plan.kind else {
            return Err("this is no load of connections".into());
        };
        Ok(Churn {
            poll: Poll::new()?,
            tools: Tools::new(),
            dialer: Dialer::new(plan)?,
            size: plan.size,
            slots: share.connections(plan).len(),
            opened: 0,
            warm_up: plan.warm_up,
            time,
        })
    }

    fn run(&mut self, time: Duration) -> Result<Part> {
        let begin = Instant::now();
        let mut slots = Vec::with_capacity(self.slots);
        for slot in 0..self.slots {
            slots.push(Some((self.call(slot)?, begin)));
        }
        let mut latencies = Vec::new();
        let mut open = slots.len();
        while open > 0 {
            for number in 0..self.poll.wait()? {
                let slot = self.poll.happened(number).index;
                let Some((caller, since)) = &mut slots[slot] else {
                    continue;
                };
                caller.receive(&mut self.tools)?;
                if caller.received < caller.allowed {
                    continue;
                }
                let now = Instant::now();
                latencies.push((now - *since).as_nanos() as f64);
                // This closes the connection.
                slots[slot] = None;
                if now - begin < time {
                    slots[slot] = Some((self.call(slot)?, now));
                } else {
                    open -= 1;
                }
            }
        }
        Ok(Part {
            calls: latencies.len() as u64,
            begin,
            end: Instant::now(),
            latencies,
        })
    }

    /// Connects and makes the call.
    fn call(&mut self, slot: usize) -> Result<Caller> {
        let stream = self.dialer.connect()?;
        stream.set_nonblocking(true)?;
        self.poll.watch(&stream, slot)?;
        let mut caller = Caller::new(
            stream,
            Lines {
                connection: self.opened,
                size: self.size,
            },
        );
        self.opened += 1;
        caller.allowed = self.size as u64;
        caller.send(&mut self.tools)?;
        Ok(caller)
    }
}

impl Load for Churn {
    fn warm_up(&mut self) -> Result {
        self.run(self.warm_up).map(drop)
    }

    fn measure(&mut self) -> Result<Part> {
        self.run(self.time)
    }
}
