//! A server as a child of a supervisor.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use super::{StopOnDrop, start};
use crate::api::tcp_server::TcpServer;
use crate::options::INFINITY;
use crate::server::Server;
use crate::supervisor::ChildSpec;

/// Returns the specification of a child that runs a server.
///
/// The child runs as long as the server does, and the server ends with it. `server` is called for
/// each start. When the supervisor ends, the server stops gracefully, for as long as its own
/// `shutdown` allows. When the child is killed, its connections are cut. It is an abnormal exit if
/// the server ends because of its restart intensity. A restart waits until the port of the server
/// before is free.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kai_tcp_server::{Action, Supervisor, child_spec, tcp_server};
///
/// struct Echo;
///
/// #[tcp_server(port = 0)]
/// impl Echo {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         reply(data)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> kai_tcp_server::Result {
/// let app = Supervisor::new(3, Duration::from_secs(60));
/// app.start_child(child_spec("echo", || Echo))?;
/// # Ok(())
/// # }
/// ```
pub fn child_spec<S: TcpServer>(
    name: impl Into<Cow<'static, str>>,
    server: impl Fn() -> S + Send + 'static,
) -> ChildSpec {
    let last: Arc<Mutex<Option<Server>>> = Arc::default();
    let child = ChildSpec::trapping(name, move |exit| {
        let (server, last) = (server(), Arc::clone(&last));
        async move {
            let before = last.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(before) = before {
                // It was cut when its child was killed.
                let _ = before.wait().await;
            }
            let server = start(server).await?;
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.clone());
            let _cut_with_the_child = StopOnDrop(Some(server.inner().supervisor.clone()));
            tokio::select! {
                ended = server.wait() => ended,
                () = exit.requested() => {
                    server.stop().await;
                    Ok(())
                }
            }
        }
    });
    child.shutdown(INFINITY)
}
