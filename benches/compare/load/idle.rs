//! Connections that make one call and stay.

use std::time::Instant;

use super::callers::{Caller, Tools, greet};
use super::{Load, Part, Share};
use crate::Result;
use crate::plan::Plan;

pub(super) struct Idle {
    plan: Plan,
    share: Share,
    tools: Tools,
    /// The connections, which stay until the server's memory was read.
    callers: Vec<Caller>,
}

impl Idle {
    pub(super) fn new(plan: &Plan, share: Share) -> Self {
        Idle {
            plan: plan.clone(),
            share,
            tools: Tools::new(),
            callers: Vec::new(),
        }
    }
}

impl Load for Idle {
    /// Serves one connection, so that a server's one-time allocations aren't counted.
    fn warm_up(&mut self) -> Result {
        let one = Plan {
            connections: 1,
            ..self.plan.clone()
        };
        greet(&one, Share { thread: 0, of: 1 }, &mut self.tools).map(drop)
    }

    fn measure(&mut self) -> Result<Part> {
        let begin = Instant::now();
        self.callers = greet(&self.plan, self.share, &mut self.tools)?;
        Ok(Part {
            calls: self.callers.len() as u64,
            begin,
            end: Instant::now(),
            latencies: Vec::new(),
        })
    }
}
