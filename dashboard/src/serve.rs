//! The thread of the page: accepts connections, and bounds their number, their time and what they
//! send.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::deadline::Deadline;
use crate::error::Error;
use crate::log::event;
use crate::page::Page;
use crate::route::Site;

/// The most connections at a time; further ones wait in the backlog.
const CONNECTIONS: usize = 64;

/// The time that a client may take to send its request's head.
const HEAD_TIME: Duration = Duration::from_secs(3);

/// The most bytes of a request's head, and the most headers.
const HEAD_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;

/// The pause after an accept that failed, as descriptors may have run out.
const PAUSE: Duration = Duration::from_millis(100);

/// The interval at which it is looked whether the program has a log by now, and for how long.
const LOG_LOOK: Duration = Duration::from_millis(100);
const LOG_LOOKS: u32 = 600;

/// The interval at which a port is tried that an old process has yet.
const PORT_LOOK: Duration = Duration::from_millis(100);

/// Starts the thread of a page. Without a listener it waits for the port.
pub(crate) fn spawn(listener: Option<TcpListener>, addr: SocketAddr, site: Site) -> Result<Page, Error> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Thread)?;
    let listener = {
        let _inside = runtime.enter();
        let listener = listener.map(tokio::net::TcpListener::from_std).transpose();
        listener.map_err(|error| Error::Listen(addr, error))?
    };
    let (stop, stopped) = watch::channel(false);
    let (ending, ended) = watch::channel(());
    let page = Page::new(addr, stop, ended);
    let handle = page.clone();
    let serve = move || {
        // Dropped last, when the port is closed and all tasks have ended.
        let _ending = ending;
        // The page goes on when the last handle on it is dropped.
        let _handle = handle;
        // Dropped before, with the tasks that are left.
        let runtime = runtime;
        run(&runtime, listener, addr, site, stopped);
    };
    thread::Builder::new()
        .name("kai-dashboard".to_owned())
        .spawn(serve)
        .map_err(Error::Thread)?;
    Ok(page)
}

fn run(
    runtime: &Runtime,
    listener: Option<tokio::net::TcpListener>,
    addr: SocketAddr,
    site: Site,
    mut stopped: watch::Receiver<bool>,
) {
    let site = Arc::new(site);
    runtime.block_on(async {
        let page = async {
            let listener = match listener {
                Some(listener) => listener,
                None => wait_for_port(addr).await,
            };
            tokio::join!(serve(listener, &site), tell(addr, site.has_controls()));
        };
        tokio::select! {
            () = page => {}
            () = site.looks().keep() => {}
            // An error means that all handles are gone, and this thread has one.
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    });
}

/// Waits until the old process has left the port.
async fn wait_for_port(addr: SocketAddr) -> tokio::net::TcpListener {
    loop {
        if let Ok(listener) = tokio::net::TcpListener::bind(addr).await {
            return listener;
        }
        sleep(PORT_LOOK).await;
    }
}

/// Accepts connections for ever; they end with this.
async fn serve(listener: tokio::net::TcpListener, site: &Arc<Site>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let site = Arc::clone(site);
                connections.spawn(async move {
                    converse(stream, site).await;
                    drop(place);
                });
            }
            Err(error) => {
                drop(place);
                event!(debug, name: "dashboard accept failed", %error, "the dashboard pauses for {PAUSE:?}: {error}");
                sleep(PAUSE).await;
            }
        }
        // Tasks that have ended are forgotten.
        while connections.try_join_next().is_some() {}
    }
}

/// Answers one request, and closes. A client that takes too long is cut.
async fn converse(stream: TcpStream, site: Arc<Site>) {
    let deadline = Deadline::new();
    let answer = service_fn(|request| {
        let (site, deadline) = (Arc::clone(&site), deadline.clone());
        async move { Ok::<_, io::Error>(site.answer(request, deadline).await) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::select! {
        // Whatever went wrong, the client knows it or has gone.
        _ = connection => {}
        () = deadline.passed() => {}
    }
}

/// Says in the log where the page is. A program most often starts the page before `run`, which
/// makes the log.
async fn tell(addr: SocketAddr, has_controls: bool) {
    for _ in 0..LOG_LOOKS {
        if tracing::dispatcher::has_been_set() {
            break;
        }
        sleep(LOG_LOOK).await;
    }
    if addr.ip().to_canonical().is_loopback() {
        event!(info, name: "dashboard", %addr, has_controls, "the dashboard is at http://{addr}/");
    } else {
        event!(warn, name: "dashboard", %addr, has_controls, "the dashboard is at http://{addr}/, and open to other machines: whoever reaches it sees peers and sessions");
    }
}
