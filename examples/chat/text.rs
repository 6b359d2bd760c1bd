//! The text that members may send: whatever they type is another member's screen.

const MAX_NAME: usize = 16;
/// The most changes that a room is told one by one: a crowd that comes or goes at once must not
/// fill mailboxes.
const MAX_NEWS: usize = 16;

/// Returns a member's text without characters that harm another member's terminal: control
/// characters, and those that change the direction of the text.
pub(crate) fn clean(text: &str) -> String {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if harmful(c) { '?' } else { c }).collect()
}

/// Returns whether a line is one of those that every HTTP request has. A web page can make a
/// browser send a request to any port, with lines of the page's choice in the body.
pub(crate) fn is_http(line: &str) -> bool {
    line.starts_with("Host:") || line.rsplit(' ').next().is_some_and(|word| word.starts_with("HTTP/"))
}

/// Checks that a name consists of plain characters, so that no two names look alike.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain) {
        Ok(())
    } else {
        Err("a name is 1 to 16 of a-z, 0-9, - and _")
    }
}

/// Sums up what would be too many lines for a room, each of a member.
pub(crate) fn summed_up(lines: Vec<String>, what: &str) -> Vec<String> {
    match lines.len() {
        0..=MAX_NEWS => lines,
        members => vec![format!("* {members} members {what}: /who lists who is here")],
    }
}
