//! The stream of events: a snapshot a second, for as long as a viewer looks.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use crate::deadline::Deadline;
use crate::looks::Viewer;

/// The body of the stream. It holds no event: a viewer that reads slowly gets the latest one when
/// it reads again.
pub(crate) struct Events {
    next: Pin<Box<dyn Future<Output = (Option<Bytes>, Viewer)> + Send>>,
    deadline: Deadline,
}

impl Events {
    pub(crate) fn new(viewer: Viewer, deadline: Deadline) -> Self {
        Events {
            next: Box::pin(next(viewer)),
            deadline,
        }
    }
}

/// Returns the next event, and `None` if the page ends.
async fn next(mut viewer: Viewer) -> (Option<Bytes>, Viewer) {
    loop {
        if viewer.changed().await.is_err() {
            return (None, viewer);
        }
        let snapshot = viewer.borrow_and_update().clone();
        if let Some(snapshot) = snapshot {
            return (Some(snapshot.event()), viewer);
        }
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let (event, viewer) = ready!(self.next.as_mut().poll(cx));
        self.deadline.put_off();
        self.next = Box::pin(next(viewer));
        Poll::Ready(event.map(|event| Ok(Frame::data(event))))
    }
}
