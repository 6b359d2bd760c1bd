//! Replays: what was recorded, played against a server once more.

mod client;
mod compare;
mod difference;
mod lines;
mod player;

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub use self::difference::Difference;
use self::lines::File;
use self::player::Player;
use super::play::Pace;
use super::{Place, Playable, STUCK, Stuck, playable, watched};
use crate::api::tcp_server::TcpServer;
use crate::api::with::with;
use crate::error::{Error, ErrorKind, Result};
use crate::options::proxy_protocol::ProxyProtocol;
use crate::packet::Packet;
use crate::start::start;

/// A recording that is to be played against a server.
///
/// The feature `record` makes recordings ([`Server::record`](crate::Server), the option
/// `record(dir = …)`). Each connection of it is made again, sends what the client sent, and must be
/// sent what the server sent, byte by byte. Connections that overlapped do so again: nothing is
/// sent before all that was recorded before it has come. A transcript as the module
/// [`test`](crate::test) describes it can be played, too, as one connection.
///
/// A line of the server may be changed by hand where its replies depend on time or chance: in
/// `S: id {_} since {since..}` the captures of a transcript stand for any value, and a name for
/// what it took, in all connections. Under `line`, `S: text` is the line with CR LF behind it.
///
/// A connection is played up to where it can't be: what the client sent isn't all recorded
/// (`C! left out`), or TLS begins in its middle. One that began before the recording isn't played.
/// [`Replayed::skipped`] lists them.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::test::Replay;
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Echo;
///
/// #[tcp_server(port = 10000)]
/// impl Echo {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         reply(data)
///     }
/// }
///
/// let recording = "\
/// ## kai-tcp-server recording 1
/// 0.000000 #1 (connected from 127.0.0.1:51234)
/// 0.000000 #1 (packet line)
/// 0.000210 #1 C: hello
/// 0.000260 #1 S: hello
/// 0.510120 #1 C! closed
/// 0.510180 #1 S! closed
/// ";
/// let replayed = Replay::parse(recording)?.in_memory(Echo)?;
/// assert_eq!(replayed.connections, 1);
///
/// let other = recording.replace("S: hello", "S: hullo");
/// let difference = Replay::parse(&other)?.in_memory(Echo).unwrap_err();
/// assert_eq!(difference.line(), 5);
/// assert_eq!(difference.received(), b"hello\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a replay is played by `in_memory`, `at` or `over`"]
pub struct Replay {
    files: Arc<[File]>,
    paced: bool,
    only: Option<u64>,
}

/// The extent of a replay without a difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// The number of connections that were played, whole or to a part.
    pub connections: usize,
    /// The number of bytes that were sent to the server.
    pub sent: u64,
    /// The number of bytes that came from it as they were recorded.
    pub received: u64,
    /// The connections that weren't played to their end, and why.
    pub skipped: Vec<(u64, &'static str)>,
}

impl Replay {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] if it is none, with the line.
    pub fn parse(text: &str) -> Result<Self> {
        Replay::of(vec![File::new(None, text.to_owned())?])
    }

    /// Reads a file of a recording, or all files of the only recording in a directory.
    ///
    /// A last line without an end is left out: a program that was killed may have written a part of
    /// it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Other`] if it can't be read, [`ErrorKind::Malformed`] if it is no recording,
    /// with the line.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let cannot =
            |error: io::Error| Error::new(ErrorKind::Other, format!("cannot read {}", path.display())).caused_by(error);
        let paths = if fs::metadata(path).map_err(cannot)?.is_dir() {
            files_of(path).map_err(cannot)?
        } else {
            vec![path.to_owned()]
        };
        let mut files = Vec::new();
        for path in paths {
            let text = fs::read(&path).map_err(cannot)?;
            let text = String::from_utf8(text)
                .map_err(|_| Error::new(ErrorKind::Malformed, format!("{} isn't text", path.display())))?;
            files.push(File::new(Some(path.display().to_string()), text)?);
        }
        Replay::of(files)
    }

    fn of(files: Vec<File>) -> Result<Self> {
        for file in &files {
            file.check()?;
        }
        Ok(Replay {
            files: files.into(),
            paced: false,
            only: None,
        })
    }

    /// Plays in the recorded time, where it would else play as fast as the server answers. In
    /// memory it always does, as time is paused there and passes at once.
    pub fn paced(mut self) -> Self {
        self.paced = true;
        self
    }

    /// Plays the connection of this number only.
    pub fn only(mut self, connection: u64) -> Self {
        self.only = Some(connection);
        self
    }

    /// Plays it against a server in memory, on paused time, as
    /// [`transcript`](super::transcript()) does. It needs no runtime. Neither `tls(…)` nor
    /// `proxy_protocol` holds there; a server with a `tls_config` is played over TLS, by
    /// [`over`](Self::over).
    ///
    /// # Errors
    ///
    /// Returns the first difference. That the server doesn't start is one, and that it blocks its
    /// thread for 20 s.
    ///
    /// # Panics
    ///
    /// Panics if there can be no thread.
    pub fn in_memory<S: TcpServer>(&self, server: S) -> std::result::Result<Replayed, Difference> {
        // The recorded bytes came behind the header, if there was one.
        let options = server.options().proxy_protocol(ProxyProtocol::Off);
        let Playable {
            server, packet, _alone, ..
        } = playable(with(server, options));
        let place = Arc::new(Place::default());
        let its_place = Arc::clone(&place);
        let replay = self.clone().paced();
        let played = watched(
            STUCK,
            || place.get(),
            move || {
                let runtime = runtime(true)?;
                runtime.block_on(async {
                    let server = start(server).await;
                    let server =
                        server.map_err(|error| Difference::before(format!("the server didn't start: {error}")))?;
                    let connect = async || server.connect().await.map_err(io::Error::other);
                    let played = Player::new(&replay, connect, packet, Pace::PAUSED)
                        .play(|step| its_place.set(step))
                        .await;
                    server.stop().await;
                    played
                })
            },
        );
        played.unwrap_or_else(|Stuck| {
            Err(Difference::before(
                "the server hangs: something has blocked its thread for 20 s",
            ))
        })
    }

    /// Plays it against whatever listens at a TCP address. It needs no runtime, and blocks its
    /// thread.
    ///
    /// A reply may come 5 s later than it was recorded behind what came before it.
    ///
    /// # Errors
    ///
    /// Returns the first difference. That nobody listens there is one.
    ///
    /// # Panics
    ///
    /// Panics inside of a runtime: use [`over`](Self::over) there.
    pub fn at(&self, addr: SocketAddr) -> std::result::Result<Replayed, Difference> {
        runtime(false)?.block_on(self.over(async || TcpStream::connect(addr).await))
    }

    /// Plays it over connections that `connect` makes, for servers behind TLS or at a Unix socket.
    ///
    /// # Errors
    ///
    /// As [`at`](Self::at).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connections.
    pub async fn over<T>(&self, connect: impl AsyncFn() -> io::Result<T>) -> std::result::Result<Replayed, Difference>
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Player::new(self, connect, Packet::default(), Pace::REAL)
            .play(|_| {})
            .await
    }
}

fn runtime(paused: bool) -> std::result::Result<tokio::runtime::Runtime, Difference> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(paused)
        .build()
        .map_err(Difference::before)
}

/// Lists the files of the only recording in a directory, in their order.
fn files_of(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "transcript") {
            files.push(path);
        }
    }
    files.sort();
    let recording = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        name.rsplit_once('-').map(|(recording, _)| recording.to_owned())
    };
    let of_one = |pair: &[PathBuf]| recording(&pair[0]) == recording(&pair[1]);
    if files.is_empty() {
        return Err(io::Error::other("no file `….transcript` is in it"));
    }
    if !files.windows(2).all(of_one) {
        return Err(io::Error::other("several recordings are in it: name a file of one"));
    }
    Ok(files)
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Replayed {
            connections,
            sent,
            received,
            skipped,
        } = self;
        write!(
            f,
            "no difference: {connections} connections, {sent} bytes sent, {received} bytes of replies"
        )?;
        skipped
            .iter()
            .try_for_each(|(connection, why)| write!(f, "\n#{connection} isn't played to its end: {why}"))
    }
}
