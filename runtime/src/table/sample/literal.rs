//! The literals of a pattern that is known as text only.

/// Returns the bytes of the literals in a pattern of Rust's own, one behind the other:
/// `[b'.', rest @ ..]` begins with a dot, and `b"end"` is one.
pub(super) fn of(pattern: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = pattern.chars();
    while let Some(quote) = rest.find(|char| matches!(char, '"' | '\'' | '|')) {
        // Of alternatives the first that has one.
        if quote == '|' {
            if bytes.is_empty() {
                continue;
            }
            break;
        }
        while let Some(char) = rest.next().filter(|char| *char != quote) {
            let byte = match char {
                '\\' => escaped(&mut rest),
                char => u8::try_from(char).ok(),
            };
            bytes.extend(byte);
        }
    }
    bytes
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Option<u8> {
    Some(match rest.next()? {
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        '0' => 0,
        'x' => {
            let (high, low) = (rest.next()?.to_digit(16)?, rest.next()?.to_digit(16)?);
            u8::try_from(high * 16 + low).ok()?
        }
        char => u8::try_from(char).ok()?,
    })
}
