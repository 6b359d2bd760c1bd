//! Servers that new versions of their program replace: tests run them in their own process and in
//! that of the program `replaced`.

use std::collections::HashMap;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use kai_tcp_server::{
    Action, Active, BoxError, CloseReason, ConnectionId, ConnectionInfo, Failure, Frame, Frozen, ListedState, Options,
    Packet, Peer, ProtocolState, Socket, TcpServer, input,
};
use tokio::time::sleep;

/// The variable that says what is wrong with a process; or with `@` before it, the file that does,
/// as a process that another one starts has its environment.
pub const FAULT: &str = "FAULT";

/// The version of the sessions' format.
const VERSION: u32 = 1;

/// A fault of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It exits with status 3 before it does anything.
    Exits,
    /// It does nothing.
    Hangs,
    /// It closes its standard input, and goes on as it would without it.
    Deaf,
    /// It says what is no message.
    SaysNonsense,
    /// It announces a message that is longer than any is.
    SaysTooMuch,
    /// It doesn't start its server.
    Refuses,
    /// It reads no session.
    ReadsNoSession,
    /// Reading a session panics.
    Panics,
    /// Reading a session never ends.
    ReadsForever,
    /// Reading one of the first sessions never ends, up to the one of this number.
    ReadsForeverUpTo(usize),
    /// It blocks at the session of this number, from 1 on.
    BlocksAt(usize),
    /// It is killed at the session of this number.
    DiesAt(usize),
}

impl Fault {
    /// Returns what is wrong with this process.
    ///
    /// # Panics
    ///
    /// If the variable isn't understood.
    pub fn of_this_process() -> Option<Fault> {
        let mut said = std::env::var(FAULT).ok()?;
        if let Some(file) = said.strip_prefix('@') {
            said = std::fs::read_to_string(file).unwrap_or_default();
        }
        (!said.is_empty()).then(|| said.parse().expect("the fault is one that this program knows"))
    }

    /// Does what is wrong with a process before its server starts.
    ///
    /// # Panics
    ///
    /// If the process has no standard input, or it takes no bytes.
    pub fn begin(self) {
        match self {
            Fault::Exits => std::process::exit(3),
            Fault::Hangs => forever(),
            Fault::Deaf => {
                let nothing = std::fs::File::open("/dev/null").expect("there is a null device");
                rustix::stdio::dup2_stdin(nothing).expect("standard input can be replaced");
            }
            Fault::SaysNonsense => say(b"nonsense nonsense nonsense"),
            Fault::SaysTooMuch => say(b"kai1\xff\xff\xff\xff\0\0\0\0\0\0\0\0"),
            _ => {}
        }
    }

    /// Does what is wrong when a session is read.
    async fn at_a_session(self) -> Result<(), BoxError> {
        static SESSIONS: AtomicUsize = AtomicUsize::new(0);
        let number = SESSIONS.fetch_add(1, SeqCst) + 1;
        match self {
            Fault::ReadsNoSession => return Err("this program reads no session".into()),
            Fault::Panics => panic!("a session panics"),
            Fault::ReadsForever => std::future::pending().await,
            Fault::ReadsForeverUpTo(last) if number <= last => std::future::pending().await,
            Fault::BlocksAt(at) if at == number => forever(),
            Fault::DiesAt(at) if at == number => std::process::abort(),
            _ => {}
        }
        Ok(())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let (name, number) = said.split_once(':').unwrap_or((said, "0"));
        let number = number.parse().map_err(|_| format!("no number: {number:?}"))?;
        Ok(match name {
            "exits" => Fault::Exits,
            "hangs" => Fault::Hangs,
            "deaf" => Fault::Deaf,
            "says-nonsense" => Fault::SaysNonsense,
            "says-too-much" => Fault::SaysTooMuch,
            "refuses" => Fault::Refuses,
            "reads-no-session" => Fault::ReadsNoSession,
            "panics" => Fault::Panics,
            "reads-forever" => Fault::ReadsForever,
            "reads-forever-up-to" => Fault::ReadsForeverUpTo(number),
            "blocks-at" => Fault::BlocksAt(number),
            "dies-at" => Fault::DiesAt(number),
            _ => return Err(format!("no such fault: {said:?}")),
        })
    }
}

fn forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn say(bytes: &[u8]) {
    let stdin = std::io::stdin();
    let channel = stdin.as_fd().try_clone_to_owned().expect("there is a channel");
    std::fs::File::from(channel)
        .write_all(bytes)
        .expect("the channel takes bytes");
    forever();
}

/// A server that answers each line with the line, how many there were on this connection, and the
/// number of the process.
///
/// A line that begins with `w` waits for 20 ms, and one that begins with `h` until there is the
/// file that the rest of it names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replaced(pub Option<Fault>);

impl Replaced {
    /// Its options, which the environment changes.
    pub const OPTIONS: Options = Options::new()
        .port(0)
        .max_processes(10_000)
        .packet(Packet::LineLf)
        .shutdown(Duration::from_secs(5))
        .upgrade(true)
        .env("REPLACED");
}

impl TcpServer for Replaced {
    type Input = input::Slice;
    type Session = u64;
    type Message = ();

    const HANDS_OVER: bool = true;

    fn options(&self) -> Options {
        Replaced::OPTIONS
    }

    async fn init(&mut self, _: &kai_tcp_server::Supervisor) -> Result<(), BoxError> {
        match self.0 {
            Some(Fault::Refuses) => Err("this program doesn't want to".into()),
            _ => Ok(()),
        }
    }

    async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<u64, BoxError> {
        Ok(0)
    }

    async fn handle_call<'a>(&'a self, line: Frame<'a, Self>, count: &'a mut u64) -> Result<Action<'a>, BoxError> {
        match line.split_first() {
            Some((b'w', _)) => sleep(Duration::from_millis(20)).await,
            Some((b'h', file)) => held_by(&String::from_utf8_lossy(file)).await,
            _ => {}
        }
        *count += 1;
        let line = String::from_utf8_lossy(line);
        Ok(Action::reply(format!("{line} {count} {}", std::process::id())))
    }

    async fn freeze(&self, count: &mut u64) -> Result<Frozen, BoxError> {
        Ok(Frozen::new(VERSION, count.to_be_bytes()))
    }

    async fn thaw(&self, frozen: Frozen) -> Result<u64, BoxError> {
        if let Some(fault) = self.0 {
            fault.at_a_session().await?;
        }
        Ok(u64::from_be_bytes(frozen.bytes().try_into()?))
    }
}

/// Returns what the server knows of the connection.
fn info(socket: &Socket) -> ConnectionInfo {
    let mut all = socket.server().connections().into_iter();
    all.find(|info| info.id == socket.id())
        .expect("the connection is there")
}

/// Waits until there is a file of this name.
async fn held_by(file: &str) {
    while !Path::new(file).exists() {
        sleep(Duration::from_millis(2)).await;
    }
}

/// The state of a [`Carrying`] connection's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ProtocolState)]
pub enum Phase {
    /// It begins like this.
    #[initial]
    Early,
    /// And goes on like this.
    Late,
}

/// A server whose connections have all that can be taken along. A line is a command.
#[derive(Clone, Copy, Debug, Default)]
pub struct Carrying;

/// The session of [`Carrying`].
#[derive(Debug, Default)]
pub struct Bag {
    text: String,
    freezing: Freezing,
}

/// The way in which a session freezes.
#[derive(Clone, Copy, Debug, Default)]
enum Freezing {
    #[default]
    Plain,
    /// With a version that no program reads.
    Newer,
    Refused,
    Panics,
    Forever,
    TellsClosed,
}

/// The events of this process, and the peers of its connections.
static PEERS: Mutex<Option<HashMap<ConnectionId, Peer<String>>>> = Mutex::new(None);
static CLOSED: Mutex<Vec<CloseReason>> = Mutex::new(Vec::new());

impl Carrying {
    /// Its options, which the environment changes.
    pub const OPTIONS: Options = Options::new()
        .port(0)
        .max_processes(100)
        .packet(Packet::LineLf)
        .mailbox(4)
        .shutdown(Duration::from_secs(5))
        .upgrade(true)
        .env("CARRYING");

    /// Returns the peer of a connection of this process.
    pub fn peer(id: ConnectionId) -> Option<Peer<String>> {
        PEERS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()?
            .get(&id)
            .cloned()
    }

    /// Returns why sessions of this process were closed since the last call.
    pub fn closed() -> Vec<CloseReason> {
        std::mem::take(&mut *CLOSED.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(peer: Peer<String>) {
        let mut peers = PEERS.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get_or_insert_default().insert(peer.id(), peer);
    }
}

impl TcpServer for Carrying {
    type Input = input::WithSocket<input::Slice>;
    type Session = Bag;
    type Message = String;

    const TAKES_MESSAGES: bool = true;
    const HANDS_OVER: bool = true;
    const STATES: &'static [ListedState] = Phase::STATES;

    fn options(&self) -> Options {
        Carrying::OPTIONS
    }

    async fn connected(&self, _: &mut Socket, peer: Peer<String>) -> Result<Bag, BoxError> {
        Carrying::keep(peer);
        Ok(Bag::default())
    }

    async fn handle_call<'a>(
        &'a self,
        (frame, socket): Frame<'a, Self>,
        bag: &'a mut Bag,
    ) -> Result<Action<'a>, BoxError> {
        let frame = String::from_utf8_lossy(frame);
        let (command, rest) = frame.split_once(' ').unwrap_or((&frame, ""));
        let number = || rest.parse::<u64>();
        let time = || number().map(Duration::from_millis);
        match command {
            "pid" => return Ok(Action::reply(std::process::id().to_string())),
            "connections" => return Ok(Action::reply(socket.server().info().curr_connections.to_string())),
            "state" => return Ok(Action::reply(info(socket).state.unwrap_or_default())),
            "info" => {
                let ConnectionInfo {
                    peer_addr,
                    since,
                    calls,
                    bytes_in,
                    bytes_out,
                    ..
                } = info(socket);
                let since = since.duration_since(UNIX_EPOCH)?.as_micros();
                return Ok(Action::reply(format!(
                    "peer={peer_addr} since={since} calls={calls} in={bytes_in} out={bytes_out}"
                )));
            }
            "say" => rest.clone_into(&mut bag.text),
            "said" => return Ok(Action::reply(bag.text.clone())),
            "fill" => bag.text = "x".repeat(number()?.try_into()?),
            "flood" => return Ok(Action::reply("x".repeat(number()?.try_into()?))),
            "packet" => socket.set_packet(match rest {
                "2" => Packet::Two,
                "raw" => Packet::Raw,
                _ => return Err("no such mode".into()),
            }),
            "active" => socket.set_active(Active::Count(number()?.try_into()?)),
            "off" => socket.set_active(Active::False),
            "recv" => socket.set_recv_timeout(time()?),
            "frame" => socket.set_frame_timeout(time()?),
            "send" => socket.set_send_timeout(time()?),
            "call" => socket.set_call_timeout(time()?),
            "late" => socket.set_state(Phase::Late),
            "hold" => held_by(rest).await,
            "freeze" => {
                bag.freezing = match rest {
                    "newer" => Freezing::Newer,
                    "refused" => Freezing::Refused,
                    "panics" => Freezing::Panics,
                    "forever" => Freezing::Forever,
                    "closed" => Freezing::TellsClosed,
                    _ => return Err("no such way".into()),
                }
            }
            _ => {}
        }
        Ok(Action::reply(format!("{command} ok")))
    }

    async fn handle_info<'a>(
        &'a self,
        message: String,
        socket: &'a mut Socket,
        bag: &'a mut Bag,
    ) -> Result<Action<'a>, BoxError> {
        if let Some(file) = message.strip_prefix("hold ") {
            held_by(file).await;
        }
        if message == "on" {
            socket.set_active(Active::True);
        }
        bag.text.push_str(&message);
        Ok(Action::reply(message))
    }

    async fn passive<'a>(&'a self, socket: &'a mut Socket, _: &'a mut Bag) -> Result<Action<'a>, BoxError> {
        socket.set_active(Active::Count(2));
        Ok(Action::reply("passive"))
    }

    async fn failed<'a>(&'a self, failure: &'a Failure, _: &'a mut Bag) -> Result<Action<'a>, BoxError> {
        Ok(Action::close_with(format!("failed: {failure}")))
    }

    async fn closed(&self, _: Bag, reason: CloseReason) -> Result<(), BoxError> {
        CLOSED.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
        Ok(())
    }

    async fn freeze(&self, bag: &mut Bag) -> Result<Frozen, BoxError> {
        let frozen = Frozen::new(VERSION, bag.text.as_bytes());
        match bag.freezing {
            Freezing::Plain => Ok(frozen),
            Freezing::Newer => Ok(Frozen::new(VERSION + 1, bag.text.as_bytes())),
            Freezing::Refused => Err("this session stays".into()),
            Freezing::Panics => panic!("freeze panics"),
            Freezing::Forever => std::future::pending().await,
            Freezing::TellsClosed => Ok(frozen.tell_closed()),
        }
    }

    async fn thaw(&self, frozen: Frozen) -> Result<Bag, BoxError> {
        if frozen.version() != VERSION {
            return Err(format!("version {} isn't known", frozen.version()).into());
        }
        let text = String::from_utf8(frozen.bytes().to_vec())?;
        Ok(Bag { text, ..Bag::default() })
    }

    async fn taken_over(&self, _: &mut Socket, peer: Peer<String>, bag: &mut Bag) -> Result<(), BoxError> {
        peer.send(format!("taken over by {}", std::process::id()))?;
        if bag.text == "wake" {
            peer.send("on".to_owned())?;
        }
        Carrying::keep(peer);
        Ok(())
    }
}
