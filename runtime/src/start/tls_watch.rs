//! Looks now and then whether the files of TLS have changed, and reads them anew then
//! (`tls_watch`).

use std::io;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::lifecycle::reload_failed;
use crate::options::INFINITY;
use crate::server::Server;
use crate::supervisor::{ChildSpec, Restart};
use crate::transport::tls::set::FileStamps;

/// The time that files rest before they are read: a certificate and its key are written one after
/// the other.
const RESTS: Duration = Duration::from_secs(1);

/// The number of times that the watch waits for a change to be the last, before the files are read
/// all the same.
const CHANGES: u32 = 10;

/// Returns what watches the files, as a child of the server's supervisor, if it is asked for.
pub(super) fn child(server: &Server) -> Option<ChildSpec> {
    let inner = server.inner();
    let every = inner.options.tls_watch;
    if every == INFINITY || !inner.tls.has_files() {
        return None;
    }
    let server = server.clone();
    let spec = ChildSpec::new("tls_watch", move || watch(server.clone(), every));
    Some(spec.restart(Restart::Permanent))
}

async fn watch(server: Server, every: Duration) -> io::Result<()> {
    loop {
        sleep(every).await;
        let mut seen = look(&server).await?;
        if server.inner().tls.was_read_as(&seen) {
            continue;
        }
        for _ in 0..CHANGES {
            sleep(every.min(RESTS)).await;
            let before = std::mem::replace(&mut seen, look(&server).await?);
            if before == seen {
                break;
            }
        }
        let tls = &server.inner().tls;
        // Before the options are asked which files there are.
        let begun = tls.times();
        // Reading blocks, as looking does, so a reload doesn't wait for it. A mistake is told once,
        // until the files change again.
        let reading = server.clone();
        match spawn_blocking(move || reading.prepare_tls()).await? {
            Ok(read) => tls.commit_if_newest(read, begun, server.label()),
            Err(error) => {
                tls.give_up(seen, begun);
                reload_failed(server.label(), &error);
            }
        }
    }
}

/// Files may lie where looking at them takes long.
async fn look(server: &Server) -> io::Result<FileStamps> {
    let server = server.clone();
    Ok(spawn_blocking(move || server.inner().tls.look()).await?)
}
