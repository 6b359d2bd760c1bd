//! Helpers to split the text of an HTTP line.

/// Returns the number at the beginning of a text, modulo 2^32 (0 if there is none), and the rest.
pub(super) fn digits(text: &[u8]) -> (u32, &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let number = digits.iter().fold(0_u32, |number, digit| {
        number.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'))
    });
    (number, rest)
}

/// Returns the text before and after the first `byte`, or `None` if there is none.
pub(super) fn split_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&other| other == byte)?;
    Some((&text[..at], &text[at + 1..]))
}
