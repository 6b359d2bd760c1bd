//! The old process: starts the new one, passes the listeners on, and hands the connections over.

use std::collections::{HashMap, HashSet};
use std::future::{pending, poll_fn};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::channel::{Channel, FDS_MAX};
use super::message::{Following, Message, Offer};
use super::new_process::{Batch, LastWord, NewProcess, late, lost};
use super::{Upgraded, arrival};
use crate::accept::listener_set::ListenPhase;
use crate::error::{Chain, Error, ErrorKind, Result};
use crate::io::link::ConnectionId;
use crate::log::{Quoted, event};
use crate::server::freezer::{Answer, Verdict};
use crate::server::{Inner, Server};

/// The number of connections that are handed over in one go. Each waits for the last of them.
const BATCH: usize = 256;

/// The bytes that are handed over in one go, more or less: enough to be gone in a part of
/// `upgrade_timeout`.
const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// The time that a batch waits for connections whose calls are running.
const WINDOW: Duration = Duration::from_millis(20);

/// The time that those wait that freeze later, for others that do so at the same time.
const LATE_WINDOW: Duration = Duration::from_millis(2);

/// The interval at which those are counted that have ended instead.
const LOOK: Duration = Duration::from_millis(50);

/// The time that an old process may take to end beyond `shutdown`.
const OLD_ENDS: Duration = Duration::from_secs(5);

/// The time that the connections have to say goodbye whose time is over.
const GOODBYE: Duration = Duration::from_secs(1);

/// True if an upgrade is going on in this process.
static IS_UNDER_WAY: AtomicBool = AtomicBool::new(false);

struct UnderWay;

impl UnderWay {
    fn begin() -> Result<Self> {
        if IS_UNDER_WAY.swap(true, SeqCst) {
            return Err(Error::new(ErrorKind::Upgrade, "another upgrade is under way"));
        }
        Ok(UnderWay)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        IS_UNDER_WAY.store(false, SeqCst);
    }
}

/// Upgrades, and tells the result once the new process serves. Then it hands the connections over
/// whose calls take longer, and stops the servers.
///
/// It is a task of its own, as it must not be dropped in the middle. It ends within the time of
/// `upgrade_timeout` before the new process serves, and of `shutdown` and `upgrade_timeout` after.
pub(super) async fn depart(servers: Vec<Server>, command: Command, told: oneshot::Sender<Result<Upgraded>>) {
    let label = servers.iter().map(Server::label).collect::<Vec<_>>().join(", ");
    let under_way = match UnderWay::begin() {
        Ok(under_way) => under_way,
        Err(error) => return drop(told.send(Err(error))),
    };
    let mut departure = Departure::new(&servers);
    let upgraded = departure.hand_over(command).await;
    match &upgraded {
        Ok(Upgraded { pid, connections, .. }) => {
            event!(info, name: "upgraded", server = label, pid, connections, "{label}: process {pid} has taken over, {connections} connections so far");
        }
        Err(error) => {
            let error = Quoted(Chain(error));
            event!(error, name: "upgrade failed", server = label, "{label} goes on, as the upgrade failed: {error}");
        }
    }
    let goes_on = upgraded.is_err();
    let _ = told.send(upgraded);
    if !goes_on {
        departure.finish().await;
    }
    drop(under_way);
}

struct Departure<'s> {
    servers: &'s [Server],
    /// Until when the new process must serve.
    limit: Instant,
    /// True if it does.
    serves: bool,
    new: Option<NewProcess>,
    sender: mpsc::UnboundedSender<Answer>,
    answers: mpsc::UnboundedReceiver<Answer>,
    /// The connections that haven't answered, with the place of their server.
    outstanding: HashMap<ConnectionId, usize>,
    /// The number of those by server that the new process was told last.
    told: Vec<usize>,
    /// The number of connections that were handed over.
    gone: usize,
}

impl<'s> Departure<'s> {
    fn new(servers: &'s [Server]) -> Self {
        let (sender, answers) = mpsc::unbounded_channel();
        Departure {
            servers,
            limit: Instant::now(),
            serves: false,
            new: None,
            sender,
            answers,
            outstanding: HashMap::new(),
            told: vec![0; servers.len()],
            gone: 0,
        }
    }

    fn upgrade_limit(&self) -> Instant {
        let limits = self.inners().map(|inner| inner.live.get().upgrade_timeout);
        in_time(limits.max().unwrap_or_default())
    }

    fn shutdown(&self) -> Duration {
        let limits = self.inners().map(|inner| inner.live.get().shutdown);
        limits.max().unwrap_or_default()
    }

    fn inners(&self) -> impl Iterator<Item = &'s Inner> + use<'s> {
        self.servers.iter().map(Server::inner)
    }

    /// Hands over what doesn't wait for a call. After an error all goes on here that isn't gone.
    async fn hand_over(&mut self, command: Command) -> Result<Upgraded> {
        for server in self.servers {
            server.goes_on()?;
        }
        let old_ends = self.shutdown().saturating_add(OLD_ENDS);
        let over = timeout(old_ends, arrival::over()).await;
        over.map_err(|_| Error::new(ErrorKind::Upgrade, "the old process has not ended yet"))?;
        self.limit = self.upgrade_limit();
        // So that no port is opened, closed or emptied meanwhile: a stop waits for this.
        let mut held = Vec::new();
        for inner in self.inners() {
            let port = timeout_at(self.limit, inner.listeners.hold()).await;
            held.push(port.map_err(|_| Error::new(ErrorKind::Upgrade, "a port is being opened or closed"))?);
        }
        self.new = Some(NewProcess::start(command, self.limit).await?);
        let readied = self.until_ready().await;
        if let Err(error) = readied {
            return Err(self.give_up(error, Vec::new()).await);
        }
        let mut before = Vec::new();
        for inner in self.inners() {
            match inner.listeners.begin_to_hand_over() {
                Some(phase) => before.push(phase),
                None => return Err(self.give_up(stopped(), before).await),
            }
        }
        for (place, inner) in self.inners().enumerate() {
            inner.freezer.open(self.sender.clone());
            let told = inner.monitor.freeze();
            self.outstanding.extend(told.into_iter().map(|id| (id, place)));
        }
        let batch = self.next_batch(WINDOW).await;
        if self.is_stopping() {
            decide_all(batch, Verdict::Here);
            return Err(self.give_up(stopped(), before).await);
        }
        if let Err(error) = self.commit(batch).await {
            return Err(self.give_up(error, before).await);
        }
        // The new process serves, and accepts: from here on it isn't ended for what fails. The
        // other connections follow.
        self.serves = true;
        for inner in self.inners() {
            inner.listeners.give_away();
        }
        drop(held);
        Ok(Upgraded {
            pid: self.new.as_ref().map_or(0, NewProcess::pid),
            connections: self.gone,
            waiting: self.outstanding.len(),
        })
    }

    fn is_stopping(&self) -> bool {
        self.inners()
            .any(|inner| inner.listeners.phase() == ListenPhase::Closed || *inner.leaving.borrow())
    }

    /// Offers the listeners, and waits until the new process listens.
    async fn until_ready(&mut self) -> Result {
        let Some(new) = &mut self.new else {
            return Err(stopped());
        };
        let offers = offer(self.servers, &new.channel);
        let offered = timeout_at(self.limit, offers).await;
        if let Err(error) = offered.map_err(|_| late())? {
            return Err(new.failed(&error).await);
        }
        let said = tokio::select! {
            said = timeout_at(self.limit, new.channel.receive()) => said.map_err(|_| late())?,
            () = first_stop(self.servers) => return Err(stopped()),
        };
        let said = match said {
            Ok(said) => said.map(|parcel| parcel.message),
            Err(error) => return Err(new.failed(&error).await),
        };
        match said {
            Some(Message::Ready) => Ok(()),
            Some(Message::Failed { why }) => {
                let message = format!("the new process can't serve: {}", Quoted(why));
                Err(Error::new(ErrorKind::Upgrade, message))
            }
            Some(_) => Err(lost(&io::ErrorKind::InvalidData.into())),
            None => Err(new.ended().await),
        }
    }

    /// Waits for the connections that freeze: for all of them, or those of `window`.
    async fn next_batch(&mut self, window: Duration) -> Batch {
        let mut batch = Vec::new();
        let mut over = pin!(sleep(window));
        while !is_full(&batch) && !self.outstanding.is_empty() {
            tokio::select! {
                biased;
                Some(answer) = self.answers.recv() => self.take(answer, &mut batch),
                () = &mut over => break,
            }
        }
        batch
    }

    fn take(&mut self, answer: Answer, batch: &mut Batch) {
        match answer {
            Answer::Frozen(id, frozen) => {
                match self.outstanding.remove(&id) {
                    Some(place) => batch.push((place, frozen)),
                    // It hasn't been offered to anybody.
                    None => drop(frozen.verdict.send(Verdict::Here)),
                }
            }
            Answer::Stays(id) => {
                self.outstanding.remove(&id);
            }
        }
    }

    /// Returns how many connections of each server haven't answered.
    fn following(&self) -> Vec<usize> {
        let mut following = vec![0; self.servers.len()];
        for place in self.outstanding.values() {
            following[*place] += 1;
        }
        following
    }

    /// Returns what the new process is told of that.
    fn tell(&mut self) -> Following {
        self.told = self.following();
        let labels = self.servers.iter().map(|server| server.label().to_owned());
        labels.zip(self.told.iter().copied()).collect()
    }

    /// Tells the new process if fewer connections may follow than it knows of, as it keeps places
    /// for them.
    async fn tell_following(&mut self) -> Result {
        if self.following() == self.told {
            return Ok(());
        }
        let message = Message::Following(self.tell());
        let new = self.new.as_ref().ok_or_else(stopped)?;
        let sent = timeout_at(self.limit, new.channel.send(&message, &[], &[])).await;
        sent.map_err(|_| late())?.map_err(|error| lost(&error))
    }

    /// Hands connections over. After an error, each has its verdict as well.
    async fn commit(&mut self, batch: Batch) -> Result {
        let following = self.tell();
        let Some(new) = &mut self.new else {
            return Err(stopped());
        };
        let sent = timeout_at(self.limit, new.offer_connections(self.servers, &batch, following)).await;
        let served = match sent {
            Ok(Ok(())) => match timeout_at(self.limit, new.channel.receive()).await {
                Ok(Ok(Some(parcel))) => serving(parcel.message),
                Ok(Ok(None)) => Err(lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(Err(error)) => Err(lost(&error)),
                Err(_) => Err(late()),
            },
            Ok(Err(error)) => Err(lost(&error)),
            Err(_) => Err(late()),
        };
        let (refused, done) = match served {
            Ok(refused) => (refused, Ok(())),
            // It may have said so in the last moment: only once it has ended nothing more comes.
            Err(error) => match new.last_word(self.serves).await {
                LastWord::Serving(refused) => (refused, Err(error)),
                LastWord::None => {
                    decide_all(batch, Verdict::Here);
                    return Err(error);
                }
                // Better a lost connection than one that is served twice: they hear no verdict.
                LastWord::Unknown => return Err(error),
            },
        };
        let refused: HashMap<usize, String> = refused.into_iter().collect();
        for (place, (server, frozen)) in batch.into_iter().enumerate() {
            let label = self.servers[server].label();
            let verdict = match refused.get(&place) {
                None => {
                    self.gone += 1;
                    Verdict::There
                }
                Some(why) => {
                    let why = Quoted(why);
                    event!(debug, name: "stays", server = label, "a connection stays in the old process: {why}");
                    Verdict::Here
                }
            };
            // One that was killed meanwhile isn't there to hear it.
            let _ = frozen.verdict.send(verdict);
        }
        done
    }

    /// Ends the new process and goes on here, with all that isn't gone.
    async fn give_up(&mut self, error: Error, before: Vec<ListenPhase>) -> Error {
        if let Some(new) = self.new.take() {
            new.kill().await;
        }
        self.thaw().await;
        for (inner, phase) in self.inners().zip(before) {
            inner.listeners.go_on(phase);
        }
        error
    }

    /// Lets all connections go on here that are in no batch.
    async fn thaw(&mut self) {
        for inner in self.inners() {
            inner.freezer.close();
        }
        self.answers.close();
        while let Some(answer) = self.answers.recv().await {
            if let Answer::Frozen(_, frozen) = answer {
                let _ = frozen.verdict.send(Verdict::Here);
            }
        }
        for inner in self.inners() {
            inner.monitor.unfreeze();
        }
    }

    /// Hands over the connections whose calls take longer, and serves those that stay, for the time
    /// of `shutdown`. Then it stops the servers.
    async fn finish(&mut self) {
        let all_gone = self.serve_the_rest(in_time(self.shutdown())).await;
        self.thaw().await;
        for server in self.servers {
            server.begin_to_stop();
        }
        if !all_gone {
            for server in self.servers {
                let _ = timeout(GOODBYE, server.inner().monitor.wait_until_empty()).await;
                server.cut();
            }
        }
    }

    /// Returns when no connection is left, or when a server is told to stop; false if the time is
    /// over before.
    async fn serve_the_rest(&mut self, until: Instant) -> bool {
        let servers = self.servers;
        let mut stop = pin!(first_stop(servers));
        while self.inners().any(|inner| inner.monitor.curr_connections() > 0) {
            let mut batch = Vec::new();
            tokio::select! {
                Some(answer) = self.answers.recv() => {
                    self.take(answer, &mut batch);
                    batch.extend(self.next_batch(LATE_WINDOW).await);
                }
                () = sleep(LOOK) => self.forget_the_ended(),
                () = &mut stop => return true,
                () = sleep_until(until) => return false,
            }
            self.limit = self.upgrade_limit();
            let done = if batch.is_empty() {
                self.tell_following().await
            } else {
                self.commit(batch).await
            };
            if let Err(error) = done {
                let error = Quoted(error);
                event!(error, name: "new process lost", "the last connections stay, as the new process is lost: {error}");
                for inner in self.inners() {
                    inner.freezer.close();
                    inner.monitor.unfreeze();
                }
                self.outstanding.clear();
                // It is told nothing any more.
                self.told = self.following();
            }
        }
        true
    }

    fn forget_the_ended(&mut self) {
        let servers = self.servers;
        self.outstanding
            .retain(|id, place| servers[*place].inner().monitor.has(*id));
    }
}

/// Offers each server with its sockets.
async fn offer(servers: &[Server], channel: &Channel) -> io::Result<()> {
    let mut labels = HashSet::new();
    for server in servers {
        let Inner {
            listeners,
            status_ports,
            label,
            ..
        } = server.inner();
        if !labels.insert(label) {
            // They couldn't be told apart. The second one opens its port anew, and can't.
            continue;
        }
        let mut sockets = listeners.share()?;
        for (key, listener) in status_ports {
            if let Some(listener) = listener.upgrade() {
                sockets.push((key.clone(), listener.as_fd().try_clone_to_owned()?));
            }
        }
        sockets.truncate(FDS_MAX);
        let (keys, sockets): (Vec<String>, Vec<OwnedFd>) = sockets.into_iter().unzip();
        let offer = Offer {
            label: (*label).to_owned(),
            suspended: matches!(listeners.phase(), ListenPhase::Suspended(_)),
            keys,
        };
        let sockets: Vec<_> = sockets.iter().map(OwnedFd::as_fd).collect();
        channel.send(&Message::Offer(offer), &[], &sockets).await?;
    }
    channel.send(&Message::AllOffered, &[], &[]).await
}

/// Waits until a server is to stop, at once or after its `stop_delay`.
async fn stop(server: &Server) {
    let Inner { leaving, listeners, .. } = server.inner();
    let mut leaving = leaving.subscribe();
    tokio::select! {
        () = listeners.closed() => {}
        _ = leaving.wait_for(|leaving| *leaving) => {}
    }
}

/// Waits until one of the servers is to stop.
async fn first_stop(servers: &[Server]) {
    let mut stops: Vec<_> = servers.iter().map(|server| Box::pin(stop(server))).collect();
    if stops.is_empty() {
        pending::<()>().await;
    }
    poll_fn(|cx| {
        let is_stopped = stops.iter_mut().any(|stop| stop.as_mut().poll(cx).is_ready());
        if is_stopped { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Returns whether a batch is to be handed over without others.
fn is_full(batch: &Batch) -> bool {
    let sizes = batch
        .iter()
        .map(|(_, frozen)| frozen.frozen.bytes().len() + frozen.carried.unread.len());
    batch.len() >= BATCH || sizes.sum::<usize>() >= BATCH_BYTES
}

fn decide_all(batch: Batch, verdict: Verdict) {
    for (_, frozen) in batch {
        let _ = frozen.verdict.send(verdict);
    }
}

fn serving(message: Message) -> Result<Vec<(usize, String)>> {
    match message {
        Message::Serving { refused } => Ok(refused),
        _ => Err(lost(&io::ErrorKind::InvalidData.into())),
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::NotRunning, "the server was told to stop")
}

/// Returns the time in `limit` from now; one without a limit is a year.
fn in_time(limit: Duration) -> Instant {
    Instant::now() + limit.min(Duration::from_hours(24 * 365))
}
