//! Streams and their frames, however the stream is cut into segments.

use bytes::BytesMut;
use kai_tcp_server::Packet;
use kai_tcp_server::packet::{Canonical, Cut, Decoder, Find};
use kai_tcp_server_tests::hex;
use serde_json::Value;

use super::{Checked, Outcome, field, http, list, mode, number, only};

/// The number of random segmentations of each stream, besides at once and byte by byte.
const SEGMENTATIONS: u64 = 8;

#[derive(Debug, PartialEq)]
enum Status {
    /// All bytes were consumed.
    Empty,
    /// An incomplete frame is left, of this total length if it is known.
    More(Option<usize>),
    Error,
}

/// The fields of a vector. Its origin and a socket's end are for readers.
const FIELDS: [&str; 12] = [
    "id",
    "type",
    "kind",
    "opts",
    "input",
    "frames",
    "status",
    "need",
    "reason",
    "rest_len",
    "bytewise",
    "socket_end",
];

/// A frame: bytes, or the content of a line of HTTP.
#[derive(Clone, Debug, PartialEq)]
enum Frame {
    Bytes(Vec<u8>),
    Http(Value),
}

#[derive(Debug)]
struct Decoded {
    frames: Vec<Frame>,
    status: Status,
    rest: usize,
}

pub(crate) fn check(name: &str, vector: &Value) -> Checked {
    let Some(packet) = mode(name)? else {
        return Ok(Outcome::Left);
    };
    only(vector, &FIELDS)?;
    let decoder = decoder(packet, &vector["opts"])?;
    let input = hex::bytes(&vector["input"])?;
    let expected = decoded(vector, packet)?;
    let bytewise = match &vector["bytewise"] {
        Value::Null => None,
        bytewise => {
            only(bytewise, &["frames", "status", "need", "reason", "rest_len"])?;
            Some(decoded(bytewise, packet)?)
        }
    };

    let at_once = run(decoder.clone(), [&input[..]])?;
    same(&at_once, &expected, packet).map_err(|why| format!("at once: {why}"))?;
    let seed = input
        .iter()
        .fold(0x9e37_79b9, |seed, &byte| step(seed ^ u64::from(byte)));
    for nth in 0..=SEGMENTATIONS {
        let segments: Vec<&[u8]> = if nth == 0 {
            input.chunks(1).collect()
        } else {
            cut(&input, seed.wrapping_add(nth))
        };
        let got = run(decoder.clone(), segments.iter().copied())?;
        match &bytewise {
            None => same(&got, &expected, packet),
            Some(bytewise) => late_error(&got, &expected, bytewise),
        }
        .map_err(|why| {
            format!(
                "in segments of {:?}: {why}",
                segments.iter().map(|s| s.len()).collect::<Vec<_>>()
            )
        })?;
    }
    Ok(Outcome::Ran)
}

fn decoder(packet: Packet, opts: &Value) -> Result<Decoder, String> {
    let mut decoder = Decoder::new(packet);
    for (name, value) in opts.as_object().ok_or("no opts")? {
        let value = number(value)?;
        decoder = match name.as_str() {
            "packet_size" => decoder.packet_size(value),
            "line_length" => decoder.line_length(value),
            "line_delimiter" => decoder.delimiter(value.try_into().map_err(|_| "line_delimiter is no byte")?),
            _ => return Err(format!("unknown option {name:?}")),
        };
    }
    Ok(decoder)
}

/// Parses the expected result of a vector, or of its `bytewise`.
fn decoded(vector: &Value, packet: Packet) -> Result<Decoded, String> {
    let need = match &vector["need"] {
        Value::Null => None,
        need => Some(number(need)?),
    };
    Ok(Decoded {
        frames: list(vector, "frames", |frame| match packet {
            Packet::Http | Packet::Httph => http::expected(frame).map(Frame::Http),
            _ => hex::bytes(frame).map(Frame::Bytes),
        })?,
        status: match field(vector, "status", Value::as_str)? {
            "empty" => Status::Empty,
            "more" => Status::More(need),
            "error" if vector["reason"] == "invalid" || vector["reason"].is_null() => Status::Error,
            status => return Err(format!("unknown status {status:?}")),
        },
        rest: number(&vector["rest_len"])?,
    })
}

/// The result of one step.
enum Step {
    Frame(Frame),
    More(Option<usize>),
    Error,
}

/// Calls `find`, then `decode`, and checks that they agree.
fn next(decoder: &mut Decoder, buffer: &mut BytesMut) -> Result<Step, String> {
    let before = buffer.len();
    let found = decoder.clone().find(buffer);
    let lent = match &found {
        Ok(Find::Frame(Cut { frame, end })) if (1..=before).contains(end) => buffer.get(frame.clone()).map(Vec::from),
        _ => None,
    };
    match (found, lent, decoder.decode(buffer)) {
        (Ok(Find::Frame(cut)), Some(lent), Ok(Some(frame))) if frame == lent && buffer.len() == before - cut.end => {
            Ok(Step::Frame(read(decoder, lent)))
        }
        (Ok(Find::More(need)), None, Ok(None)) => Ok(Step::More(need)),
        (Err(one), None, Err(other)) if one == other => Ok(Step::Error),
        (found, _, taken) => Err(format!(
            "find says {found:?}, decode {taken:?}, {} are left",
            buffer.len()
        )),
    }
}

/// Returns the last found frame, typed as its mode demands.
fn read(decoder: &Decoder, bytes: Vec<u8>) -> Frame {
    match decoder.packet() {
        Packet::Http | Packet::Httph => Frame::Http(http::written(&decoder.http(&bytes, &mut Canonical::new()))),
        _ => Frame::Bytes(bytes),
    }
}

/// Decodes a stream that arrives in segments.
fn run<'a>(mut decoder: Decoder, segments: impl IntoIterator<Item = &'a [u8]>) -> Result<Decoded, String> {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    let mut need = None;
    let mut failed = false;
    for segment in segments {
        buffer.extend_from_slice(segment);
        while !failed {
            match next(&mut decoder, &mut buffer)? {
                Step::Frame(frame) => frames.push(frame),
                Step::More(more) => {
                    need = more;
                    break;
                }
                Step::Error => failed = true,
            }
        }
    }
    let status = match buffer.len() {
        _ if failed => Status::Error,
        0 => Status::Empty,
        _ => Status::More(need),
    };
    let rest = buffer.len();
    Ok(Decoded { frames, status, rest })
}

fn same(got: &Decoded, expected: &Decoded, packet: Packet) -> Result<(), String> {
    // The frames of `raw` are the segments themselves.
    let frames = if packet == Packet::Raw {
        joined(&got.frames) == joined(&expected.frames)
    } else {
        got.frames == expected.frames
    };
    if frames && got.status == expected.status && got.rest == expected.rest {
        Ok(())
    } else {
        Err(format!("got {got:x?}, Erlang {expected:x?}"))
    }
}

fn joined(frames: &[Frame]) -> Vec<u8> {
    let bytes = |frame: &Frame| match frame {
        Frame::Bytes(bytes) => bytes.clone(),
        Frame::Http(_) => Vec::new(),
    };
    frames.iter().flat_map(bytes).collect()
}

/// Accepts the different result for a line that exceeds both `packet_size` and `line_length`. In
/// Erlang it is an error if it arrives at once, and comes in pieces if it arrives byte by byte.
/// Here it is always an error, although after some of the pieces.
fn late_error(got: &Decoded, at_once: &Decoded, bytewise: &Decoded) -> Result<(), String> {
    let frames = got.frames.starts_with(&at_once.frames) && bytewise.frames.starts_with(&got.frames);
    if frames && got.status == Status::Error {
        Ok(())
    } else {
        Err(format!("got {got:x?}, Erlang {at_once:x?} or {bytewise:x?}"))
    }
}

/// Cuts a stream at random places, the same for the same seed. Some segments are empty.
fn cut(mut input: &[u8], mut seed: u64) -> Vec<&[u8]> {
    let mut segments = Vec::new();
    while !input.is_empty() {
        seed = step(seed);
        // Short and long ones: the upper half of the number selects the scale of the lower half.
        let most = 1_u64 << (seed >> 32 & 7);
        let length = usize::try_from((seed & 0xffff) % (most + 1)).unwrap_or(0);
        let (segment, rest) = input.split_at(length.min(input.len()));
        segments.push(segment);
        input = rest;
    }
    segments
}

/// Returns the next number of a splitmix64 sequence.
fn step(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ mixed >> 27
}
