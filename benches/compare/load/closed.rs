//! A closed load: a call begins when another ends. Each connection has a fixed number of calls in
//! flight.

use std::time::{Duration, Instant};

use super::callers::Callers;
use super::{Load, Part, Share};
use crate::Result;
use crate::plan::{Kind, Plan};

pub(super) struct Closed {
    callers: Callers,
    /// The measured call of each connection: the end of its answer in the stream, and its start.
    samples: Vec<Option<(u64, Instant)>>,
    size: u64,
    in_flight: u64,
    warm_up: Until,
    until: Until,
}

#[derive(Clone, Copy)]
enum Until {
    /// Until this time is over.
    Over(Duration),
    /// Until each connection has made this number of calls.
    Made(u64),
}

impl Closed {
    pub(super) fn connect(plan: &Plan, share: Share) -> Result<Self> {
        let callers = Callers::connect(plan, share)?;
        let (warm_up, until) = match plan.kind {
            Kind::Calls(calls) => (Until::Made(plan.in_flight as u64), Until::Made(calls)),
            Kind::For(time) => (Until::Over(plan.warm_up), Until::Over(time)),
            _ => return Err("this is no load where answers make room for calls".into()),
        };
        Ok(Closed {
            samples: vec![None; callers.all.len()],
            callers,
            size: plan.size as u64,
            in_flight: plan.in_flight as u64,
            warm_up,
            until,
        })
    }

    fn run(&mut self, until: Until) -> Result<Part> {
        let begin = Instant::now();
        let mut latencies = Vec::new();
        let before: Vec<u64> = self.callers.all.iter().map(super::callers::Caller::answered).collect();
        let mut busy = 0;
        for (index, &before) in before.iter().enumerate() {
            self.extend(index, before, until, begin, begin)?;
            busy += usize::from(self.callers.all[index].allowed > before * self.size);
        }
        while busy > 0 {
            for event in 0..self.callers.poll.wait()? {
                let index = self.callers.receive(event)?;
                let now = Instant::now();
                let received = self.callers.all[index].received;
                if let Some((_, sent)) = self.samples[index].take_if(|(answer, _)| received >= *answer) {
                    latencies.push((now - sent).as_nanos() as f64);
                }
                self.extend(index, before[index], until, begin, now)?;
                busy -= usize::from(received == self.callers.all[index].allowed);
            }
        }
        let end = Instant::now();
        let calls = self
            .callers
            .all
            .iter()
            .zip(before)
            .map(|(caller, before)| caller.answered() - before)
            .sum();
        Ok(Part {
            calls,
            begin,
            end,
            latencies,
        })
    }

    /// Sends as many calls as were answered, until the load ends.
    fn extend(&mut self, index: usize, before: u64, until: Until, begin: Instant, now: Instant) -> Result {
        let caller = &mut self.callers.all[index];
        let lines = caller.answered() + self.in_flight;
        let lines = match until {
            Until::Over(time) if now - begin >= time => return Ok(()),
            Until::Over(_) => lines,
            Until::Made(calls) => lines.min(before + calls),
        };
        if lines * self.size > caller.allowed {
            caller.allowed = lines * self.size;
            self.samples[index].get_or_insert((caller.allowed, now));
            self.callers.send(index)?;
        }
        Ok(())
    }
}

impl Load for Closed {
    fn warm_up(&mut self) -> Result {
        self.run(self.warm_up).map(drop)
    }

    fn measure(&mut self) -> Result<Part> {
        self.run(self.until)
    }
}
