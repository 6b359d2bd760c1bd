//! The packet modes where Erlang has no vectors: strict lines, blocks, limits, changes of mode, the
//! cost of slow input.

mod blocks;
mod http;
mod limits;
mod lines;
mod replies;
mod slow;

use bytes::BytesMut;
use kai_tcp_server::packet::{Decoder, FrameError};

/// The frames of a stream as text; the error that stopped them, if any; and the number of bytes
/// left.
type Decoded = (Vec<String>, Option<FrameError>, usize);

fn feed<'a>(mut decoder: Decoder, segments: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    let mut error = None;
    for segment in segments {
        buffer.extend_from_slice(segment);
        while error.is_none() {
            let before = buffer.len();
            match decoder.decode(&mut buffer) {
                Ok(Some(frame)) => {
                    assert!(buffer.len() < before, "a frame that takes nothing");
                    frames.push(frame.escape_ascii().to_string());
                }
                Ok(None) => break,
                Err(why) => error = Some(why),
            }
        }
    }
    (frames, error, buffer.len())
}

/// Returns the frames of a stream. They must be the same for every place to cut it into two, at
/// once and byte by byte.
#[track_caller]
fn frames(decoder: &Decoder, input: &[u8]) -> (Vec<String>, usize) {
    let (at_once, error, left) = feed(decoder.clone(), [input]);
    assert_eq!(error, None);
    for middle in 0..=input.len() {
        let (first, second) = input.split_at(middle);
        assert_eq!(
            feed(decoder.clone(), [first, second]),
            (at_once.clone(), None, left),
            "cut at {middle}"
        );
    }
    assert_eq!(
        feed(decoder.clone(), input.chunks(1)),
        (at_once.clone(), None, left),
        "byte by byte"
    );
    (at_once, left)
}

/// Returns the error of a stream without a frame. It must be the same wherever the stream is cut
/// into two.
#[track_caller]
fn too_long(decoder: &Decoder, input: &[u8]) -> FrameError {
    let (_, error, _) = feed(decoder.clone(), [input]);
    for middle in 0..=input.len() {
        let (first, second) = input.split_at(middle);
        let (frames, error, left) = feed(decoder.clone(), [first, second]);
        assert!(
            frames.is_empty() && left >= first.len(),
            "cut at {middle}: {frames:?}, {left} left"
        );
        assert!(
            matches!(error, Some(FrameError::TooLong { .. })),
            "cut at {middle}: {error:?}"
        );
    }
    error.expect("an error")
}
