//! An epoll: the connections that are ready, and for what.

use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use super::STUCK;
use crate::Result;

pub(super) struct Poll {
    epoll: OwnedFd,
    happened: Vec<epoll::Event>,
}

/// An event of connection `index`.
#[derive(Clone, Copy)]
pub(super) struct Happened {
    pub(super) index: usize,
    pub(super) readable: bool,
    pub(super) writable: bool,
}

impl Poll {
    pub(super) fn new() -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Poll {
            epoll,
            happened: Vec::with_capacity(256),
        })
    }

    /// Watches a connection for input until it is closed.
    pub(super) fn watch(&self, stream: impl AsFd, index: usize) -> Result {
        Ok(epoll::add(
            &self.epoll,
            stream,
            epoll::EventData::new_u64(index as u64),
            epoll::EventFlags::IN,
        )?)
    }

    /// Starts or stops watching for space to send.
    pub(super) fn watch_for_room(&self, stream: impl AsFd, index: usize, room: bool) -> Result {
        let mut flags = epoll::EventFlags::IN;
        flags.set(epoll::EventFlags::OUT, room);
        Ok(epoll::modify(
            &self.epoll,
            stream,
            epoll::EventData::new_u64(index as u64),
            flags,
        )?)
    }

    /// Waits for events, and returns their number.
    pub(super) fn wait(&mut self) -> Result<usize> {
        let stuck = Timespec {
            tv_sec: STUCK.as_secs().try_into()?,
            tv_nsec: 0,
        };
        match self.look(&stuck)? {
            0 => Err("the server doesn't answer".into()),
            count => Ok(count),
        }
    }

    /// Returns the number of events so far, without waiting.
    pub(super) fn now(&mut self) -> Result<usize> {
        self.look(&Timespec::default())
    }

    fn look(&mut self, timeout: &Timespec) -> Result<usize> {
        self.happened.clear();
        Ok(epoll::wait(
            &self.epoll,
            spare_capacity(&mut self.happened),
            Some(timeout),
        )?)
    }

    /// Returns an event.
    pub(super) fn happened(&self, number: usize) -> Happened {
        let epoll::Event { flags, data } = self.happened[number];
        let readable = epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
        Happened {
            index: data.u64() as usize,
            readable: flags.intersects(readable),
            writable: flags.contains(epoll::EventFlags::OUT),
        }
    }
}
