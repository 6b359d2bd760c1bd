//! The goodbye to a connection that nobody serves.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::panics::caught;
use crate::task::Task;
use crate::transport::{AnyTransport, Transport as _};

/// How many are said at a time. Who comes then gets the words as well, and no time to take them.
pub(crate) const FAREWELLS: usize = 64;

/// How long one may take, and how many bytes are thrown away meanwhile.
pub(crate) const TIME: Duration = Duration::from_secs(1);
const DRAINED: usize = 64 * 1024;

/// Sends `words`, shuts down the sending side, and reads what comes until the peer closes: a close
/// with unread bytes would be a reset, which eats the words.
///
/// A transport that panics ends with it, and nothing else does.
pub(crate) fn say(transport: AnyTransport, words: &'static [u8]) -> Task {
    let mut said = Box::pin(say_to(transport, words));
    Task::new(poll_fn(move |cx| {
        caught(|| said.as_mut().poll(cx)).unwrap_or(Poll::Ready(()))
    }))
}

async fn say_to(mut transport: AnyTransport, words: &'static [u8]) {
    let farewell = async {
        // The peer understands no words before the handshake, and none where it fails: what it is
        // told of that is not to be eaten either.
        if !words.is_empty() && poll_fn(|cx| transport.poll_handshake(cx)).await.is_ok() {
            transport.write_all(words).await?;
        }
        transport.shutdown().await?;
        let (mut drained, mut scratch) = (0, [0; 512]);
        while drained < DRAINED {
            match transport.read(&mut scratch).await? {
                0 => break,
                n => drained += n,
            }
        }
        std::io::Result::Ok(())
    };
    // What fails or takes too long ends with the connection.
    let _ = timeout(TIME, farewell).await;
}

/// As far as it goes without waiting.
pub(crate) async fn at_once(mut farewell: Task) {
    poll_fn(|cx| {
        let _ = Pin::new(&mut farewell).poll(cx);
        Poll::Ready(())
    })
    .await;
}
