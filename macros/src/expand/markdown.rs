//! Escapes text for the cells of a Markdown table.

use std::fmt::Write as _;

/// Formats text as code, shown as it is.
pub(super) fn code(text: &str) -> String {
    if text.contains('`') || text.contains("\\|") {
        return html(text);
    }
    format!("`{}`", text.replace('|', "\\|"))
}

/// Does the same where Markdown's own quotes aren't enough.
fn html(text: &str) -> String {
    let mut code = "<code>".to_owned();
    for letter in text.chars() {
        if letter.is_ascii_punctuation() {
            let _ = write!(code, "&#{};", u32::from(letter));
        } else {
            code.push(letter);
        }
    }
    code + "</code>"
}

/// Formats a doc comment, which is Markdown, as a cell: a line break separates paragraphs, and
/// characters that would end the cell or begin a tag are escaped.
pub(super) fn cell(docs: &[String]) -> String {
    let paragraphs = docs.split(String::is_empty).filter(|lines| !lines.is_empty());
    let paragraphs: Vec<String> = paragraphs.map(|lines| escaped(&lines.join(" "))).collect();
    paragraphs.join("<br><br>")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let (before, code) = rest.split_at(at);
        escaped += &outside(before);
        let quotes = code.len() - code.trim_start_matches('`').len();
        let length = end(&code[quotes..], quotes).map_or(quotes, |end| quotes + end);
        escaped += &inside(&code[..length]);
        rest = &code[length..];
    }
    escaped + &outside(rest)
}

/// Returns the end of the code that began with so many quotes.
fn end(text: &str, quotes: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = text[at..].find('`') {
        let run = &text[at + next..];
        let length = run.len() - run.trim_start_matches('`').len();
        at += next + length;
        if length == quotes {
            return Some(at);
        }
    }
    None
}

fn inside(code: &str) -> String {
    controlled(&code.replace("\\|", "|").replace('|', "\\|"))
}

fn outside(text: &str) -> String {
    let text = text.replace("\\|", "|").replace('|', "\\|");
    controlled(&text.replace("\\<", "<").replace('<', "&lt;"))
}

fn controlled(text: &str) -> String {
    text.replace(|letter: char| letter.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::{cell, code};

    #[test]
    fn patterns_show_as_they_are() {
        assert_eq!(code(r"get {key}\r\n"), r"`get {key}\r\n`");
        assert_eq!(code("b\"a\" | b\"<b>\""), "`b\"a\" \\| b\"<b>\"`");
        assert_eq!(code("a`b"), "<code>a&#96;b</code>");
        assert_eq!(code("a\\|b"), "<code>a&#92;&#124;b</code>");
    }

    #[test]
    fn docs_stay_markdown() {
        let docs = |text: &str| cell(&text.split('\n').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(docs("Gets *one*\nkey.\n\nOr none."), "Gets *one* key.<br><br>Or none.");
        assert_eq!(docs("a | b, `c | d`, \\|"), "a \\| b, `c \\| d`, \\|");
        assert_eq!(docs("<key>, `<key>`, ``<`>`` <b>"), "&lt;key>, `<key>`, ``<`>`` &lt;b>");
        assert_eq!(docs("a ` b <c>"), "a ` b &lt;c>");
        assert_eq!(docs(""), "");
    }
}
