//! Grammars in ABNF.

use std::collections::HashSet;

use abnf::types::{Node, Rule, TerminalValues};
use kai_tcp_server::describe::Description;
use kai_tcp_server::{Action, ProtocolState, tcp_server};

use crate::tables;

/// The rules of RFC 5234, appendix B.1.
const CORE: [&str; 16] = [
    "ALPHA", "BIT", "CHAR", "CR", "CRLF", "CTL", "DIGIT", "DQUOTE", "HEXDIG", "HTAB", "LF", "LWSP", "OCTET", "SP",
    "VCHAR", "WSP",
];

/// Reads a grammar. Each rule is there once, and each name in it has a rule.
///
/// The crate takes lines that end in LF, where the standard has CR LF.
pub(crate) fn read(grammar: &str) -> Vec<Rule> {
    let rules = abnf::rulelist(grammar).unwrap_or_else(|error| panic!("{error}\n{grammar}"));
    let mut names = HashSet::new();
    for rule in &rules {
        assert!(
            names.insert(rule.name().to_ascii_lowercase()),
            "{} is there twice\n{grammar}",
            rule.name()
        );
        assert!(
            !CORE.contains(&rule.name().to_ascii_uppercase().as_str()),
            "{}",
            rule.name()
        );
    }
    names.extend(CORE.iter().map(|name| name.to_ascii_lowercase()));
    for rule in &rules {
        for name in used(rule.node()) {
            assert!(
                names.contains(&name.to_ascii_lowercase()),
                "{name} has no rule\n{grammar}"
            );
        }
    }
    rules
}

fn used(node: &Node) -> Vec<String> {
    match node {
        Node::Alternatives(nodes) | Node::Concatenation(nodes) => nodes.iter().flat_map(used).collect(),
        Node::Repetition { node, .. } | Node::Group(node) | Node::Optional(node) => used(node),
        Node::Rulename(name) => vec![name.clone()],
        Node::String(_) | Node::TerminalValues(_) | Node::Prose(_) => Vec::new(),
    }
}

fn rule<'r>(rules: &'r [Rule], name: &str) -> &'r Node {
    let found = rules.iter().find(|rule| rule.name() == name);
    found.unwrap_or_else(|| panic!("no rule {name}: {rules:?}")).node()
}

#[test]
fn every_table_becomes_a_grammar_that_a_parser_of_abnf_reads() {
    for (name, protocol) in tables::all() {
        let grammar = Description::new(name, protocol).abnf();
        assert!(grammar.is_ascii(), "{grammar}");
        let rules = read(&grammar);
        let arms = match rule(&rules, "frame") {
            Node::Alternatives(arms) => arms.len(),
            _ => 1,
        };
        assert_eq!(arms, protocol.len().max(1), "{grammar}");
    }
}

#[test]
fn text_whose_case_counts_is_hex_and_other_text_is_quoted() {
    let grammar = Description::new("Plain", tables::Plain::PROTOCOL).abnf();
    let rules = read(&grammar);
    let Node::Concatenation(say) = rule(&rules, "say") else {
        panic!("{grammar}")
    };
    let bytes = TerminalValues::Concatenation(vec![0x73, 0x61, 0x79, 0x20]);
    assert_eq!(say[0], Node::TerminalValues(bytes));
    let bytes = TerminalValues::Concatenation(b"bye\r\n".map(u32::from).to_vec());
    assert_eq!(*rule(&rules, "bye"), Node::TerminalValues(bytes));

    let grammar = Description::new("Lines", tables::Lines::PROTOCOL).abnf();
    let rules = read(&grammar);
    let Node::Concatenation(set) = rule(&rules, "set") else {
        panic!("{grammar}")
    };
    assert_eq!(
        set[0],
        Node::String(abnf::types::StringLiteral::case_insensitive("set ".to_owned()))
    );
    // `b"quit"` is Rust's own pattern, whose case counts.
    let Node::Group(quit) = rule(&rules, "quit") else {
        panic!("{grammar}")
    };
    let Node::Alternatives(quit) = &**quit else {
        panic!("{grammar}")
    };
    assert_eq!(quit.len(), 2);
    assert!(matches!(quit[0], Node::TerminalValues(_)));
    assert!(grammar.contains("; It has a guard"), "{grammar}");
}

#[test]
fn a_byte_of_which_some_bits_are_given_is_a_range() {
    let grammar = Description::new("Blocks", tables::Blocks::PROTOCOL).abnf();
    let rules = read(&grammar);
    let Node::Concatenation(and) = rule(&rules, "and") else {
        panic!("{grammar}")
    };
    assert_eq!(and[0], Node::TerminalValues(TerminalValues::Range(0x60, 0x6f)));
    // _: u1, 1u2, x: u4, 1u1: 0x21, 0x23, … 0x3f and 0xa1, …
    let Node::Group(mixed) = rule(&rules, "mixed") else {
        panic!("{grammar}")
    };
    let Node::Alternatives(mixed) = &**mixed else {
        panic!("{grammar}")
    };
    assert_eq!(mixed.len(), 32);
    assert_eq!(
        mixed[0],
        Node::TerminalValues(TerminalValues::Concatenation(vec![0x21]))
    );
}

#[derive(Clone, Copy, ProtocolState)]
enum Part {
    #[initial]
    #[state(packet = raw(2))]
    Head,
    #[state(packet = line(crlf))]
    Text,
    #[state(packet = raw(2))]
    Tail,
}

struct Parts;

#[tcp_server(port = 0, packet = line(lf), state = Part)]
impl Parts {
    fn handle_call(&self, state: Part, data: &[u8]) -> Action {
        match (state, data) {
            (Part::Head, _) => noreply.next(Part::Text),
            (Part::Text, b"tail") => noreply.next(Part::Tail),
            (Part::Text, _) => reply("ok"),
            (Part::Tail, _) => close("bye"),
        }
    }
}

#[test]
fn each_packet_mode_that_a_state_has_is_a_way_to_send_a_frame() {
    let parts = Description::of(&Parts).expect("it has a table");
    let grammar = parts.abnf();
    let Node::Alternatives(ways) = rule(&read(&grammar), "message").clone() else {
        panic!("{grammar}")
    };
    assert_eq!(ways.len(), 2, "{grammar}");
    for line in [
        "; packet = raw(2) in Head, Tail\n",
        "; packet = line(crlf) in Text\n",
        "message = frame         ; packet = raw(2): as many bytes as the packet mode takes\n",
        "        / frame CRLF    ; packet = line(crlf): has no CR LF in it\n",
    ] {
        assert!(grammar.contains(line), "{grammar}");
    }
    assert_eq!(parts.dictionary(), "tail=\"tail\"\nend=\"\\x0D\\x0A\"\n");
}
