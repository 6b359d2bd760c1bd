//! The values that the attribute accepts for options.

use kai_tcp_server_spec::option::{self, Changes, Kind, ROWS, Row};
use kai_tcp_server_spec::packet::MODES;
use proc_macro2::TokenStream;

use crate::options;
use crate::report::Report;

#[path = "../../../spec/samples.rs"]
mod samples;

use samples::{SAMPLES, takes};

/// Returns whether the attribute accepts these options.
fn are_taken(options: &str) -> bool {
    let tokens: TokenStream = options.parse().expect("tokens");
    let mut report = Report::default();
    options::read(tokens, &mut report);
    report.len() == 0
}

/// Returns whether it accepts an option, beside a port. What else it needs may be in the
/// environment.
fn is_taken(name: &str, value: &str) -> bool {
    are_taken(&match name {
        "port" => format!("port = {value}"),
        "env" => format!("port = 0, env = {value}"),
        _ => format!("port = 0, env = \"ECHO\", {}", written(name, value)),
    })
}

/// Returns an option as the attribute writes it.
fn written(name: &str, value: &str) -> String {
    let row = option::find(name).expect("an option");
    match row.group() {
        Some(group) => format!("{group}({} = {value})", row.word()),
        None => format!("{name} = {value}"),
    }
}

/// A value as the attribute spells it, with the quotes that its kind has there.
fn spelled(option: &Row, value: &str) -> String {
    let is_word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_plain = match option.kind {
        Kind::Text(_) | Kind::Texts(_) | Kind::Address => false,
        Kind::Time(_) => ["infinity", "brutal_kill"].contains(&value),
        // Not all of these are tokens.
        Kind::Overload if value.starts_with("refuse(") => value.parse::<TokenStream>().is_ok(),
        // What is neither a number nor a word could be a constant's expression, which is left to
        // the compiler.
        _ => is_word || value.parse::<u128>().is_ok(),
    };
    match option.kind {
        Kind::Blocks | Kind::Listeners => format!("[{value:?}]"),
        _ if is_plain => value.to_owned(),
        _ => format!("{value:?}"),
    }
}

/// The runtime's unit tests try the same.
#[test]
fn the_attribute_takes_what_the_environment_and_files_take() {
    let changeable = || ROWS.iter().filter(|option| option.is_changeable());
    for (value, kinds) in SAMPLES {
        for option in changeable() {
            let (name, spelled) = (option.name, spelled(option, value));
            let taken = is_taken(name, &spelled);
            assert_eq!(taken, takes(option, value, kinds), "{name} = {spelled}");
        }
    }
}

#[test]
fn each_option_takes_its_example() {
    for Row { name, example, .. } in ROWS {
        assert!(is_taken(name, example), "{name} = {example}");
    }
}

/// What becomes of an option is said by its row alone: the setter of its name is called with its
/// value.
#[test]
fn each_option_is_a_call_of_its_setter() {
    let block: TokenStream = "impl Echo { fn handle_call(&self, data: &[u8]) -> Action { reply(data) } }"
        .parse()
        .expect("a block");
    for option in ROWS.iter().filter(|option| option.changes != Changes::InTheAttribute) {
        let options: TokenStream = match option.name {
            "port" => "port = 1".parse(),
            name => format!("port = 1, {}", written(name, option.example)).parse(),
        }
        .expect("tokens");
        let expansion = crate::entry::tcp_server(options, block.clone()).to_string();
        let setter = format!(". {} (", option.name);
        assert!(expansion.contains(&setter), "{}: {expansion}", option.name);
    }
}

#[test]
fn each_packet_mode_is_taken() {
    for mode in MODES {
        let spelling = mode.row().spelling.replace('N', "4");
        assert!(is_taken("packet", &spelling), "{spelling}");
    }
    for mode in [
        "ssl_tls",
        "http_bin",
        "asn",
        "raw(0)",
        "3",
        "line(cr)",
        "line(lf | crlf)",
        "line(crlf, lf)",
    ] {
        assert!(!is_taken("packet", mode), "{mode}");
    }
}

#[test]
fn a_block_fits_into_packet_size() {
    for (block, size, fits) in [(0, 1, false), (1, 1, true), (512, 512, true), (513, 512, false)] {
        let options = format!("port = 0, packet = raw({block}), packet_size = {size}");
        assert_eq!(are_taken(&options), fits, "{options}");
    }
    assert!(is_taken("packet", "raw(65536)"));
    assert!(!is_taken("packet", "raw(65537)"), "by the default of `packet_size`");
}

#[test]
fn a_delimiter_ends_lines_alone() {
    for (mode, fits) in [("line", true), ("line(lf)", false), ("raw", false), ("http", false)] {
        let options = format!("port = 0, packet = {mode}, delimiter = b';'");
        assert_eq!(are_taken(&options), fits, "{options}");
    }
    assert!(is_taken("delimiter", "b';'"), "`line` is the default");
}

#[test]
fn what_is_neither_number_nor_text() {
    assert!(!is_taken("active", "0"));
    assert!(is_taken("active", "1"));
    assert!(is_taken("env", "\"ECHO\""));
    assert!(!is_taken("env", "\"echo\""));
}
