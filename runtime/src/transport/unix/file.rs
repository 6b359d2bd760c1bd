//! The file of a Unix socket: bound where nobody listens, and removed when the server ends.

use std::fs::{self, File, Metadata, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::sleep;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

use super::error::cannot_listen;
use super::owner::Owners;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::addr::LocalAddr;

/// The number of tries to get the turn, and the pause between them.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// The file of a socket, removed when this is dropped, if it is still the same.
#[derive(Debug)]
pub(in crate::transport) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    id: (u64, u64),
    /// True if another process listens there, so that the file stays.
    is_left: AtomicBool,
}

/// Waits until no other process of this kind is in the middle of replacing a file in the folder,
/// and keeps others from it while this lives.
///
/// Two that start at once would else both find the file of a process that has died: the second
/// would remove what the first has bound meanwhile. The lock is one of the folder, so no other file
/// lies about. It isn't waited for longer than a second, and done without where there can't be one,
/// as anybody who may read the folder can hold it.
pub(super) fn turn(path: &Path) -> Option<File> {
    let folder = File::open(path.parent()?).ok()?;
    for _ in 0..TRIES {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
}

/// Binds a socket to a path. The file of a socket where nobody listens any more is replaced;
/// anything else that is there stays, and is an error.
pub(super) fn bind(socket: &Socket, path: &Path) -> Result<SocketFile> {
    let cannot = |error| cannot_bind(path, error);
    let addr = SockAddr::unix(path).map_err(cannot)?;
    match socket.bind(&addr) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            remove_stale(path)?;
            socket.bind(&addr).map_err(cannot)?;
        }
        bound => bound.map_err(cannot)?,
    }
    SocketFile::of(path).map_err(cannot)
}

/// Removes the file of a socket where nobody listens.
fn remove_stale(path: &Path) -> Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot_listen(path, error)),
    };
    if !metadata.file_type().is_socket() {
        let message = format!(
            "{} is there and is no socket: remove it, or take another path",
            LocalAddr::Unix(path.to_owned())
        );
        return Err(Error::new(ErrorKind::Listen, message));
    }
    match probe(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(cannot_listen(path, error)),
        // One that has no place for a client listens as well, and so does one of another kind.
        Ok(()) | Err(_) => return Err(cannot_listen(path, io::ErrorKind::AddrInUse.into())),
    }
    if fs::symlink_metadata(path).is_ok_and(|now| id(&now) == id(&metadata)) {
        fs::remove_file(path).map_err(|error| cannot_listen(path, error))?;
    }
    Ok(())
}

/// Connects, and closes. A socket where nobody listens refuses.
fn probe(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

fn cannot_bind(path: &Path, error: io::Error) -> Error {
    match (error.kind(), path.parent()) {
        (io::ErrorKind::NotFound, Some(folder)) => {
            let message = format!(
                "the folder of {} isn't there: make {}; systemd does by `RuntimeDirectory=`",
                LocalAddr::Unix(path.to_owned()),
                folder.display()
            );
            Error::new(ErrorKind::Listen, message).caused_by(error)
        }
        _ => cannot_listen(path, error),
    }
}

fn id(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

impl SocketFile {
    /// Returns the file at a path, whose socket another process has passed.
    pub(super) fn of_another(path: &Path) -> io::Result<Self> {
        let file = SocketFile::of(path)?;
        file.is_left.store(true, Relaxed);
        Ok(file)
    }

    /// The file is this process's from here on.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn take_over(&self) {
        self.is_left.store(false, Relaxed);
    }

    /// Returns the file at a path, whose socket is this process's.
    fn of(path: &Path) -> io::Result<Self> {
        Ok(SocketFile {
            path: path.to_owned(),
            id: id(&fs::symlink_metadata(path)?),
            is_left: AtomicBool::new(false),
        })
    }

    /// Leaves the file to the process that listens there from here on.
    #[cfg(all(target_os = "linux", feature = "upgrade"))]
    pub(super) fn leave(&self) {
        self.is_left.store(true, Relaxed);
    }

    /// Sets who may connect.
    pub(super) fn set_access(&self, mode: Option<u32>, owners: Owners) -> Result<()> {
        let cannot = |what: &str, error: io::Error| {
            let message = format!("cannot set the {what} of {}", LocalAddr::Unix(self.path.clone()));
            Error::new(ErrorKind::Listen, message).caused_by(error)
        };
        if let Some(mode) = mode {
            fs::set_permissions(&self.path, Permissions::from_mode(mode)).map_err(|error| cannot("mode", error))?;
        }
        if owners != Owners::default() {
            lchown(&self.path, owners.user, owners.group).map_err(|error| cannot("owner", error))?;
        }
        Ok(())
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if !self.is_left.load(Relaxed) && fs::symlink_metadata(&self.path).is_ok_and(|now| id(&now) == self.id) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
