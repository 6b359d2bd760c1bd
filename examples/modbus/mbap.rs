//! The frames of Modbus TCP, as a codec: a header of seven bytes, and the bytes of a request or a
//! response behind it.
//!
//! ```text
//! transaction (2) | protocol, which is 0 (2) | length of the rest (2) | unit (1) | PDU (1 to 253)
//! ```
//!
//! The codec checks a header when its length has come, so a peer can't announce more than a frame
//! may have.

use std::io;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// The longest frame, and the bytes of it that its length doesn't count.
pub const FRAME_MAX: usize = 260;
const UNCOUNTED: usize = 6;

/// The only protocol that the header may name.
const MODBUS: u16 = 0;

/// A decoded frame.
#[derive(Debug)]
pub struct Request {
    /// The number by which the client finds the response.
    transaction: u16,
    /// The device behind the address, if there are several.
    pub unit: u8,
    /// The function code and its data, at least one byte.
    pdu: Bytes,
}

/// The PDU, for the table of the server.
impl AsRef<[u8]> for Request {
    fn as_ref(&self) -> &[u8] {
        &self.pdu
    }
}

/// A response to one request.
#[derive(Debug)]
pub struct Response {
    transaction: u16,
    unit: u8,
    pdu: Vec<u8>,
}

/// The reason for which a request isn't done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    IllegalFunction = 1,
    IllegalDataAddress = 2,
    IllegalDataValue = 3,
    /// No device has this unit id.
    TargetFailedToRespond = 11,
}

impl Request {
    /// Returns the PDU as it came, which is what some functions answer.
    pub fn echo(&self) -> Vec<u8> {
        self.pdu.to_vec()
    }

    /// Makes the response: the PDU, or the exception in the place of one.
    pub fn answer(&self, answer: Result<Vec<u8>, Exception>) -> Response {
        let function = self.pdu.first().copied().unwrap_or_default();
        Response {
            transaction: self.transaction,
            unit: self.unit,
            pdu: answer.unwrap_or_else(|exception| vec![function | 0x80, exception as u8]),
        }
    }
}

/// The codec. Nothing of a frame is kept between two of them.
#[derive(Default)]
pub struct Mbap;

impl Decoder for Mbap {
    type Item = Request;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<Request>> {
        let Some(mut header) = input.get(..UNCOUNTED) else {
            return Ok(None);
        };
        let (transaction, protocol, length) = (header.get_u16(), header.get_u16(), header.get_u16());
        let length = usize::from(length);
        if protocol != MODBUS {
            return Err(wrong(format!("{protocol} isn't the protocol id of Modbus")));
        }
        // A unit and a function are the least.
        if !(2..=FRAME_MAX - UNCOUNTED).contains(&length) {
            return Err(wrong(format!("{length} is no length of a frame")));
        }
        if input.len() < UNCOUNTED + length {
            return Ok(None);
        }
        let mut frame = input.split_to(UNCOUNTED + length);
        frame.advance(UNCOUNTED);
        Ok(Some(Request {
            transaction,
            unit: frame.get_u8(),
            pdu: frame.freeze(),
        }))
    }
}

impl Encoder<Response> for Mbap {
    type Error = io::Error;

    fn encode(&mut self, response: Response, output: &mut BytesMut) -> io::Result<()> {
        let Response { transaction, unit, pdu } = response;
        let length = u16::try_from(pdu.len() + 1).map_err(io::Error::other)?;
        output.put_u16(transaction);
        output.put_u16(MODBUS);
        output.put_u16(length);
        output.put_u8(unit);
        output.put_slice(&pdu);
        Ok(())
    }
}

fn wrong(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
