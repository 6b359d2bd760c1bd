//! The files of a recording: bounded in size and in number, readable by their owner alone.
//!
//! A file is made anew or not at all: one that is there already is never written to, nor is what a
//! symbolic link leads to. Files are removed only if this recording made them, and what stands at
//! their path is still the same file.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::time::SystemTime;

use super::lines::Sink;
use super::utc::Utc;

/// Lines are written together, so many bytes at most.
const PENDING: usize = 64 * 1024;

/// The files of one recording.
#[derive(Debug)]
pub(super) struct Files {
    dir: PathBuf,
    /// The beginning of all of their names.
    stem: String,
    server: &'static str,
    began: Utc,
    file_size: u64,
    /// The most files.
    most: usize,
    /// The number of the present file.
    number: u64,
    made: VecDeque<Made>,
    file: File,
    /// The length of the present file, with what is pending.
    length: u64,
    pending: String,
    /// The length of the present file, of whole lines.
    written: u64,
    /// The bytes of all files.
    pub(super) bytes: u64,
}

/// A file that the recording made.
#[derive(Debug)]
struct Made {
    path: PathBuf,
    identity: Identity,
}

impl Files {
    /// Makes the directory, if it isn't there, and the first file.
    pub(super) fn open(dir: &Path, server: &'static str, file_size: u64, most: usize) -> io::Result<Self> {
        make(dir)?;
        let began = Utc::of(SystemTime::now());
        let stem = format!("{}-{}-{}", in_a_name(server), began.compact(), process::id());
        let (file, made) = create(dir, &stem, 1)?;
        let mut files = Files {
            dir: dir.to_owned(),
            stem,
            server,
            began,
            file_size,
            most,
            number: 1,
            made: [made].into(),
            file,
            length: 0,
            pending: String::new(),
            written: 0,
            bytes: 0,
        };
        files.head();
        files.flush()?;
        Ok(files)
    }

    /// Removes them, as nothing is recorded.
    pub(super) fn remove(self) {
        self.made.into_iter().for_each(Made::remove);
    }

    /// Lists the files that there are, the oldest first.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.made.iter().map(|made| made.path.clone()).collect()
    }

    /// Begins a file.
    fn head(&mut self) {
        let Files {
            server, began, number, ..
        } = self;
        let head = format!(
            "{FORMAT}: all that peers sent and were sent, secrets too\n# server {}, began {began}, file {number}\n",
            server.escape_default()
        );
        self.add(&head);
    }

    fn add(&mut self, text: &str) {
        self.pending.push_str(text);
        self.length += text.len() as u64;
    }

    /// Writes what is pending. Where the disk takes a part of it, the file ends in a whole line all
    /// the same.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let (taken, written) = write(&mut self.file, self.pending.as_bytes());
        let whole = match written {
            Ok(()) => taken,
            Err(_) => self.pending.as_bytes()[..taken]
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |end| end + 1),
        };
        self.written += whole as u64;
        self.bytes += whole as u64;
        if whole < taken {
            let _ = self.file.set_len(self.written);
        }
        self.pending.clear();
        written
    }

    /// Adds a comment, which is no line of a connection.
    pub(super) fn comment(&mut self, text: &str) -> io::Result<()> {
        self.line(&format!("# {text}\n")).map(drop)
    }

    /// Goes on in another file. The oldest goes first, so that there are never more.
    fn rotate(&mut self) -> io::Result<()> {
        self.flush()?;
        while self.made.len() >= self.most {
            let Some(oldest) = self.made.pop_front() else { break };
            oldest.remove();
        }
        self.number += 1;
        let (file, made) = create(&self.dir, &self.stem, self.number)?;
        self.file = file;
        self.made.push_back(made);
        (self.length, self.written) = (0, 0);
        self.head();
        Ok(())
    }
}

/// The beginning of a recording, in this version of its format.
pub(super) const FORMAT: &str = "# kai-tcp-server recording 1";

impl Sink for Files {
    fn line(&mut self, line: &str) -> io::Result<u64> {
        let number = self.file_for(line.len())?;
        self.add(line);
        if self.pending.len() >= PENDING {
            self.flush()?;
        }
        Ok(number)
    }

    fn file_for(&mut self, bytes: usize) -> io::Result<u64> {
        if self.length + bytes as u64 > self.file_size {
            self.rotate()?;
        }
        Ok(self.number)
    }
}

impl Made {
    /// Removes the file, unless something else has its name by now. That it can't be removed is no
    /// reason to stop: the next file says whether there is space.
    fn remove(self) {
        if Identity::at(&self.path).is_ok_and(|now| now == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes bytes. Returns how many the file took, also where it took no more.
fn write(file: &mut File, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut taken = 0;
    while taken < bytes.len() {
        match file.write(&bytes[taken..]) {
            Ok(0) => return (taken, Err(io::ErrorKind::WriteZero.into())),
            Ok(n) => taken += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (taken, Err(error)),
        }
    }
    (taken, Ok(()))
}

/// Makes a directory that others can't look into; one that is there stays as it is.
fn make(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn create(dir: &Path, stem: &str, number: u64) -> io::Result<(File, Made)> {
    let path = dir.join(format!("{stem}-{number:05}.transcript"));
    let mut options = OpenOptions::new();
    // A name that is taken, also by a symbolic link that leads nowhere, is an error.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|error| named(&path, &error))?;
    let identity = Identity::of(&file.metadata()?);
    Ok((file, Made { path, identity }))
}

/// Returns the error with the path, which the system's doesn't have.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Returns a server's name as it may stand in the name of a file.
fn in_a_name(server: &str) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let last = server.rsplit("::").next().unwrap_or(server);
    let name: String = last
        .chars()
        .map(|letter| if is_plain(&letter) { letter } else { '_' })
        .collect();
    name.chars().take(64).collect()
}

/// The identity of a file, whatever its name is.
#[derive(Debug, PartialEq, Eq)]
struct Identity(#[cfg(unix)] (u64, u64));

impl Identity {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Identity::of(&fs::symlink_metadata(path)?))
    }

    #[cfg(unix)]
    fn of(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Identity((metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    fn of(_: &fs::Metadata) -> Self {
        Identity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_an_error_and_what_has_it_stays() {
        let dir = std::env::temp_dir().join(format!("kai-record-{}", process::id()));
        make(&dir).unwrap();
        let path = dir.join("echo-00001.transcript");
        fs::write(&path, "mine").unwrap();
        let taken = create(&dir, "echo", 1).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert!(taken.to_string().contains("echo-00001.transcript"), "{taken}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dir.join("nowhere"), dir.join("echo-00002.transcript")).unwrap();
            assert!(create(&dir, "echo", 2).is_err());
            assert!(!dir.join("nowhere").exists());
        }
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn any_name_of_a_server_makes_a_name_of_a_file() {
        assert_eq!(in_a_name("chat::Admin"), "Admin");
        assert_eq!(in_a_name("../../etc/\u{fc}\n x"), "______etc____x");
        assert_eq!(in_a_name(&"x".repeat(300)).len(), 64);
    }
}
