//! A matcher of rules in ABNF, as the crate `abnf` reads them and none matches bytes.

use std::collections::BTreeSet;

use abnf::types::{Node, Rule, TerminalValues};

/// Returns whether a rule matches the whole input.
pub(crate) fn matches(rules: &[Rule], node: &Node, input: &[u8]) -> bool {
    ends(rules, node, input, &BTreeSet::from([0])).contains(&input.len())
}

/// Returns where what matches a rule may end, if it begins at one of these places.
fn ends(rules: &[Rule], node: &Node, input: &[u8], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    match node {
        Node::Alternatives(nodes) => nodes.iter().flat_map(|node| ends(rules, node, input, from)).collect(),
        Node::Concatenation(nodes) => nodes
            .iter()
            .fold(from.clone(), |from, node| ends(rules, node, input, &from)),
        Node::Repetition { repeat, node } => {
            let (min, max) = repeat.min_max();
            let (min, max) = (min.unwrap_or(0), max.unwrap_or(usize::MAX));
            let mut now = from.clone();
            let mut all = BTreeSet::new();
            for count in 0.. {
                if count >= min {
                    let before = all.len();
                    all.extend(&now);
                    if all.len() == before && count > min {
                        break;
                    }
                }
                if count == max || now.is_empty() {
                    break;
                }
                now = ends(rules, node, input, &now);
            }
            all
        }
        Node::Group(node) => ends(rules, node, input, from),
        Node::Optional(node) => ends(rules, node, input, from).union(from).copied().collect(),
        Node::Rulename(name) => {
            let core: Option<fn(u8) -> bool> = match name.to_ascii_uppercase().as_str() {
                "OCTET" => Some(|_| true),
                "DIGIT" => Some(|byte| byte.is_ascii_digit()),
                "WSP" => Some(|byte| matches!(byte, b' ' | b'\t')),
                "CR" => Some(|byte| byte == b'\r'),
                "LF" => Some(|byte| byte == b'\n'),
                _ => None,
            };
            let Some(is_it) = core else {
                let rule = rules.iter().find(|rule| rule.name().eq_ignore_ascii_case(name));
                let rule = rule.unwrap_or_else(|| panic!("no rule {name}"));
                return ends(rules, rule.node(), input, from);
            };
            step(input, from, |rest| rest.first().filter(|byte| is_it(**byte)).map(|_| 1))
        }
        Node::String(text) => step(input, from, |rest| {
            let begin = rest.get(..text.value().len())?;
            let is_same = if text.is_case_sensitive() {
                begin == text.value().as_bytes()
            } else {
                begin.eq_ignore_ascii_case(text.value().as_bytes())
            };
            is_same.then_some(begin.len())
        }),
        Node::TerminalValues(TerminalValues::Range(first, last)) => step(input, from, |rest| {
            rest.first()
                .filter(|byte| (*first..=*last).contains(&u32::from(**byte)))
                .map(|_| 1)
        }),
        Node::TerminalValues(TerminalValues::Concatenation(values)) => step(input, from, |rest| {
            let begin = rest.get(..values.len())?;
            begin
                .iter()
                .zip(values)
                .all(|(byte, value)| u32::from(*byte) == *value)
                .then_some(values.len())
        }),
        Node::Prose(text) => panic!("prose: {text}"),
    }
}

fn step(input: &[u8], from: &BTreeSet<usize>, size: impl Fn(&[u8]) -> Option<usize>) -> BTreeSet<usize> {
    from.iter().filter_map(|&at| Some(at + size(&input[at..])?)).collect()
}
