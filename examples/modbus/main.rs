//! A Modbus TCP server: a tank of water with a pump and a drain, as a controller on a factory floor
//! shows it.
//!
//! ```text
//! cargo run --example modbus                        # on port 5020; `-- 0` takes a free port
//! mbpoll -m tcp -p 5020 -0 -t 0 -r 0 127.0.0.1 1    # switches the pump on (coil 0)
//! mbpoll -m tcp -p 5020 -0 -t 3 -r 0 127.0.0.1      # shows the level (input register 0) rise
//! ```
//!
//! The bytes of a request behind its header (`mbap.rs`) are matched by `bits!`: each function is an
//! arm, and its guard has the limits of the standard, which is "MODBUS Application Protocol
//! Specification V1.1b3". The device (`tank.rs`) is shared by all connections.
//!
//! A request that can't be done is answered by an exception, and the connection goes on: 1 if the
//! function isn't known, 3 if its data aren't as the standard has them, 2 if they are, but there is
//! no such address, and 11 if there is no such unit. A header that is wrong closes the connection,
//! as the start of the next one is unknown.
//!
//! Modbus knows neither users nor passwords. Whoever reaches the port runs the pump, so the server
//! listens on the loopback address only. The environment changes its options:
//! `KAI_MODBUS_IP=0.0.0.0 KAI_MODBUS_ALLOW=192.168.1.0/24 KAI_MODBUS_MAX_PER_IP=8` opens it to a
//! network.

mod mbap;
mod tables;
mod tank;

use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kai_tcp_server::{Action, Error, ErrorKind, Result, bits, run, tcp_server, with};

use crate::mbap::{Exception, FRAME_MAX, Mbap, Request};
use crate::tables::{each_bit, part, place, read_bits, read_registers, words, write};
use crate::tank::Tank;

/// The names by which a device identifies itself: vendor, product, and version.
const IDENTITY: [&str; 3] = ["kai-tcp-server", "tank", env!("CARGO_PKG_VERSION")];

/// It has these three alone, as a stream or one by one.
const CONFORMITY: u8 = 0x81;

#[derive(Default)]
struct Modbus(Mutex<Tank>);

/// The pump runs for 10 s, and the level is 500 mm. There is no coil 2048, and no function 99.
///
/// ```transcript
/// (packet raw)
/// C: \0\x01\0\0\0\x06\x01\x05\0\0\xff\0
/// S: \0\x01\0\0\0\x06\x01\x05\0\0\xff\0
/// (wait 10s)
/// C: \0\x02\0\0\0\x06\x01\x04\0\0\0\x01
/// S: \0\x02\0\0\0\x05\x01\x04\x02\x01\xf4
/// C: \0\x03\0\0\0\x06\x01\x01\x08\0\0\x01
/// S: \0\x03\0\0\0\x03\x01\x81\x02
/// C: \0\x04\0\0\0\x02\x01\x63
/// S: \0\x04\0\0\0\x03\x01\xe3\x01
/// # A minute later the tank is full, and above the high mark.
/// (wait 1m)
/// C: \0\x05\0\0\0\x06\x01\x02\0\0\0\x04
/// S: \0\x05\0\0\0\x04\x01\x02\x01\x05
/// # Without the pump and with the drain, 10 s take 200 mm from 2000. Then it stands.
/// C: \0\x06\0\0\0\x08\x01\x0f\0\0\0\x02\x01\x02
/// S: \0\x06\0\0\0\x06\x01\x0f\0\0\0\x02
/// (wait 10s)
/// C: \0\x07\0\0\0\x06\x01\x05\0\x01\0\0
/// S: \0\x07\0\0\0\x06\x01\x05\0\x01\0\0
/// (wait 1m)
/// C: \0\x08\0\0\0\x06\x01\x04\0\0\0\x03
/// S: \0\x08\0\0\0\x09\x01\x04\x06\x07\x08\0\0\0\x8c
/// # A tank that the drain has long emptied has 500 mm after 10 s of the pump, too.
/// C: \0\x09\0\0\0\x06\x01\x05\0\x01\xff\0
/// S: \0\x09\0\0\0\x06\x01\x05\0\x01\xff\0
/// (wait 4m)
/// C: \0\x0a\0\0\0\x08\x01\x0f\0\0\0\x02\x01\x01
/// S: \0\x0a\0\0\0\x06\x01\x0f\0\0\0\x02
/// (wait 10s)
/// C: \0\x0b\0\0\0\x06\x01\x04\0\0\0\x01
/// S: \0\x0b\0\0\0\x05\x01\x04\x02\x01\xf4
/// ```
///
/// This is the protocol 1, which isn't Modbus:
///
/// ```transcript
/// (packet raw)
/// C: \0\x01\0\x01\0\x06
/// S! closed
/// ```
///
/// A client may be silent for minutes, but not in the middle of a request:
///
/// ```transcript
/// (packet raw)
/// (wait 4m)
/// C: \0\x01\0\0\0\x06\x01\x01
/// (wait 4s)
/// S! nothing
/// (wait 1s)
/// S! closed
/// ```
// Clients ask again and again, and keep their connection in between.
#[tcp_server(
    port = 5020,
    packet = Mbap,
    packet_size = FRAME_MAX,
    max_processes = 64,
    recv_timeout = "5m",
    frame_timeout = "5s",
    env = "KAI_MODBUS",
)]
impl Modbus {
    fn handle_call(&self, request: Request) -> Action {
        // A device is addressed by its place in the network, so the unit is 0 or 255. Clients often
        // have 1.
        if !matches!(request.unit, 0 | 1 | 255) {
            return reply(request.answer(Err(Exception::TargetFailedToRespond)));
        }
        let mut tank = self.tank();
        let answer = match request.as_ref() {
            /// Reads coils, which are outputs of one bit.
            #[name = "read_coils"]
            bits!(0x01u8, start: u16, count: u16) if (1..=2000).contains(&count) => {
                read_bits(1, tank.coils(), start, count)
            }
            /// Reads inputs of one bit.
            #[name = "read_discrete_inputs"]
            bits!(0x02u8, start: u16, count: u16) if (1..=2000).contains(&count) => {
                read_bits(2, &tank.inputs(), start, count)
            }
            /// Reads registers of 16 bits that clients may write.
            #[name = "read_holding_registers"]
            bits!(0x03u8, start: u16, count: u16) if (1..=125).contains(&count) => {
                read_registers(3, &tank.registers, start, count)
            }
            /// Reads registers of 16 bits that the device alone writes.
            #[name = "read_input_registers"]
            bits!(0x04u8, start: u16, count: u16) if (1..=125).contains(&count) => {
                read_registers(4, &tank.input_registers(), start, count)
            }
            /// Switches a coil on by `0xff00`, and off by 0.
            #[name = "write_single_coil"]
            bits!(0x05u8, at: u16, on: u8, 0u8) if matches!(on, 0 | 0xff) => place(tank.coils_mut(), at).map(|coil| {
                *coil = on == 0xff;
                request.echo()
            }),
            /// Writes a holding register.
            #[name = "write_single_register"]
            bits!(0x06u8, at: u16, value: u16) => place(&mut tank.registers, at).map(|register| {
                *register = value;
                request.echo()
            }),
            /// Switches coils, eight by a byte.
            #[name = "write_multiple_coils"]
            bits!(0x0fu8, start: u16, count: u16, size: u8, values: [u8; size])
                if (1..=1968).contains(&count) && u16::from(size) == count.div_ceil(8) =>
            {
                write(tank.coils_mut(), start, count, each_bit(values)).map(|()| bits!(0x0fu8, start: u16, count: u16))
            }
            /// Writes holding registers.
            #[name = "write_multiple_registers"]
            bits!(0x10u8, start: u16, count: u16, size: u8, values: [u8; 2 * count])
                if (1..=123).contains(&count) && u16::from(size) == 2 * count =>
            {
                write(&mut tank.registers, start, count, words(values)).map(|()| bits!(0x10u8, start: u16, count: u16))
            }
            /// Keeps the bits of a holding register that are set in `and`; the others are from `or`.
            #[name = "mask_write_register"]
            bits!(0x16u8, at: u16, and: u16, or: u16) => place(&mut tank.registers, at).map(|register| {
                *register = *register & and | or & !and;
                request.echo()
            }),
            /// Writes holding registers, then reads some.
            #[name = "read_write_multiple_registers"]
            bits!(0x17u8, from: u16, count: u16, start: u16, written: u16, size: u8, values: [u8; 2 * written])
                if (1..=125).contains(&count) && (1..=121).contains(&written) && u16::from(size) == 2 * written =>
            {
                // Nothing is written if the read would fail.
                part(&tank.registers, from, count)
                    .map(|_| ())
                    .and_then(|()| write(&mut tank.registers, start, written, words(values)))
                    .and_then(|()| read_registers(0x17, &tank.registers, from, count))
            }
            /// Tells vendor, product and version, from one of them on.
            #[name = "read_device_identification"]
            bits!(0x2bu8, 0x0eu8, code: u8, object: u8) if (1..=3).contains(&code) => {
                // As the standard has it, a stream that begins at no object begins at the first.
                let first = if usize::from(object) < IDENTITY.len() {
                    object
                } else {
                    0
                };
                identify(code, first..=2)
            }
            /// Tells one of them.
            #[name = "read_device_identification_object"]
            bits!(0x2bu8, 0x0eu8, 4u8, object: u8) => identify(4, object..=object),
            /// Another "encapsulated interface" than identification.
            #[name = "other_interface"]
            bits!(0x2bu8, kind: u8, _: [u8]) if kind != 0x0e => Err(Exception::IllegalFunction),

            /// A function of the above, with data that its arm doesn't take.
            #[name = "illegal_data_value"]
            [1..=6 | 0x0f | 0x10 | 0x16 | 0x17 | 0x2b, ..] => Err(Exception::IllegalDataValue),
            #[name = "illegal_function"]
            _ => Err(Exception::IllegalFunction),
        };
        reply(request.answer(answer))
    }

    /// Locks the tank, also after a panic in another connection.
    fn tank(&self) -> MutexGuard<'_, Tank> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers with some of the device's names.
fn identify(code: u8, objects: RangeInclusive<u8>) -> Result<Vec<u8>, Exception> {
    let mut names = Vec::new();
    for object in objects.clone() {
        let name = IDENTITY.get(usize::from(object)).ok_or(Exception::IllegalDataAddress)?;
        let length = u8::try_from(name.len()).map_err(|_| Exception::IllegalDataAddress)?;
        names.extend(bits!(object: u8, length: u8, name));
    }
    let count = u8::try_from(objects.len()).map_err(|_| Exception::IllegalDataAddress)?;
    // All fit into one response, so no more follows.
    Ok(bits!(0x2bu8, 0x0eu8, code: u8, CONFORMITY: u8, 0u8, 0u8, count: u8, names))
}

fn main() -> Result {
    let mut options = Modbus::OPTIONS;
    if let Some(argument) = std::env::args_os().nth(1) {
        let port = argument.to_string_lossy();
        let wrong = |_| Error::new(ErrorKind::Options, format!("{port:?} is no port: 0 takes a free one"));
        options = options.port(port.parse().map_err(wrong)?);
    }
    run(with(Modbus::default(), options))
}
