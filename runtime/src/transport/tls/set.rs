//! The TLS configurations of one server: made when it starts, and made anew when it reloads.

use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use kai_tcp_server_spec::listen::{Entry, Tls as Begins};
use tokio_rustls::rustls::ServerConfig;

use super::config::{OwnTls, TlsFiles};
use super::handle::Tls;
use super::listener;
use crate::error::{Error, ErrorKind, Result};
use crate::log::event;
use crate::options::Options;
use crate::transport::listener::Endpoint;

/// The configurations of a server's listeners.
#[derive(Debug, Default)]
pub(crate) struct TlsSet {
    /// The program's own.
    given: Option<Tls>,
    /// Those of files.
    sources: Vec<Source>,
    /// The record of what was taken over last.
    taken: Mutex<Taken>,
    /// Held by who reloads.
    turn: Mutex<()>,
    /// The warnings that its operator should know when it starts.
    warnings: Vec<String>,
}

/// A configuration that is made of files.
#[derive(Debug)]
struct Source {
    tls: Tls,
    /// The settings that the listener has of its own; all others are those of `tls(…)`, which a
    /// reload may change.
    own: OwnTls,
    files: Mutex<TlsFiles>,
}

/// The record of what was taken over last.
#[derive(Debug, Default)]
struct Taken {
    /// The state of the files when they were read.
    stamps: FileStamps,
    /// The number of times that something was taken over.
    times: u64,
}

/// The state of a file, as seen from outside: it changes when the file is written, replaced, or
/// reached by another symbolic link. `None` if the file isn't there.
type Stamp = Option<(Option<SystemTime>, u64, u64)>;

/// The state of files, as seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileStamps(Vec<Stamp>);

/// The turn of who reloads.
#[derive(Debug)]
pub(crate) struct Turn<'s>(#[expect(dead_code, reason = "it is dropped")] MutexGuard<'s, ()>);

/// Configurations that were made anew, to be taken over.
#[derive(Debug)]
pub(crate) struct TlsReload {
    made: Vec<(usize, TlsFiles, Arc<ServerConfig>)>,
    stamps: FileStamps,
    warnings: Vec<String>,
}

impl TlsSet {
    /// Returns the configurations of a server, of which none is made yet; `given` is the program's
    /// own, which is taken in place of `tls(…)`.
    pub(crate) fn new(given: Option<Tls>) -> Self {
        TlsSet {
            given,
            ..TlsSet::default()
        }
    }

    /// Lays TLS over the port, if it speaks TLS.
    ///
    /// # Errors
    ///
    /// See [`TlsFiles::load`]. Also if it is to begin in plain, and there is no certificate for
    /// later.
    pub(crate) fn over_port(&mut self, port: Box<dyn Endpoint>, options: &Options) -> Result<Box<dyn Endpoint>> {
        if self.given.is_none() && options.tls_cert.is_empty() {
            return if options.tls_starttls {
                let message = "tls_starttls needs a certificate: set tls(cert = \"…\", key = \"…\"), or return a configuration from tls_config";
                Err(Error::new(ErrorKind::Options, message))
            } else {
                Ok(port)
            };
        }
        let tls = self.tls(OwnTls::default(), options)?;
        Ok(listener::over(port, tls, options.tls_starttls))
    }

    /// Lays TLS over connections within the program, if it is the program's own: `tls(…)` says what
    /// a port is.
    pub(crate) fn over_memory(&self, memory: Box<dyn Endpoint>, options: &Options) -> Box<dyn Endpoint> {
        match &self.given {
            Some(tls) => listener::over(memory, tls.clone(), options.tls_starttls),
            None => memory,
        }
    }

    /// Lays TLS over a listener of `listen`, if its words say so.
    ///
    /// # Errors
    ///
    /// See [`TlsFiles::load`].
    pub(crate) fn over(
        &mut self,
        base: Box<dyn Endpoint>,
        entry: &Entry<'static>,
        options: &Options,
    ) -> Result<Box<dyn Endpoint>> {
        let starttls = match entry.tls {
            Begins::Off => return Ok(base),
            Begins::AtOnce => false,
            Begins::Later => true,
        };
        let tls = self.tls(OwnTls::of(entry), options)?;
        Ok(listener::over(base, tls, starttls))
    }

    /// Returns the configuration of a listener. Those of equal files are one.
    fn tls(&mut self, own: OwnTls, options: &Options) -> Result<Tls> {
        if let Some(given) = &self.given
            && own.certs.is_empty()
        {
            if own != OwnTls::default() {
                let message = "listen: words for TLS without cert=… and key=… change tls(…), and the configuration is the program's own";
                return Err(Error::new(ErrorKind::Options, message));
            }
            return Ok(given.clone());
        }
        if let Some(source) = self.sources.iter().find(|source| source.own == own) {
            return Ok(source.tls.clone());
        }
        let Some(files) = TlsFiles::new(&own, options) else {
            let message = "listen: TLS needs a certificate: tls(cert = \"…\", key = \"…\"), or cert=… and key=…";
            return Err(Error::new(ErrorKind::Options, message));
        };
        // Before they are read, so that a change meanwhile is one.
        let stamps = stamps(&files);
        let loaded = files.load()?;
        let tls = Tls::from(loaded.config);
        self.warnings.extend(loaded.warnings);
        let taken = self.taken.get_mut().unwrap_or_else(PoisonError::into_inner);
        taken.stamps.0.extend(stamps);
        self.sources.push(Source {
            tls: tls.clone(),
            own,
            files: Mutex::new(files),
        });
        Ok(tls)
    }

    /// Returns whether the port speaks TLS from the first byte.
    pub(crate) fn port_speaks_tls(&self, options: &Options) -> bool {
        (self.given.is_some() || !options.tls_cert.is_empty()) && !options.tls_starttls
    }

    /// Returns whether there are files to look at.
    pub(crate) fn has_files(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Logs what the operator should know of the files that were read at the start.
    pub(crate) fn tell(&self, server: &str) {
        tell(&self.warnings, server);
    }

    /// Looks at the files.
    pub(crate) fn look(&self) -> FileStamps {
        FileStamps(self.files().iter().flat_map(stamps).collect())
    }

    /// Returns whether the files looked so when they were read last.
    pub(crate) fn was_read_as(&self, seen: &FileStamps) -> bool {
        self.taken().stamps == *seen
    }

    /// Takes files that can't be used for read, until they change again; see `commit_if_newest`.
    pub(crate) fn give_up(&self, seen: FileStamps, begun: u64) {
        let mut taken = self.taken();
        if taken.times == begun {
            taken.stamps = seen;
        }
    }

    /// Returns how often something was taken over.
    pub(crate) fn times(&self) -> u64 {
        self.taken().times
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reloads follow one another: who holds this decides what is read and taken over.
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn(self.turn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn files(&self) -> Vec<TlsFiles> {
        let files = |source: &Source| source.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.sources.iter().map(files).collect()
    }

    /// Reads all files anew, those of `tls(…)` as `options` name them now. Nothing changes yet.
    ///
    /// # Errors
    ///
    /// See [`TlsFiles::load`].
    pub(crate) fn prepare(&self, options: &Options) -> Result<TlsReload> {
        let mut reload = TlsReload {
            made: Vec::new(),
            stamps: FileStamps::default(),
            warnings: Vec::new(),
        };
        for (place, (source, before)) in self.sources.iter().zip(self.files()).enumerate() {
            let files = TlsFiles::new(&source.own, options).unwrap_or(before);
            reload.stamps.0.extend(stamps(&files));
            let loaded = files.load()?;
            reload.warnings.extend(loaded.warnings);
            reload.made.push((place, files, loaded.config));
        }
        Ok(reload)
    }

    /// Takes over what was prepared: handshakes that begin from now on go by it.
    pub(crate) fn commit(&self, reload: TlsReload, turn: Turn<'_>, server: &str) {
        let mut taken = self.taken();
        let told = self.take_over(reload, &mut taken);
        // The logger is the program's own code.
        drop((taken, turn));
        told_of(told, server);
    }

    /// Takes over what was prepared without a turn, unless a reload has taken over something since
    /// `begun`, the `times` of before it was prepared: that may be of other files.
    pub(crate) fn commit_if_newest(&self, reload: TlsReload, begun: u64, server: &str) {
        let mut taken = self.taken();
        if taken.times == begun {
            let told = self.take_over(reload, &mut taken);
            drop(taken);
            told_of(told, server);
        }
    }

    /// Returns the warnings, if anything was prepared.
    fn take_over(&self, reload: TlsReload, taken: &mut Taken) -> Option<Vec<String>> {
        if reload.made.is_empty() {
            return None;
        }
        taken.stamps = reload.stamps;
        taken.times += 1;
        for (place, files, config) in reload.made {
            let source = &self.sources[place];
            *source.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
            source.tls.replace(config);
        }
        Some(reload.warnings)
    }
}

/// Logs what was read anew, if anything was.
fn told_of(warnings: Option<Vec<String>>, server: &str) {
    if let Some(warnings) = warnings {
        event!(info, name: "tls reloaded", server, "{server} has read its certificates anew");
        tell(&warnings, server);
    }
}

fn tell(warnings: &[String], server: &str) {
    for problem in warnings {
        event!(warn, name: "tls warning", server, "{server}: {problem}");
    }
}

fn stamps(files: &TlsFiles) -> Vec<Stamp> {
    files.paths().map(stamp).collect()
}

/// Looks at a file, through symbolic links.
fn stamp(path: &str) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let number = 0;
    Some((metadata.modified().ok(), metadata.len(), number))
}
