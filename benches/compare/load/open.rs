//! An open load: calls begin at random times (Poisson) on random connections, whether or not others
//! were answered.
//!
//! Latency counts from the planned start of a call, so that a stalling server is charged for all
//! calls that it delayed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::callers::Callers;
use super::{Load, Part, Random, STUCK, Share};
use crate::Result;
use crate::plan::{Kind, Plan};

pub(super) struct Open {
    callers: Callers,
    /// The planned starts of the outstanding calls of each connection.
    due: Vec<VecDeque<Instant>>,
    random: Random,
    size: u64,
    /// The average time between calls, in seconds.
    gap: f64,
    warm_up: Duration,
    time: Duration,
}

impl Open {
    pub(super) fn connect(plan: &Plan, share: Share) -> Result<Self> {
        let Kind::Rate(rate, time) = plan.kind else {
            return Err("this is no load with a rate".into());
        };
        let callers = Callers::connect(plan, share)?;
        Ok(Open {
            due: vec![VecDeque::new(); callers.all.len()],
            callers,
            random: Random::new(share.thread as u64 + 2),
            size: plan.size as u64,
            gap: share.of as f64 / rate,
            warm_up: plan.warm_up,
            time,
        })
    }

    fn run(&mut self, time: Duration) -> Result<Part> {
        let begin = Instant::now();
        let end = begin + time;
        let mut next = begin + self.pause();
        let (mut waiting, mut latencies) = (0_usize, Vec::new());
        while next < end || waiting > 0 {
            let now = Instant::now();
            while next <= now && next < end {
                let index = (self.random.unit() * self.due.len() as f64) as usize;
                self.due[index].push_back(next);
                self.callers.all[index].allowed += self.size;
                self.callers.send(index)?;
                waiting += 1;
                next += self.pause();
            }
            for event in 0..self.callers.poll.now()? {
                let index = self.callers.receive(event)?;
                let now = Instant::now();
                let caller = &self.callers.all[index];
                let unanswered = (caller.allowed / self.size - caller.answered()) as usize;
                while self.due[index].len() > unanswered {
                    let due = self.due[index].pop_front();
                    latencies.extend(due.map(|due| (now - due).as_nanos() as f64));
                    waiting -= 1;
                }
            }
            if now > end + STUCK {
                return Err("the server doesn't answer".into());
            }
        }
        Ok(Part {
            calls: latencies.len() as u64,
            begin,
            end: Instant::now(),
            latencies,
        })
    }

    /// Returns the time until the next call.
    fn pause(&mut self) -> Duration {
        Duration::from_secs_f64(-(1.0 - self.random.unit()).ln() * self.gap)
    }
}

impl Load for Open {
    fn warm_up(&mut self) -> Result {
        self.run(self.warm_up).map(drop)
    }

    fn measure(&mut self) -> Result<Part> {
        self.run(self.time)
    }
}
