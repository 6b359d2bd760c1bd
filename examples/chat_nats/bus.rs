//! The bus: the one task that speaks with NATS, a child of the server. It takes what members say
//! from the hall's queue, subscribes to the rooms that have members here, and hears them.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_nats::connection::State;
use async_nats::{Client, ConnectError, ConnectOptions, ServerAddr, Subscriber};
use kai_tcp_server::ExitSignal;
use tokio::select;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_stream::{StreamExt as _, StreamMap};

use crate::hall::Hall;
use crate::nodes::Heard;
use crate::outbox::Said;
use crate::wire::{BEATS, ROOM, read_beat, read_line, write_beat, write_line};

const TICK: Duration = Duration::from_millis(50);
const BEAT: Duration = Duration::from_secs(1);
/// The most messages and lines of news that are heard between two ticks. More wait, so that a flood
/// fills no mailbox of a member that reads.
const BURST: usize = 256;
/// The most messages of a subject that wait to be heard; more are lost.
const WAITING: usize = 1024;
/// The time after which a silent nats-server is asked whether it is there; when it is silent for
/// three of them, it is away.
const PING: Duration = Duration::from_millis(700);
/// The pause between attempts to connect.
const RETRY: Duration = Duration::from_millis(500);
/// The time for which NATS is away, or back, before the log tells it.
const STEADY: Duration = Duration::from_secs(2);
/// The longest time that a message waits for a slow NATS. After that it is lost.
const PATIENCE: Duration = Duration::from_millis(50);

struct Bus {
    hall: Arc<Hall>,
    client: Client,
    subscriptions: StreamMap<String, Subscriber>,
    /// The number of the latest message. It begins with the time, so that those after a restart are
    /// higher.
    number: u64,
    next_beat: Instant,
    /// The time of the last tick, and the number of messages and lines of news heard since.
    ticked: Instant,
    heard: usize,
    warned: bool,
    /// True if the last log line about NATS says that it is away.
    logged: bool,
    /// The last tick at which that line was right.
    changed: Instant,
}

/// Connects the hall to NATS until the server ends.
pub(crate) async fn run(hall: Arc<Hall>, servers: Vec<ServerAddr>, exit: ExitSignal) -> Result<(), ConnectError> {
    let mut queue = hall.outbox.open();
    let mut bus = Bus::connect(hall, servers).await?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let hall = Arc::clone(&bus.hall);
    loop {
        select! {
            () = exit.requested() => break,
            _ = ticks.tick() => bus.tick().await,
            () = hall.outbox.changed.notified() => bus.follow().await,
            Some(said) = queue.recv() => bus.say(said).await,
            Some((subject, message)) = bus.subscriptions.next(), if bus.heard < BURST => {
                bus.hear(&subject, &message.payload);
            }
        }
    }
    // All members have left.
    bus.beat().await;
    drop(timeout(PATIENCE, bus.client.flush()).await);
    Ok(())
}

impl Bus {
    /// Returns at once; the client connects when NATS is there, and again whenever it is back.
    async fn connect(hall: Arc<Hall>, servers: Vec<ServerAddr>) -> Result<Self, ConnectError> {
        let options = ConnectOptions::new()
            .name(&hall.node)
            .no_echo()
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|_| RETRY)
            .connection_timeout(Duration::from_secs(2))
            .ping_interval(PING)
            .client_capacity(256)
            .subscription_capacity(WAITING);
        let client = options.connect(servers).await?;
        let began = UNIX_EPOCH.elapsed().unwrap_or_default();
        Ok(Bus {
            hall,
            client,
            subscriptions: StreamMap::new(),
            number: u64::try_from(began.as_micros()).unwrap_or_default(),
            next_beat: Instant::now(),
            ticked: Instant::now(),
            heard: 0,
            warned: false,
            logged: false,
            changed: Instant::now(),
        })
    }

    /// Returns whether NATS is there. What is published meanwhile would come later as if it were
    /// new.
    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    async fn tick(&mut self) {
        let now = Instant::now();
        // A node that stood still for so long has heard nobody.
        let stood_still = now.duration_since(self.ticked) > BEAT;
        (self.ticked, self.heard) = (now, 0);
        if !self.is_connected() {
            self.set_away(true);
            return;
        }
        if stood_still || self.hall.outbox.is_away() {
            self.hall.nodes().renew(now);
            self.next_beat = now;
        }
        if now >= self.next_beat {
            self.follow().await;
            self.beat().await;
        }
        self.set_away(false);
        let gone = self.hall.nodes().forget_the_unheard(now);
        for news in gone {
            self.heard += self.hall.tell_news(news);
        }
    }

    /// Tells the members, and the log once it has been so for a while.
    fn set_away(&mut self, away: bool) {
        self.hall.set_away(away);
        if away == self.logged {
            self.changed = self.ticked;
        } else if self.ticked - self.changed >= STEADY {
            self.logged = away;
            if away {
                tracing::warn!("NATS is away: the members of this node hear each other only");
            } else {
                tracing::info!("NATS is back");
            }
        }
    }

    /// Subscribes to the rooms in which members of this node are, and to no others. The other nodes
    /// are told at the next tick.
    async fn follow(&mut self) {
        if !self.is_connected() {
            return;
        }
        self.next_beat = self.ticked;
        let rooms = self.hall.rooms_with_members().into_iter();
        let wanted: HashSet<String> = rooms
            .map(|room| format!("{ROOM}{room}"))
            .chain([BEATS.to_owned()])
            .collect();
        let followed: Vec<String> = self.subscriptions.keys().cloned().collect();
        for subject in followed.iter().filter(|subject| !wanted.contains(*subject)) {
            // Dropping it unsubscribes.
            self.subscriptions.remove(subject);
        }
        for subject in wanted {
            if !self.subscriptions.contains_key(&subject) {
                let subscribed = timeout(PATIENCE, self.client.subscribe(subject.clone())).await;
                // NATS stands still. This is done again before the next beat.
                let Ok(Ok(messages)) = subscribed else { return };
                self.subscriptions.insert(subject, messages);
            }
        }
    }

    /// Tells the other nodes who is where on this one.
    async fn beat(&mut self) {
        self.next_beat = Instant::now() + BEAT;
        self.number += 1;
        let beat = write_beat(&self.hall.node, self.number, &self.hall.members());
        self.publish(BEATS.to_owned(), beat).await;
    }

    async fn say(&mut self, Said { name, room, text }: Said) {
        self.number += 1;
        let line = write_line(&self.hall.node, self.number, &name, &text);
        let subject = format!("{ROOM}{}", room.name().unwrap_or_default());
        self.publish(subject, line).await;
    }

    async fn publish(&self, subject: String, message: String) {
        if self.is_connected() {
            // It is lost if NATS doesn't take it: who speaks isn't told, as nobody knows who hears.
            drop(timeout(PATIENCE, self.client.publish(subject, message.into())).await);
        }
    }

    fn hear(&mut self, subject: &str, message: &[u8]) {
        self.heard += 1;
        if let Some(room) = subject.strip_prefix(ROOM) {
            let line = read_line(message);
            if let Some(line) = line.filter(|line| self.hall.nodes().is_news(room, line)) {
                self.hall.tell(room, line.shown);
            }
            return;
        }
        let Some(beat) = read_beat(message) else { return };
        let heard = self.hall.nodes().hear_beat(beat, Instant::now());
        match heard {
            Heard::Known(news) => self.heard += self.hall.tell_news(news),
            Heard::New(news) => {
                self.heard += self.hall.tell_news(news);
                // It hears at once who is here.
                self.next_beat = self.ticked;
            }
            Heard::Myself if mem::replace(&mut self.warned, true) => {}
            Heard::Myself => tracing::warn!("another node is called {:?}, too: it isn't heard", self.hall.node),
            Heard::Nothing => {}
        }
    }
}
