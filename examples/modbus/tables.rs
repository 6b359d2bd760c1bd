//! Parts of the device's tables, as bits and registers are sent. An address beyond a table's end
//! leaves the whole table as it is.

use crate::mbap::Exception;

/// Reads bits into a response: the function, the number of bytes, and eight bits in each byte, the
/// lowest first.
pub fn read_bits(function: u8, table: &[bool], start: u16, count: u16) -> Result<Vec<u8>, Exception> {
    let eight = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let bytes = part(table, start, count)?.chunks(8).map(eight);
    response(function, bytes.collect())
}

/// Reads registers into a response: the function, the number of bytes, and the registers.
pub fn read_registers(function: u8, table: &[u16], start: u16, count: u16) -> Result<Vec<u8>, Exception> {
    let bytes = part(table, start, count)?.iter().flat_map(|word| word.to_be_bytes());
    response(function, bytes.collect())
}

/// Writes as many values as `count` says, or none.
pub fn write<T>(table: &mut [T], start: u16, count: u16, values: impl IntoIterator<Item = T>) -> Result<(), Exception> {
    let places = table
        .get_mut(range(start, count))
        .ok_or(Exception::IllegalDataAddress)?;
    for (place, value) in places.iter_mut().zip(values) {
        *place = value;
    }
    Ok(())
}

/// Returns the place at an address, to write to.
pub fn place<T>(table: &mut [T], at: u16) -> Result<&mut T, Exception> {
    table.get_mut(usize::from(at)).ok_or(Exception::IllegalDataAddress)
}

/// Returns the bits of these bytes, the lowest of each byte first.
pub fn each_bit(bytes: &[u8]) -> impl Iterator<Item = bool> {
    bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1))
}

/// Returns the registers in these bytes.
pub fn words(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word))
}

pub fn part<T>(table: &[T], start: u16, count: u16) -> Result<&[T], Exception> {
    table.get(range(start, count)).ok_or(Exception::IllegalDataAddress)
}

fn range(start: u16, count: u16) -> std::ops::Range<usize> {
    let start = usize::from(start);
    start..start + usize::from(count)
}

fn response(function: u8, bytes: Vec<u8>) -> Result<Vec<u8>, Exception> {
    // At most 250, as the guards of the table limit the count.
    let size = u8::try_from(bytes.len()).map_err(|_| Exception::IllegalDataValue)?;
    Ok([vec![function, size], bytes].concat())
}
