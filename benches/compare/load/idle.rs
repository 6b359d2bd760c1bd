//! Connections that made one call and stay.

use std::time::Instant;

use super::callers::{Caller, Tools, greet};
use super::{Load, Part, Share};
use crate::Result;
use crate::plan::Plan;

pub(super) struct Idle {
    plan: Plan,
    share: Share,
    tools: Tools,
    /// They stay until the server was looked at.
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
    /// One connection, so that what a server makes once isn't charged to the many.
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
