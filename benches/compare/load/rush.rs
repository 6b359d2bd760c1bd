//! Connections that come at once. Each calls without pause from the start.
//!
//! All calls count. The first of a connection counts from the start of connecting.

use std::time::{Duration, Instant};

use super::callers::{Callers, Tools, greet};
use super::lines::Lines;
use super::wire::Dialer;
use super::{AT_ONCE, Load, Part, Share};
use crate::Result;
use crate::plan::Plan;

pub(super) struct Rush {
    plan: Plan,
    callers: Callers,
    /// The numbers of the connections that come.
    coming: Vec<u64>,
    time: Duration,
}

impl Rush {
    pub(super) fn new(plan: &Plan, share: Share, time: Duration) -> Result<Self> {
        Ok(Rush {
            callers: Callers::none()?,
            coming: share.connections(plan).collect(),
            plan: plan.clone(),
            time,
        })
    }
}

impl Load for Rush {
    /// Serves one connection, so that a server's one-time allocations aren't counted.
    fn warm_up(&mut self) -> Result {
        let one = Plan {
            connections: 1,
            ..self.plan.clone()
        };
        greet(&one, Share { thread: 0, of: 1 }, &mut Tools::new()).map(drop)
    }

    fn measure(&mut self) -> Result<Part> {
        let begin = Instant::now();
        let (dialer, size) = (Dialer::new(&self.plan)?, self.plan.size);
        let mut coming = std::mem::take(&mut self.coming).into_iter();
        // The start of each connection's outstanding call.
        let mut since = Vec::with_capacity(coming.len());
        let mut latencies = Vec::new();
        let mut waiting = coming.len();
        while waiting > 0 {
            for connection in coming.by_ref().take(AT_ONCE) {
                since.push(Instant::now());
                self.callers.join(&dialer, Lines { connection, size })?;
            }
            let come = if coming.len() > 0 {
                self.callers.poll.now()?
            } else {
                self.callers.poll.wait()?
            };
            for event in 0..come {
                let index = self.callers.receive(event)?;
                if !self.callers.all[index].is_answered() {
                    continue;
                }
                let now = Instant::now();
                latencies.push((now - since[index]).as_nanos() as f64);
                if now - begin < self.time {
                    since[index] = now;
                    self.callers.call(index)?;
                } else {
                    waiting -= 1;
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
}
