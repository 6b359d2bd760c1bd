//! The spelling of bytes in the vectors.

use serde_json::Value;

/// Parses hex, in which `HHxN` between spaces is a run of equal bytes.
///
/// # Errors
///
/// If a part of it is no hex.
pub fn bytes(value: &Value) -> Result<Vec<u8>, String> {
    let text = value.as_str().ok_or_else(|| format!("{value} is no hex"))?;
    let mut bytes = Vec::new();
    for word in text.split_whitespace() {
        if let Some((byte, times)) = word.split_once('x') {
            let times = times.parse().map_err(|error| format!("{word}: {error}"))?;
            bytes.extend(std::iter::repeat_n(pair(byte.as_bytes())?, times));
        } else {
            for byte in word.as_bytes().chunks(2) {
                bytes.push(pair(byte)?);
            }
        }
    }
    Ok(bytes)
}

fn pair(digits: &[u8]) -> Result<u8, String> {
    let digit = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    match digits {
        &[high, low] => digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low),
        _ => None,
    }
    .ok_or_else(|| format!("{:?} is no byte in hex", String::from_utf8_lossy(digits)))
}
