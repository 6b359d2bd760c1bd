//! Text that is put together while a server compiles, for messages that name a state.

/// The longest message.
const MOST: usize = 2048;

/// A message.
pub(super) struct Message {
    bytes: [u8; MOST],
    length: usize,
}

impl Message {
    pub(super) const fn new() -> Self {
        Message {
            bytes: [0; MOST],
            length: 0,
        }
    }

    /// Adds text; what has no space is left out.
    pub(super) const fn say(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if text.len() > MOST - self.length {
            return self;
        }
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.length] = text[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    /// Adds a number.
    pub(super) const fn number(self, number: usize) -> Self {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10).to_le_bytes()[0];
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let (_, digits) = digits.split_at(at);
        match str::from_utf8(digits) {
            Ok(digits) => self.say(digits),
            Err(_) => self,
        }
    }

    /// Adds a state: `Phase::Text` between backquotes.
    pub(super) const fn state(self, of: &str, name: &str) -> Self {
        self.say("`").say(of).say("::").say(name).say("`")
    }

    pub(super) const fn text(&self) -> &str {
        let (said, _) = self.bytes.split_at(self.length);
        match str::from_utf8(said) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

/// Returns whether two texts are equal.
pub(super) const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
