//! The check that a connection comes to each state, evaluated while its server compiles: a walk
//! from the initial state along all that leads on.

use super::check::place;
use super::text::{Message, same};
use crate::table::state::ListedState;

/// The most names that are judged. A block with more is believed.
const MOST: usize = 1024;

/// The ways between states. A state is known by the place of its name.
#[derive(Debug)]
pub struct Ways {
    /// The names: first those of states that arms are for, in the order in which they are named;
    /// then others that are states; then others in the code, which may be states.
    pub names: &'static [&'static str],
    /// The number of names that must be states; if one isn't, nothing is judged.
    pub sure: usize,
    /// The states to which code leads that may run in any state.
    pub from_any: &'static [usize],
    /// The ways on from each state that arms are for, in the order of the names.
    pub edges: &'static [Edge],
}

/// The ways on from a state.
#[derive(Debug)]
pub struct Edge {
    /// The states that something leads to.
    pub to: &'static [usize],
    /// True if something may lead to any other.
    pub open: bool,
}

/// The states that the walk has come to.
#[derive(Debug)]
pub struct Walk {
    states: &'static [ListedState],
    ways: &'static Ways,
    /// True for each name that a connection may come to.
    reached: [bool; MOST],
    /// True if it came anywhere, or can't tell.
    anywhere: bool,
}

/// Walks from the initial state.
pub const fn walk(states: &'static [ListedState], ways: &'static Ways) -> Walk {
    let mut walk = Walk {
        states,
        ways,
        reached: [false; MOST],
        anywhere: true,
    };
    if states.is_empty() || ways.names.len() > MOST {
        return walk;
    }
    let mut at = 0;
    while at < ways.sure {
        if place(states, ways.names[at]).is_none() {
            return walk;
        }
        at += 1;
    }
    let mut at = 0;
    while at < ways.names.len() {
        walk.reached[at] = same(ways.names[at], states[0].name);
        at += 1;
    }
    let mut at = 0;
    while at < ways.from_any.len() {
        walk.reached[ways.from_any[at]] = true;
        at += 1;
    }
    walk.anywhere = go_on(ways, &mut walk.reached);
    walk
}

/// Follows the ways from all states that are reached, to the end. Returns whether one leads
/// anywhere.
const fn go_on(ways: &Ways, reached: &mut [bool; MOST]) -> bool {
    // The states whose ways aren't followed yet. Each is put here once.
    let mut waiting = [0; MOST];
    let mut count = 0;
    let mut at = 0;
    while at < ways.edges.len() {
        if reached[at] {
            waiting[count] = at;
            count += 1;
        }
        at += 1;
    }
    while count > 0 {
        count -= 1;
        let edge = &ways.edges[waiting[count]];
        if edge.open {
            return true;
        }
        let mut at = 0;
        while at < edge.to.len() {
            let to = edge.to[at];
            if !reached[to] && to < ways.edges.len() {
                waiting[count] = to;
                count += 1;
            }
            reached[to] = true;
            at += 1;
        }
    }
    false
}

impl Walk {
    /// Returns whether something leads straight from one state to another.
    const fn leads(&self, from: usize, to: usize) -> bool {
        let edge = &self.ways.edges[from];
        let mut at = 0;
        while at < edge.to.len() {
            if edge.to[at] == to {
                return true;
            }
            at += 1;
        }
        edge.open
    }

    /// Returns whether a state is the first of those that no connection comes to for the same
    /// reason. A state behind another such state would be reached if that one were.
    const fn is_the_first(&self, state: usize) -> bool {
        let mut ahead = [false; MOST];
        ahead[state] = true;
        let is_anywhere = go_on(self.ways, &mut ahead);
        let mut behind = [false; MOST];
        behind[state] = true;
        let mut at = 0;
        while at < self.ways.edges.len() {
            if behind[at] || self.reached[at] || !self.leads_into(at, &behind) {
                at += 1;
                continue;
            }
            if at < state || !(ahead[at] || is_anywhere) {
                return false;
            }
            behind[at] = true;
            at = 0;
        }
        true
    }

    /// Returns whether something leads straight from a state to one of others.
    const fn leads_into(&self, from: usize, states: &[bool; MOST]) -> bool {
        let edge = &self.ways.edges[from];
        let mut at = 0;
        while at < edge.to.len() {
            if states[edge.to[at]] {
                return true;
            }
            at += 1;
        }
        edge.open
    }

    /// Returns whether an arm is for a state, or anything leads to it.
    const fn is_known(&self, name: &str) -> bool {
        let mut at = 0;
        while at < self.ways.names.len() {
            if same(self.ways.names[at], name) {
                let mut is_known = at < self.ways.edges.len() || self.reached[at];
                let mut from = 0;
                while from < self.ways.edges.len() {
                    is_known |= self.leads(from, at);
                    from += 1;
                }
                return is_known;
            }
            at += 1;
        }
        false
    }

    /// Says where a way has to begin.
    const fn begins(&self, message: Message, of: &str) -> Message {
        message
            .say(": let an action in a state that is reached, like the initial ")
            .state(of, self.states[0].name)
            .say(", lead there")
    }
}

/// Checks that a connection comes to a state that arms are for.
#[track_caller]
pub const fn led_to(walk: &Walk, of: &str, state: usize) -> usize {
    if walk.anywhere || walk.reached[state] || !walk.is_the_first(state) {
        return 0;
    }
    let name = walk.ways.names[state];
    let mut message = Message::new();
    let mut count = 0;
    let mut from = 0;
    while from < walk.ways.edges.len() {
        if from != state && walk.leads(from, state) {
            message = message.say(if count == 0 { "only " } else { " and " });
            message = message.state(of, walk.ways.names[from]);
            count += 1;
        }
        from += 1;
    }
    if count > 0 {
        let (lead, those, all) = match count {
            1 => (" leads", "that one", "both states"),
            _ => (" lead", "those", "all of these states"),
        };
        let message = message.say(lead).say(" to the state ").state(of, name);
        let message = message.say(", and no connection comes to ").say(those);
        way_out(walk.begins(message, of), of, name, all);
    }
    if walk.leads(state, state) {
        let message = message.say("nothing but the state itself leads to ").state(of, name);
        let message = message.say(", so no connection comes there");
        way_out(walk.begins(message, of), of, name, "the state");
    }
    let message = message.say("nothing leads to the state ").state(of, name);
    way_out(message.say(": let an action do so"), of, name, "the state")
}

/// Checks that something leads to each state that no arm is for.
#[track_caller]
pub const fn all_are_led_to(walk: &Walk, of: &str) -> usize {
    let mut message = Message::new().say("nothing leads to ");
    let mut first = "";
    let mut count = 0;
    let mut at = 1;
    while at < walk.states.len() && !walk.anywhere {
        let name = walk.states[at].name;
        if !walk.is_known(name) {
            if count == 0 {
                first = name;
            }
            message = message.say(if count == 0 { "the state " } else { ", nor to " });
            message = message.state(of, name);
            count += 1;
        }
        at += 1;
    }
    if count == 0 {
        return 0;
    }
    let all = if count == 1 { "the state" } else { "the states" };
    way_out(message.say(": let an action do so"), of, first, all)
}

#[track_caller]
const fn way_out(message: Message, of: &str, name: &str, remove: &str) -> ! {
    let message = message.say(", `reply(…).next(").say(of).say("::").say(name);
    let message = message.say(")`, or remove ").say(remove);
    panic!("{}", message.text());
}
