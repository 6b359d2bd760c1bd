//! The beginning of a recording, and its end with its server.

use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Recording;
use super::files::Files;
use super::lines::Lines;
use super::recorder::{FLUSH, Progress, Recorder};
use super::writer::Writer;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::io::link::ConnectionId;
use crate::log::{Quoted, event};
use crate::packet::DELIMITER;
use crate::server::Server;
use crate::tape::queue::{Filter, Queue};
use crate::tape::switch::Switch;

impl Server {
    /// Records what connections say, in files, until the [`Recorder`] is stopped or dropped, or the
    /// server ends. Needs the feature `record`.
    ///
    /// The files hold all that peers send and are sent, secrets too: see the module
    /// [`record`](crate::record). A server makes one recording at a time; the one of the option
    /// `record(dir = …)` lasts as long as the server.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Options`] if a size is out of its range,
    /// - [`ErrorKind::AlreadyStarted`] if the server makes a recording already,
    /// - [`ErrorKind::NotRunning`] if the server is stopping or has stopped,
    /// - [`ErrorKind::Other`] if the first file can't be made.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the recording, if it has begun by then.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::record::Recording;
    /// use kai_tcp_server::{Action, start, tcp_server, with};
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
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
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> kai_tcp_server::Result {
    /// # let dir = std::env::temp_dir().join(format!("kai-tcp-server-doc-{}", std::process::id()));
    /// let server = start(with(Echo, Echo::OPTIONS.in_memory())).await?;
    /// let recorder = server.record(Recording::in_dir(&dir)).await?;
    /// let mut client = server.connect().await?;
    /// client.write_all(b"hello\r\n").await?;
    /// client.read_exact(&mut [0; 7]).await?;
    /// let recorded = recorder.stop().await?;
    /// let text = std::fs::read_to_string(&recorded.files[0])?;
    /// assert!(text.contains("C: hello\n"));
    /// assert!(text.contains("S: hello\n"));
    /// # std::fs::remove_dir_all(&dir)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn record(&self, recording: Recording) -> Result<Recorder> {
        recording.judge()?;
        self.goes_on()?;
        let recorder = begin(self, recording).await?;
        // A server that has ended meanwhile ends no recording any more.
        self.goes_on()?;
        Ok(recorder)
    }

    fn switch(&self) -> Arc<Switch> {
        Arc::clone(&self.inner().live.now().settings.switch)
    }
}

/// Begins the recording that the options ask for, if they do. It lasts as long as the server.
pub(crate) async fn by_options(server: &Server) -> Result {
    let options = server.inner().options;
    if let Some(dir) = options.record_dir {
        let recording = Recording::in_dir(dir)
            .file_size(options.record_file_size)
            .files(options.record_files)
            .frame_size(options.record_frame_size);
        begin(server, recording).await?.detached = true;
    }
    Ok(())
}

/// Begins a recording, on a thread of its own: the directory may be one that blocks.
async fn begin(server: &Server, recording: Recording) -> Result<Recorder> {
    let switch = server.switch();
    if switch.is_on() {
        return Err(already_records());
    }
    let (name, dir) = (server.label(), recording.dir.clone());
    let delimiter = server.inner().options.delimiter.unwrap_or(DELIMITER);
    // The events of its end go where those of who asked for it go.
    let subscriber = tracing::dispatcher::get_default(Clone::clone);
    // By the clock of the connections.
    let begun = Instant::now();
    let (opened, answer) = oneshot::channel();
    let its_switch = Arc::clone(&switch);
    let work = move || {
        let files = Files::open(&recording.dir, name, recording.file_size as u64, recording.files);
        let files = match files {
            Ok(files) => files,
            Err(error) => return drop(opened.send(Err(error.into()))),
        };
        let filter = Filter {
            ip: recording.ip,
            connection: recording.connection.map(ConnectionId::number),
        };
        let queue = Arc::new(Queue::new(begun, recording.queue, filter));
        let Some(number) = its_switch.begin(Arc::clone(&queue)) else {
            files.remove();
            return drop(opened.send(Err(already_records())));
        };
        let progress = Arc::new(Mutex::new(Progress::of(files.paths())));
        let recorder = Recorder {
            switch: Arc::clone(&its_switch),
            number,
            queue: Arc::clone(&queue),
            progress: Arc::clone(&progress),
            detached: false,
        };
        // It isn't waited for any more: dropped, it ends the recording.
        drop(opened.send(Ok(recorder)));
        let lines = Lines::new(recording.frame_size, delimiter);
        Writer {
            server: name,
            switch: its_switch,
            number,
            queue,
            files,
            lines,
            progress,
            subscriber,
        }
        .run();
    };
    thread::Builder::new()
        .name("kai-record".to_owned())
        .spawn(work)
        .map_err(|error| Error::new(ErrorKind::Other, "cannot start a thread").caused_by(error))?;
    let failed = |error: BoxError| {
        Error::new(
            ErrorKind::Other,
            format!("{name} can't be recorded in {}", dir.display()),
        )
        .caused_by(error)
    };
    let opened = answer.await.map_err(|error| failed(error.into()))?;
    let recorder = opened.map_err(|error: Error| match error.kind() {
        ErrorKind::AlreadyStarted => error,
        _ => failed(error.into()),
    })?;
    let shown = dir.display();
    event!(warn, name: "recording", server = name, dir = %Quoted(&shown), "{name} records all that its peers send and are sent, secrets too, in {}", Quoted(&shown));
    Ok(recorder)
}

fn already_records() -> Error {
    Error::new(
        ErrorKind::AlreadyStarted,
        "the server makes a recording already: stop that one first",
    )
}

/// Ends the recording of a server that ends, and waits for a moment until it is written.
pub(crate) async fn end(server: &Server) {
    let switch = server.switch();
    if let Some((_, queue)) = switch.running() {
        switch.end_all();
        // A disk that takes longer doesn't hold up the end; its thread goes on.
        queue.done(FLUSH).await;
    }
}

/// Ends the recording of a server whose runtime ends: what is recorded is still written.
pub(crate) fn abandon(server: &Server) {
    server.switch().end_all();
}
