//! The spans of connections and of calls, for subscribers that ask for them.
//!
//! A subscriber is user code, so all that it is told is told inside `panics::event`: its panic
//! loses what it was told, and nothing else.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::field::{Empty, display};
use tracing::{Level, Span, debug_span, info_span, level_enabled, span_enabled};

use crate::panics;

/// The target of all spans. It is no module's, so that a filter can name them without the events.
pub(crate) const TARGET: &str = "kai_tcp_server::span";

const CONNECTION: &str = "connection";

/// Returns whether a subscriber may ask for the spans of calls; it costs a load and a comparison.
#[inline]
pub(crate) fn may_ask_for_calls() -> bool {
    level_enabled!(Level::DEBUG)
}

/// Returns whether a subscriber asks for the spans of calls, by their target and level.
pub(crate) fn asks_for_calls() -> bool {
    let mut asks = false;
    panics::event(|| asks = span_enabled!(target: TARGET, Level::DEBUG));
    asks
}

/// A span that a subscriber has asked for.
#[derive(Debug)]
pub(crate) struct AskedSpan(Option<Span>);

impl AskedSpan {
    /// Makes the span of a connection. A peer that isn't known yet is told by `peer_is`.
    pub(crate) fn of_connection(server: &str, id: impl Display, peer: Option<impl Display>) -> Option<Self> {
        if !level_enabled!(Level::INFO) {
            return None;
        }
        Self::new(|| {
            let peer = peer.map(display);
            info_span!(target: TARGET, CONNECTION, %id, peer, server)
        })
    }

    /// Makes the span of a call. Frames that are the items of a codec have no bytes.
    pub(crate) fn of_call(bytes: Option<usize>) -> Option<Self> {
        Self::new(|| debug_span!(target: TARGET, "call", arm = Empty, bytes))
    }

    /// Returns the span of the connection that this thread is in, if there is one.
    pub(crate) fn of_this_connection() -> Option<Self> {
        if !level_enabled!(Level::INFO) {
            return None;
        }
        Self::new(Span::current).filter(|AskedSpan(span)| {
            let metadata = span.as_ref().and_then(Span::metadata);
            metadata.is_some_and(|metadata| metadata.target() == TARGET && metadata.name() == CONNECTION)
        })
    }

    fn new(make: impl FnOnce() -> Span) -> Option<Self> {
        let mut span = None;
        panics::event(|| span = Some(make()));
        // Kept before it is looked at, so that it is dropped as the others are.
        let span = AskedSpan(span);
        span.0.as_ref().is_some_and(|span| !span.is_disabled()).then_some(span)
    }

    /// Tells the peer of a connection.
    pub(crate) fn peer_is(&self, peer: impl Display) {
        self.tell(|span| {
            span.record("peer", display(peer));
        });
    }

    /// Tells the arm that a call has entered.
    pub(crate) fn arm_is(&self, arm: &str) {
        self.tell(|span| {
            span.record("arm", arm);
        });
    }

    /// The thread enters the span. Each `enter` is followed by a `leave`, whatever comes between.
    pub(crate) fn enter(&self) {
        self.tell(|span| {
            span.with_subscriber(|(id, subscriber)| subscriber.enter(id));
        });
    }

    pub(crate) fn leave(&self) {
        self.tell(|span| {
            span.with_subscriber(|(id, subscriber)| subscriber.exit(id));
        });
    }

    fn tell(&self, tell: impl FnOnce(&Span)) {
        if let Some(span) = &self.0 {
            panics::event(|| tell(span));
        }
    }
}

impl Clone for AskedSpan {
    fn clone(&self) -> Self {
        let mut clone = None;
        self.tell(|span| clone = Some(span.clone()));
        AskedSpan(clone)
    }
}

impl Drop for AskedSpan {
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            panics::event(|| drop(span));
        }
    }
}

/// Runs `run` inside a span, if there is one.
pub(crate) fn run<T>(span: Option<&AskedSpan>, run: impl FnOnce() -> T) -> T {
    let _inside = span.map(Inside::of);
    run()
}

/// Leaves the span where it is dropped, as what runs inside may panic.
struct Inside<'s>(&'s AskedSpan);

impl<'s> Inside<'s> {
    fn of(span: &'s AskedSpan) -> Self {
        span.enter();
        Inside(span)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Runs a future inside a span, if there is one: its polls, and its end. Without a span the future
/// is as it was.
pub(crate) fn inside<'f, T: 'f>(
    span: Option<AskedSpan>,
    future: Pin<Box<dyn Future<Output = T> + Send + 'f>>,
) -> Pin<Box<dyn Future<Output = T> + Send + 'f>> {
    match span {
        Some(span) => Box::pin(InsideSpan {
            future: Some(future),
            span,
        }),
        None => future,
    }
}

struct InsideSpan<F> {
    /// There until this is dropped.
    future: Option<F>,
    span: AskedSpan,
}

impl<F: Future + Unpin> Future for InsideSpan<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let InsideSpan { future, span } = &mut *self;
        match future {
            Some(future) => run(Some(span), || Pin::new(future).poll(cx)),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for InsideSpan<F> {
    fn drop(&mut self) {
        let future = self.future.take();
        run(Some(&self.span), || drop(future));
    }
}
