//! Properties of every decoder, whatever a peer sends and however it arrives. Random tests and fuzz
//! targets share them.

use std::iter::once;
use std::mem::discriminant;

use bytes::BytesMut;
use kai_tcp_server::Packet;
use kai_tcp_server::packet::{Canonical, Cut, Decoder, Find, FrameError};

use crate::{MODES, Mode};

/// The settings of the decoder and the chunks, from the first [`SETTINGS`] bytes of an input. The
/// rest is the stream.
struct Settings {
    argument: u8,
    /// As [`Decoder`] takes it: 0 means no limit.
    packet_size: usize,
    line_length: usize,
    delimiter: u8,
    /// The lengths of the chunks, in turn.
    chunks: [u8; 4],
}

/// The number of bytes of an input that set limits and chunks.
pub const SETTINGS: usize = 9;

impl Settings {
    fn split(input: &[u8]) -> Option<(Self, &[u8])> {
        let (&[argument, high, low, line_length, delimiter, a, b, c, d], stream) =
            input.split_first_chunk::<SETTINGS>()?;
        let settings = Settings {
            argument,
            packet_size: u16::from_be_bytes([high, low]).into(),
            line_length: line_length.into(),
            delimiter,
            chunks: [a, b, c, d],
        };
        Some((settings, stream))
    }

    fn decoder(&self, packet: Packet) -> Decoder {
        Decoder::new(packet)
            .packet_size(self.packet_size)
            .line_length(self.line_length)
            .delimiter(self.delimiter)
    }

    /// Returns the stream in chunks, some of which may be empty.
    fn cut<'s>(&self, mut stream: &'s [u8]) -> Vec<&'s [u8]> {
        let mut chunks = Vec::new();
        let mut lengths = self.chunks.iter().cycle();
        while !stream.is_empty() {
            let all_empty = self.chunks == [0; 4];
            let length = lengths
                .next()
                .map_or(1, |&length| usize::from(length).max(all_empty.into()));
            let (chunk, rest) = stream.split_at(length.min(stream.len()));
            chunks.push(chunk);
            stream = rest;
        }
        chunks
    }
}

/// Decodes a stream at once, in chunks and byte by byte.
///
/// The first byte of `input` selects one of [`MODES`], the next [`SETTINGS`] bytes set limits and
/// chunks, the rest is the stream.
///
/// # Panics
///
/// If chunks change the result; if `find` and `decode` disagree; if a frame takes nothing, or more
/// than there is; if an error isn't final; if the decoder holds more of a frame than `packet_size`
/// and the mode's header. Also if the decoder panics.
pub fn decodes_in_any_chunks(input: &[u8]) {
    let Some((&mode, input)) = input.split_first() else {
        return;
    };
    let Some((settings, stream)) = Settings::split(input) else {
        return;
    };
    let mode = &MODES[usize::from(mode) % MODES.len()];
    let packet = sized(mode.packet, settings.argument);
    compare(&settings, stream, |_| (mode, packet));
}

/// Returns the mode with a size of its own, if it has one.
fn sized(packet: Packet, size: u8) -> Packet {
    match packet {
        Packet::RawExact(_) => Packet::RawExact(size.into()),
        packet => packet,
    }
}

/// Decodes a stream likewise, with a change of mode after every frame. `raw` can't take part,
/// because its frames are the chunks.
///
/// # Panics
///
/// As [`decodes_in_any_chunks`].
pub fn switches_in_any_chunks(input: &[u8]) {
    let Some((plan, input)) = input.split_first_chunk::<8>() else {
        return;
    };
    let Some((mut settings, stream)) = Settings::split(input) else {
        return;
    };
    // The number of pieces before a line's error depends on the chunks, so the start of the next
    // mode's frame would too.
    settings.line_length = 0;
    let framed: Vec<&Mode> = MODES.iter().filter(|mode| mode.name != "raw").collect();
    let argument = settings.argument.max(1);
    let modes = |frame: usize| {
        let mode = framed[usize::from(plan[frame % plan.len()]) % framed.len()];
        (mode, sized(mode.packet, argument))
    };
    compare(&settings, stream, modes);
}

fn compare<'m>(settings: &Settings, stream: &[u8], modes: impl Fn(usize) -> (&'m Mode, Packet)) {
    let at_once = run(settings, [stream], &modes);
    let chunks = settings.cut(stream);
    let others = [
        run(settings, chunks.iter().copied(), &modes),
        run(settings, stream.chunks(1), &modes),
    ];
    for other in others {
        at_once.assert_same(&other, settings, modes(0).1);
    }
}

/// The result of decoding a stream.
#[derive(Debug)]
struct Decoded {
    frames: Vec<Vec<u8>>,
    /// The content of each frame that is a line of HTTP.
    said: Vec<String>,
    end: Result<Option<usize>, FrameError>,
    rest: usize,
}

impl Decoded {
    #[track_caller]
    fn assert_same(&self, other: &Decoded, settings: &Settings, first: Packet) {
        let same = if matches!(first, Packet::Raw | Packet::RawExact(0)) {
            self.frames.concat() == other.frames.concat()
        } else if self.end.is_err() && settings.line_length > 0 && settings.packet_size > 0 {
            // Pieces of a line are delivered before it turns out to be too long.
            other.end.is_err() && other.frames.starts_with(&self.frames)
        } else {
            self.frames == other.frames && self.said == other.said && self.rest == other.rest
        };
        // The length of a line that is too long is known only if its end has arrived.
        let same_end = match (&self.end, &other.end) {
            (Ok(one), Ok(other)) => one == other,
            (Err(one), Err(other)) => discriminant(one) == discriminant(other),
            _ => false,
        };
        assert!(same && same_end, "at once {self:x?}, in chunks {other:x?}");
    }
}

fn run<'s, 'm>(
    settings: &Settings,
    chunks: impl IntoIterator<Item = &'s [u8]>,
    modes: impl Fn(usize) -> (&'m Mode, Packet),
) -> Decoded {
    let (mut mode, packet) = modes(0);
    let mut decoder = settings.decoder(packet);
    let mut buffer = BytesMut::new();
    let (mut frames, mut said) = (Vec::new(), Vec::new());
    let mut canonical = Canonical::new();
    let mut end = Ok(None);
    // An error may come before the first byte.
    for chunk in once(&[][..]).chain(chunks) {
        buffer.extend_from_slice(chunk);
        while end.is_ok() {
            match next(&mut decoder, &mut buffer) {
                Ok(Step::Frame(frame)) => {
                    if let Packet::Http | Packet::Httph = decoder.packet() {
                        said.push(format!("{:?}", decoder.http(&frame, &mut canonical)));
                    }
                    frames.push(frame);
                    let (following, packet) = modes(frames.len());
                    if packet != decoder.packet() {
                        decoder.set_packet(packet);
                    }
                    mode = following;
                }
                Ok(Step::More(need)) => {
                    mode.assert_bounded(settings, buffer.len(), need);
                    end = Ok(need);
                    break;
                }
                Err(error) => end = Err(error),
            }
        }
    }
    let rest = buffer.len();
    Decoded {
        frames,
        said,
        end,
        rest,
    }
}

impl Mode {
    /// Checks that an incomplete frame is held, and waited for, only up to its limit.
    #[track_caller]
    fn assert_bounded(&self, settings: &Settings, held: usize, need: Option<usize>) {
        let most = match settings.packet_size {
            0 => usize::MAX,
            limit => (self.most)(limit),
        };
        assert!(held <= most, "{held} bytes are held, and {most} may be");
        if let Some(need) = need {
            assert!(need > held, "{need} bytes are waited for, and {held} are there");
            assert!(need <= most, "{need} bytes are waited for, and {most} may be");
        }
    }
}

enum Step {
    Frame(Vec<u8>),
    More(Option<usize>),
}

/// Calls `find` twice, and then `decode`, and checks that they agree.
#[track_caller]
fn next(decoder: &mut Decoder, buffer: &mut BytesMut) -> Result<Step, FrameError> {
    let before = buffer.len();
    let found = decoder.clone().find(buffer);
    assert_eq!(decoder.clone().find(buffer), found, "asked twice");
    let lent = match &found {
        Ok(Find::Frame(Cut { frame, end })) => {
            assert!(frame.end <= *end && (1..=before).contains(end), "{frame:?} of {end}");
            Some(buffer[frame.clone()].to_vec())
        }
        _ => None,
    };
    let taken = decoder.decode(buffer);
    match (found, taken) {
        (Ok(Find::Frame(cut)), Ok(Some(taken))) => {
            let lent = lent.unwrap_or_default();
            assert_eq!(taken, lent, "lent and taken");
            assert_eq!(buffer.len(), before - cut.end, "what is left");
            Ok(Step::Frame(lent))
        }
        (Ok(Find::More(need)), Ok(None)) => {
            assert_eq!(buffer.len(), before, "what is left");
            assert_eq!(decoder.clone().find(buffer), Ok(Find::More(need)), "asked again");
            Ok(Step::More(need))
        }
        (Err(found), Err(taken)) => {
            assert_eq!((found, buffer.len()), (taken, before), "what is wrong");
            assert_eq!(decoder.clone().find(buffer), Err(found), "an error stays");
            Err(found)
        }
        (found, taken) => panic!("find says {found:?}, decode {taken:?}"),
    }
}
