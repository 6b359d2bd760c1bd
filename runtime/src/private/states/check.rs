//! The checks of a table with states, which are evaluated while its server compiles. They know
//! states by name; where a name is no state's, nothing is said.

use super::text::{Message, same};
use crate::packet::Packet;
use crate::table::state::ListedState;
use kai_tcp_server_spec::packet::Frames;

/// The names of the states in which an arm is tried; none: in any.
pub type Names = &'static [&'static str];

const fn has(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Returns the place of a state.
pub(super) const fn place(states: &[ListedState], name: &str) -> Option<usize> {
    let mut at = 0;
    while at < states.len() {
        if same(states[at].name, name) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns whether each name is a state's.
const fn are_states(states: &[ListedState], names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if place(states, names[at]).is_none() {
            return false;
        }
        at += 1;
    }
    true
}

const fn all_are_states(states: &[ListedState], arms: &[Names]) -> bool {
    let mut at = 0;
    while at < arms.len() {
        if !are_states(states, arms[at]) {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_in_one(arms: &[Names], name: &str) -> bool {
    let mut at = 0;
    while at < arms.len() {
        if arms[at].is_empty() || has(arms[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Checks that a table has an arm for the rest in each state. `arms` are those that may be one;
/// `as_arm` is what stands before and behind the state in such an arm.
#[track_caller]
pub const fn rest(states: &[ListedState], of: &str, arms: &[Names], as_arm: (&str, &str)) -> usize {
    if !all_are_states(states, arms) {
        return 0;
    }
    let mut message = Message::new();
    let mut lacking = 0;
    let mut first = "";
    let mut at = 0;
    while at < states.len() {
        let name = states[at].name;
        if !is_in_one(arms, name) {
            message = if lacking == 0 {
                message.say("in ")
            } else {
                message.say(", ")
            };
            message = message.state(of, name);
            if lacking == 0 {
                first = name;
            }
            lacking += 1;
        }
        at += 1;
    }
    if lacking > 0 {
        let (before, behind) = as_arm;
        message = message
            .say(" this table has no arm for the rest: a peer may send anything, so add one, like `")
            .say(before)
            .say(of)
            .say("::")
            .say(first)
            .say(behind)
            .say(" => close`, or `_ => close` behind all others");
        panic!("{}", message.text());
    }
    0
}

/// Checks that the arms before one leave it a state. `arms` are those that take all that it does.
#[track_caller]
pub const fn left(states: &[ListedState], _: &str, arms: &[Names]) -> usize {
    if states.is_empty() || !all_are_states(states, arms) {
        return 0;
    }
    let mut at = 0;
    while at < states.len() {
        if !is_in_one(arms, states[at].name) {
            return 0;
        }
        at += 1;
    }
    panic!(
        "no frame comes to this, as arms before it match all that it does, each in its states: put this one first, or remove it"
    );
}

/// Returns whether a name is that of a state that isn't meant to be the last one.
pub const fn goes_on(states: &[ListedState], name: &str) -> bool {
    match place(states, name) {
        Some(at) => !states[at].last,
        None => false,
    }
}

/// Checks that the blocks of each state fit into `packet_size`.
#[track_caller]
pub const fn blocks_fit(states: &[ListedState], of: &str, packet_size: usize) -> usize {
    let mut at = 0;
    while at < states.len() {
        if let Some(Packet::RawExact(block)) = states[at].packet
            && block > packet_size
        {
            let message = Message::new()
                .say("a block of ")
                .number(block)
                .say(" bytes in the state ")
                .state(of, states[at].name)
                .say(" exceeds `packet_size`, which is ")
                .number(packet_size)
                .say(": raise `packet_size`");
            panic!("{}", message.text());
        }
        at += 1;
    }
    0
}

/// The facts that are known of the frames that an arm matches.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is known of frames by itself")]
pub struct Form {
    /// The length of the shortest.
    pub min: usize,
    /// The length of the longest.
    pub max: usize,
    /// The bytes that each begins with; more than 255 is any byte.
    pub begins: &'static [u16],
    /// True if the form is text of which something is known.
    pub text: bool,
    /// True if there is a CR LF in the form.
    pub crlf: bool,
    /// True if there is a LF in the form.
    pub lf: bool,
    /// True if the form can end in a LF.
    pub ends_in_lf: bool,
    /// True if the form can be a frame of `line`, with the delimiter of the server.
    pub is_line: bool,
}

/// The options of a server by which a frame is judged, where its state has none of its own.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// The packet mode.
    pub packet: Packet,
    /// The longest frame; `None` if the attribute can't tell.
    pub packet_size: Option<usize>,
}

/// Checks that an arm can match under the packet modes of its states.
#[track_caller]
pub const fn possible(states: &[ListedState], of: &str, names: Names, server: Server, form: &Form) -> usize {
    if !are_states(states, names) || states.is_empty() {
        return 0;
    }
    let mut refused = None;
    let mut at = 0;
    while at < states.len() {
        let state = states[at];
        at += 1;
        if !names.is_empty() && !has(names, state.name) {
            continue;
        }
        let mode = match state.packet {
            Some(packet) => packet,
            None => server.packet,
        };
        match (why(mode, server.packet_size, form), names.is_empty()) {
            // An arm for any state matches in this one.
            (None, true) => return 0,
            (None, false) => {}
            (Some(why), any) => {
                if refused.is_none() {
                    refused = Some((state.name, mode, why));
                }
                if !any {
                    break;
                }
            }
        }
    }
    if let Some((name, mode, why)) = refused {
        let message = Message::new().say("no frame matches this in ");
        let message = if names.is_empty() {
            message.say("any state, as in ").state(of, name)
        } else {
            message.state(of, name).say(", as there")
        };
        let message = match why {
            Why::Mode(why) => {
                let message = message.say(" the packet mode is `");
                let message = match mode {
                    Packet::RawExact(size) => message.say("raw(").number(size).say(")"),
                    _ => message.say(mode.row().spelling),
                };
                message.say("`, ").say(why)
            }
            Why::Size { size, header } => {
                let message = message.say(" `packet_size` is ").number(size);
                let message = match header {
                    0 => message,
                    _ => message.say(" beside the ").number(header).say(" bytes of the header"),
                };
                message
                    .say(", this takes at least ")
                    .number(form.min)
                    .say(" bytes, and a longer frame closes the connection: raise `packet_size`")
            }
        };
        panic!("{}", message.text());
    }
    0
}

/// The reason why no frame has a form.
#[derive(Clone, Copy)]
enum Why {
    /// The packet mode, with what it does.
    Mode(&'static str),
    /// The `packet_size`, which doesn't count the header.
    Size { size: usize, header: usize },
}

/// Returns why no frame of a mode has this form.
const fn why(mode: Packet, size: Option<usize>, form: &Form) -> Option<Why> {
    if let (Some(size), Some(header)) = (size, mode.row().uncounted())
        && form.min.saturating_sub(header) > size
    {
        return Some(Why::Size { size, header });
    }
    match why_of_the_mode(mode, form) {
        Some(why) => Some(Why::Mode(why)),
        None => None,
    }
}

const fn why_of_the_mode(mode: Packet, form: &Form) -> Option<&'static str> {
    if let Packet::RawExact(size) = mode {
        return if form.min > size || form.max < size {
            Some("where each frame has that many bytes, and this another number: change one of both")
        } else {
            None
        };
    }
    let row = mode.row();
    match row.frames {
        Frames::WithoutCrlf if form.crlf => Some("which takes `\\r\\n` off each frame: leave `\\r\\n` out"),
        Frames::WithoutLf if form.lf => Some("which takes the end of the line off each frame: leave `\\n` out"),
        Frames::AtMost(most) if form.min > most => Some("whose frames are shorter than this: change one of both"),
        Frames::Headed { begins, .. } => {
            if form.max < row.header || !begins_so(begins, form) {
                Some("whose frames have a header, which this doesn't: change one of both")
            } else {
                None
            }
        }
        Frames::Lines if form.text && !form.ends_in_lf => {
            Some("where each frame ends in `\\n`: write `\\r\\n` behind it")
        }
        Frames::Delimited if form.text && !form.is_line => Some(
            "where each frame ends in its delimiter and has no other: write `\\n` or `\\r\\n` behind it, or let `line(crlf)` or \
             `line(lf)` take the end of the line off",
        ),
        _ => None,
    }
}

const fn begins_so(begins: &[u8], form: &Form) -> bool {
    let mut at = 0;
    while at < begins.len() && at < form.begins.len() {
        let byte = form.begins[at];
        let [letter, _] = byte.to_le_bytes();
        // A template may ignore case.
        let same = if form.text {
            letter.eq_ignore_ascii_case(&begins[at])
        } else {
            letter == begins[at]
        };
        if byte <= 0xff && !same {
            return false;
        }
        at += 1;
    }
    true
}
