//! Escapes in text, as in Rust's byte strings.

/// Reads the escapes `\r`, `\n`, `\t`, `\0`, `\\`, `\'`, `\"` and `\x01`. Every other byte stands for
/// itself if it `is_plain`. Returns `None` for another escape, and for a byte that isn't plain.
///
/// # Examples
///
/// ```
/// use kai_tcp_server_spec::escape;
///
/// assert_eq!(escape::read(br"busy\r\n\xff", |byte| byte.is_ascii()), Some(b"busy\r\n\xff".to_vec()));
/// assert_eq!(escape::read(br"\q", |_| true), None);
/// ```
pub fn read(text: &[u8], is_plain: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'0' => b'\0',
                quoted @ (b'\\' | b'\'' | b'"') => quoted,
                b'x' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
                _ => return None,
            },
            byte if is_plain(byte) => byte,
            _ => return None,
        });
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| digit.try_into().ok())
}
