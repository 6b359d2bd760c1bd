//! A folder of a test's own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A folder that is removed with what is in it when it is dropped. Its path is short enough for
/// Unix sockets.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Creates an empty folder.
    ///
    /// # Panics
    ///
    /// If there can't be one.
    #[must_use = "it is removed when it is dropped"]
    #[allow(clippy::new_without_default, reason = "it does something")]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("kai-{}-{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        // One of a process that was killed, and had the same number.
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir(&path).expect("a folder can be made");
        Folder(path)
    }

    /// Returns the path of a file in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Returns the text of a listener at a file in it, which lasts as long as the process.
    pub fn unix(&self, name: &str) -> &'static str {
        format!("unix:{}", self.path(name).display()).leak()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
