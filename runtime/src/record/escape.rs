//! Bytes and names as a line of a recording writes them.

use std::fmt::Write as _;

/// Returns a name on one line.
pub(super) fn on_one_line(name: &str) -> String {
    name.escape_default().to_string()
}

/// Writes bytes as a transcript does: text as it is, where it can't be anything else, and the other
/// bytes by their numbers. Nothing but ASCII that can be printed comes of it, so that whatever a
/// peer sent, it does nothing to a terminal.
pub(super) fn escape(bytes: &[u8], is_frame: bool, line: &mut String) {
    let last = bytes.len() - 1;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' => line.push_str("\\r"),
            b'\n' => line.push_str("\\n"),
            b'\t' => line.push_str("\\t"),
            b'\\' => line.push_str("\\\\"),
            b'{' => line.push_str("{{"),
            b'}' => line.push_str("}}"),
            // An editor may take a blank off the end of a line.
            b' ' if at == last => line.push_str("\\x20"),
            // `C: (wait 5s)` is no frame.
            b'(' if at == 0 && is_frame => line.push_str("\\x28"),
            b' '..=b'~' => line.push(char::from(byte)),
            _ => {
                let _ = write!(line, "\\x{byte:02x}");
            }
        }
    }
}
