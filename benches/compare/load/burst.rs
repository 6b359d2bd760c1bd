//! Connections that call without pause, and many more that come at once, each with one call.
//!
//! The time of all newcomers counts from the first of them: the slowest call is the last first
//! answer.

use std::time::{Duration, Instant};

use super::callers::Callers;
use super::lines::Lines;
use super::wire::Dialer;
use super::{AT_ONCE, Load, Part, Share};
use crate::Result;
use crate::plan::Plan;

pub(super) struct Burst {
    callers: Callers,
    /// The number of connections that call without pause. They come first.
    busy: usize,
    /// The numbers of the connections that come at once.
    newcomers: Vec<u64>,
    dialer: Dialer,
    size: usize,
    /// The time that the busy connections call before the others come.
    before: Duration,
}

impl Burst {
    pub(super) fn connect(plan: &Plan, share: Share, newcomers: usize) -> Result<Self> {
        let callers = Callers::connect(plan, share)?;
        Ok(Burst {
            busy: callers.all.len(),
            callers,
            newcomers: share
                .numbers(newcomers)
                .map(|number| plan.connections as u64 + number)
                .collect(),
            dialer: Dialer::new(plan)?,
            size: plan.size,
            before: plan.warm_up,
        })
    }

    /// Runs the busy connections, and adds the newcomers after a while.
    fn run(&mut self, newcomers: &[u64]) -> Result<Part> {
        let start = Instant::now();
        let first = self.callers.all.len();
        for index in 0..self.busy {
            self.callers.call(index)?;
        }
        let mut coming = newcomers.iter();
        // The connections with an outstanding answer.
        let mut waiting = self.busy;
        let mut begin = None;
        let mut latencies = Vec::with_capacity(newcomers.len());
        while waiting > 0 {
            let mut now = Instant::now();
            if now - start >= self.before {
                begin.get_or_insert(now);
                for &connection in coming.by_ref().take(AT_ONCE) {
                    let size = self.size;
                    self.callers.join(&self.dialer, Lines { connection, size })?;
                    waiting += 1;
                }
            }
            let come = if coming.len() > 0 && begin.is_some() {
                self.callers.poll.now()?
            } else {
                self.callers.poll.wait()?
            };
            for event in 0..come {
                let index = self.callers.receive(event)?;
                if !self.callers.all[index].is_answered() {
                    continue;
                }
                now = Instant::now();
                if index >= first {
                    latencies.extend(begin.map(|begin| (now - begin).as_nanos() as f64));
                    waiting -= 1;
                } else if begin.is_none() || latencies.len() < newcomers.len() {
                    self.callers.call(index)?;
                } else {
                    waiting -= 1;
                }
            }
        }
        Ok(Part {
            calls: latencies.len() as u64,
            begin: begin.unwrap_or(start),
            end: Instant::now(),
            latencies,
        })
    }
}

impl Load for Burst {
    fn warm_up(&mut self) -> Result {
        self.run(&[]).map(drop)
    }

    fn measure(&mut self) -> Result<Part> {
        let newcomers = std::mem::take(&mut self.newcomers);
        self.run(&newcomers)
    }
}
