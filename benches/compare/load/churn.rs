//! Connections that make one call each: connect, call, close, and the next.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::callers::{Caller, Tools};
use super::lines::Lines;
use super::{Load, Part, STUCK, Share};
use crate::Result;
use crate::plan::{Kind, Plan};
use crate::process::connect;

pub(super) struct Churn {
    epoll: Epoll,
    tools: Tools,
    source: Ipv4Addr,
    addr: SocketAddr,
    size: usize,
    /// How many connections there are at a time.
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
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            tools: Tools::new(),
            source: plan.source,
            addr: plan.addr,
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
            slots.push((self.call(slot)?, begin));
        }
        let mut latencies = Vec::new();
        let mut events = vec![EpollEvent::empty(); self.slots];
        let (mut calls, mut open) = (0, slots.len());
        while open > 0 {
            let count = self.epoll.wait(&mut events, EpollTimeout::try_from(STUCK)?)?;
            if count == 0 {
                return Err("the server doesn't answer".into());
            }
            for event in &events[..count] {
                let slot = event.data() as usize;
                let (caller, since) = &mut slots[slot];
                caller.receive(&mut self.tools)?;
                if caller.received < caller.allowed {
                    continue;
                }
                calls += 1;
                let now = Instant::now();
                latencies.push((now - *since).as_nanos() as f64);
                if now - begin < time {
                    // The one before is closed by this.
                    slots[slot] = (self.call(slot)?, now);
                } else {
                    self.epoll.delete(&caller.stream)?;
                    open -= 1;
                }
            }
        }
        drop(slots);
        Ok(Part {
            calls,
            begin,
            end: Instant::now(),
            latencies,
        })
    }

    /// A new connection that has made its call.
    fn call(&mut self, slot: usize) -> Result<Caller> {
        let stream = connect(self.source, self.addr)?;
        stream.set_nonblocking(true)?;
        self.epoll
            .add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, slot as u64))?;
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
