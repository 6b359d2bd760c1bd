//! The new process: takes the listeners over, says that it is ready, and takes the connections
//! over.

use std::collections::HashMap;
use std::future::{self, poll_fn};
use std::io;
use std::mem;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::Poll;

use socket2::{Domain, SockRef, Socket, Type};

use super::channel::{self, Channel, Incoming, Parcel, is_end};
use super::message::{Message, Offer, OfferedConnection};
use super::{PATIENCE, VARIABLE, short};
use crate::accept::listener_set::{ListenPhase, SuspendedPort};
use crate::error::{Chain, Error, ErrorKind, Result};
use crate::io::frozen::Frozen;
use crate::log::event;
use crate::server::{Arriving, GoesOn, Inner, Server, Thawing};
use crate::task::Task;
use crate::transport::passed::Passed;

/// The inheritance of this process; `None` if it was started in the ordinary way.
static INHERITED: OnceLock<Option<Mutex<Inheritance>>> = OnceLock::new();

/// Held while connections come from an old process.
static ARRIVING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[derive(Debug, Default)]
struct Inheritance {
    /// `None` once the arrival has begun, or has failed.
    channel: Option<(UnixStream, Incoming)>,
    /// The offers that no server has taken yet, by label.
    offers: HashMap<String, (Offer, Passed)>,
    /// The servers that have taken theirs, and the phase that they go on in.
    servers: Vec<(Server, ListenPhase)>,
    /// The reason why nothing can be taken over. It is kept until a server starts, as `run` takes
    /// over before it has a log.
    failure: Option<Failure>,
}

#[derive(Clone, Debug)]
struct Failure {
    /// If not, no server may start beside it.
    old_has_ended: bool,
    why: String,
}

/// The part of it that is a server's.
#[derive(Debug)]
pub(crate) struct Inherited {
    /// Its listening sockets.
    pub(crate) passed: Passed,
    /// The phase in which it begins to listen.
    pub(crate) phase: ListenPhase,
    /// The phase in which it goes on.
    then: ListenPhase,
}

/// Takes over what an old process has passed on. `run` does it first of all.
pub(crate) fn take() {
    let _ = inheritance();
}

fn inheritance() -> Option<MutexGuard<'static, Inheritance>> {
    let inherited = INHERITED.get_or_init(|| {
        let inherited = inherit().unwrap_or_else(|error| {
            Some(Inheritance {
                failure: Some(Failure {
                    // Then this one serves in its place, as well as it can.
                    old_has_ended: error.kind() == io::ErrorKind::UnexpectedEof,
                    why: format!("what the old process passes on can't be used: {error}"),
                }),
                ..Inheritance::default()
            })
        });
        inherited.map(Mutex::new)
    });
    Some(inherited.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Reads the offers of the old process.
fn inherit() -> io::Result<Option<Inheritance>> {
    let Some(stream) = take_channel()? else {
        return Ok(None);
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut incoming = Incoming::default();
    let mut offers = HashMap::new();
    loop {
        let parcel = channel::receive_blocking(&stream, &mut incoming)?;
        let Some(Parcel { message, fds, .. }) = parcel else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        match message {
            Message::Offer(offer) => {
                let mut passed = Passed::default();
                for (key, fd) in offer.keys.iter().zip(fds) {
                    if let Some(socket) = listening(fd) {
                        passed.add(key.clone(), socket);
                    }
                }
                offers.insert(offer.label.clone(), (offer, passed));
            }
            Message::AllOffered => break,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Ok(Some(Inheritance {
        channel: Some((stream, incoming)),
        offers,
        ..Inheritance::default()
    }))
}

/// Returns the channel, if the old process has started this one with it as its standard input. A
/// process that has only the environment of such a one isn't meant.
fn take_channel() -> io::Result<Option<UnixStream>> {
    let Some(old) = std::env::var(VARIABLE).ok().and_then(|old| old.parse::<i32>().ok()) else {
        return Ok(None);
    };
    let stdin = io::stdin();
    let socket = SockRef::from(&stdin);
    let is_stream = socket.r#type().is_ok_and(|ty| ty == Type::STREAM);
    if !is_stream || !socket.local_addr().is_ok_and(|addr| addr.domain() == Domain::UNIX) || !is_of(&stdin, old) {
        return Ok(None);
    }
    let parent = std::os::unix::process::parent_id().cast_signed();
    // One whose parent has ended takes over what has come.
    if parent != old && lives(old) {
        // The old process couldn't end this one, so it can't be sure of anything.
        return Err(io::Error::other(
            "the old process has started another one, which has started this one: let it `exec` this one",
        ));
    }
    let channel = stdin.as_fd().try_clone_to_owned()?;
    // Only this process reads from it, and no process that it starts holds it.
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    Ok(Some(UnixStream::from(channel)))
}

/// Returns whether there is a process of this number that hasn't ended.
fn lives(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind its name, which may have any characters.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// Returns whether a process of this number has made the channel.
fn is_of(stdin: &io::Stdin, old: i32) -> bool {
    let made_by = rustix::net::sockopt::socket_peercred(stdin);
    made_by.is_ok_and(|made_by| made_by.pid.as_raw_nonzero().get() == old)
}

/// Returns a socket that listens; anything else is closed.
fn listening(fd: OwnedFd) -> Option<Socket> {
    let socket = Socket::from(fd);
    let is_stream = socket.r#type().is_ok_and(|ty| ty == Type::STREAM);
    (is_stream && rustix::net::sockopt::socket_acceptconn(&socket).is_ok_and(|listens| listens)).then_some(socket)
}

impl Inherited {
    /// Takes what is a server's.
    ///
    /// # Errors
    ///
    /// The old process is there, and nothing can be taken over.
    pub(crate) fn of(label: &str) -> Result<Self> {
        let mut inheritance = inheritance();
        let failure = inheritance.as_mut().and_then(|inheritance| {
            let failure = inheritance.failure.clone();
            inheritance.failure.take_if(|failure| failure.old_has_ended);
            failure
        });
        match failure {
            Some(Failure {
                old_has_ended: true,
                why,
            }) => {
                event!(warn, name: "nothing inherited", server = label, "{label} begins anew: {why}");
            }
            Some(Failure { why, .. }) => return Err(Error::new(ErrorKind::Upgrade, why)),
            None => {}
        }
        let offer = inheritance.as_mut().and_then(|inheritance| {
            inheritance.channel.as_ref()?;
            inheritance.offers.remove(label)
        });
        drop(inheritance);
        Ok(match offer {
            Some((offer, passed)) => Inherited {
                passed,
                phase: ListenPhase::HandingOver,
                then: if offer.suspended {
                    ListenPhase::Suspended(SuspendedPort::Kept)
                } else {
                    ListenPhase::Open
                },
            },
            None => Inherited {
                passed: Passed::default(),
                phase: ListenPhase::Open,
                then: ListenPhase::Open,
            },
        })
    }

    /// The server listens. If it is the last one that the old process has offered, and no `run`
    /// starts others, the process is ready.
    pub(crate) fn started(self, server: &Server, is_under_run: bool) {
        if self.phase != ListenPhase::HandingOver {
            return;
        }
        let is_last = inheritance().is_some_and(|mut inheritance| {
            inheritance.servers.push((server.clone(), self.then));
            inheritance.offers.is_empty()
        });
        if is_last && !is_under_run {
            ready();
        }
    }
}

/// A server doesn't start. The old process learns why, and goes on.
pub(crate) fn failed(error: &Error) {
    let channel = inheritance().and_then(|mut inheritance| inheritance.channel.take());
    if let Some((stream, _)) = channel {
        let why = short(&Chain(error));
        // The old process notices the end of this one in any case.
        let _ = channel::send_blocking(&stream, &Message::Failed { why });
    }
}

/// Tells the old process that this one is ready to take over: the servers that it has offered
/// accept from here on, and the old one's stop.
///
/// [`run`](crate::run) does it once all servers listen. A program that starts its servers itself is
/// ready without it as soon as it has started each server that the old one had; it calls `ready` if
/// it has given one of them up. In a process that no old one has started it does nothing.
///
/// # Panics
///
/// Panics outside of a tokio runtime, in a process that an old one has started.
pub fn ready() {
    let Some(mut inheritance) = inheritance() else { return };
    let Some((stream, incoming)) = inheritance.channel.take() else {
        return;
    };
    inheritance.offers.clear();
    let servers = mem::take(&mut inheritance.servers);
    drop(inheritance);
    let arriving = ARRIVING.try_lock();
    tokio::spawn(Task::new(async move {
        arrive(stream, incoming, servers).await;
        drop(arriving);
    }));
}

/// Waits until no connection comes any more from an old process: only then all of them can go on to
/// a new one.
pub(super) async fn over() {
    drop(ARRIVING.lock().await);
}

/// Takes the connections over, until the old process has no more.
///
/// It ends with the old process, whose time is bounded, or with the servers' runtime.
async fn arrive(stream: UnixStream, incoming: Incoming, servers: Vec<(Server, ListenPhase)>) {
    let mut arrival = Arrival {
        servers,
        waiting: Vec::new(),
        taken: 0,
        accepts: false,
    };
    let done = match Channel::new(stream, incoming) {
        Ok(mut channel) => arrival.follow(&mut channel).await,
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        event!(warn, name: "old process lost", %error, "the old process said something that can't be used: {error}");
        if !is_end(&error) {
            // It is there still and has all that it hasn't given away: the end of the channel says
            // that nothing since the last commit goes on here. If there was no commit, it ends this
            // process.
            return;
        }
    }
    // It kills this process before it goes on itself, so it has ended.
    let thawed = arrival.thawed().await;
    arrival.go_on(thawed);
    let connections = arrival.taken;
    event!(info, name: "taken over", connections, "taken over from the old process: {connections} connections");
}

struct Arrival {
    servers: Vec<(Server, ListenPhase)>,
    /// The connections since the last commit.
    waiting: Vec<Thawing>,
    taken: usize,
    accepts: bool,
}

impl Arrival {
    async fn follow(&mut self, channel: &mut Channel) -> io::Result<()> {
        channel.send(&Message::Ready, &[], &[]).await?;
        while let Some(Parcel {
            message,
            bytes,
            mut fds,
        }) = channel.receive().await?
        {
            match message {
                Message::Connection(offered) => {
                    let thawing = self.thaw(*offered, bytes, fds.pop_front());
                    self.waiting
                        .push(thawing.unwrap_or_else(|why| Box::pin(future::ready(Err(why)))));
                }
                Message::Commit { following } => {
                    let thawed = self.thawed().await;
                    let why = |(place, thawed): (usize, &Result<GoesOn, String>)| {
                        thawed.as_ref().err().map(|why| (place, short(why)))
                    };
                    let refused = thawed.iter().enumerate().filter_map(why).collect();
                    // Before anything is read: only then the old process lets go.
                    let said = channel.send(&Message::Serving { refused }, &[], &[]).await;
                    if let Err(error) = said
                        && !is_end(&error)
                    {
                        return Err(error);
                    }
                    self.keep_places(&following);
                    self.go_on(thawed);
                }
                Message::Following(following) => self.keep_places(&following),
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(())
    }

    /// Makes a connection of what has come.
    ///
    /// # Errors
    ///
    /// Says why it can't go on here.
    fn thaw(&self, offered: OfferedConnection, mut bytes: Vec<u8>, socket: Option<OwnedFd>) -> Result<Thawing, String> {
        let OfferedConnection {
            label,
            mut carried,
            version,
            session,
        } = offered;
        if session > bytes.len() {
            return Err("its session is cut off".to_owned());
        }
        carried.unread = bytes.split_off(session);
        let socket = socket.ok_or("its socket is missing")?;
        let server = self.servers.iter().find(|(server, _)| server.label() == label);
        let (server, _) = server.ok_or("this program has no such server")?;
        let acceptors = server.inner().acceptors.get().and_then(Weak::upgrade);
        let acceptors = acceptors.ok_or("its server has ended")?;
        let frozen = Frozen::new(version, bytes);
        let arriving = Arriving {
            socket,
            carried,
            frozen,
        };
        Ok(acceptors.thaw(arriving))
    }

    /// Waits for the connections since the last commit, all at the same time, as each may take
    /// long. Says of each that can't go on here why.
    async fn thawed(&mut self) -> Vec<Result<GoesOn, String>> {
        let mut waiting = mem::take(&mut self.waiting);
        let mut thawed: Vec<_> = waiting.iter().map(|_| None).collect();
        poll_fn(|cx| {
            for (thawing, thawed) in waiting.iter_mut().zip(&mut thawed) {
                if thawed.is_none()
                    && let Poll::Ready(done) = thawing.as_mut().poll(cx)
                {
                    *thawed = Some(done);
                }
            }
            if thawed.iter().all(Option::is_some) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        thawed.into_iter().flatten().collect()
    }

    /// Keeps places for the connections that may follow, and for those that go on now, so that no
    /// others take them.
    fn keep_places(&self, following: &[(String, usize)]) {
        for (server, _) in &self.servers {
            let of_it = following.iter().filter(|(label, _)| label == server.label());
            let Inner { slots, acceptors, .. } = server.inner();
            slots.keep(of_it.map(|(_, following)| following).sum());
            if let Some(acceptors) = acceptors.get().and_then(Weak::upgrade) {
                acceptors.stand_by();
            }
        }
    }

    /// Serves the connections that have come, and accepts others.
    fn go_on(&mut self, thawed: Vec<Result<GoesOn, String>>) {
        if !mem::replace(&mut self.accepts, true) {
            for (server, phase) in &self.servers {
                server.inner().listeners.go_on(*phase);
            }
        }
        for goes_on in thawed.into_iter().flatten() {
            goes_on();
            self.taken += 1;
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.keep_places(&[]);
    }
}

#[cfg(test)]
mod tests;
