//! The page of a server that `cargo doc` makes: the table of its protocol, and the graph of its
//! states.

use std::process::Command;

use roxmltree::{Document, Node};

/// Runs rustdoc on an example, and returns the page of a type.
fn page(example: &str, of: &str) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["rustdoc", "--quiet", "--package", "kai-tcp-server-examples"])
        // The feature of one of them, so that dependencies are built once for all.
        .args(["--features", "counter", "--example", example, "--"])
        .args(["--document-private-items", "-D", "warnings"])
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // Tests are in `debug/deps` of the target folder.
    let this = std::env::current_exe().expect("a test knows where it is");
    let target = this.ancestors().nth(3).expect("there is a target folder");
    let page = target.join("doc").join(example).join(format!("struct.{of}.html"));
    std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

#[test]
fn rustdoc_shows_no_name_that_only_the_expansion_has() {
    for (example, of) in [
        ("echo", "Echo"),
        ("smtp", "Sink"),
        ("till", "Till"),
        ("till", "TillClient"),
        ("counter", "Counter"),
    ] {
        let page = page(example, of);
        let names = page.split(|char: char| !(char.is_alphanumeric() || char == '_'));
        let hidden: Vec<_> = names
            .filter(|name| name.starts_with("__") || *name == "Returned")
            .collect();
        assert!(hidden.is_empty(), "{of}: {hidden:?}");
    }
}

#[test]
fn rustdoc_shows_the_table_of_a_server_and_the_graph_of_its_states_without_a_warning() {
    let page = page("smtp", "Sink");
    for cell in [
        "<th>states</th>",
        "<th>next</th>",
        "<td>Sender, Recipient</td>",
        "<td>any</td>",
    ] {
        assert!(page.contains(cell), "{cell}: {page}");
    }
    // The expansion's own impl is no part of it.
    assert!(!page.contains("impl-Declared-for"), "{page}");
    let from = page.find("<svg role=\"img\"").expect("there is a picture");
    let until = from + page[from..].find("</svg>").expect("it ends") + "</svg>".len();
    let svg = &page[from..until];
    let picture = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let texts: Vec<&str> = picture
        .descendants()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect();
    for name in [
        "Hello",
        "Ready",
        "Sender",
        "Recipient",
        "Text",
        "closed",
        "any state",
        "…",
        "mail",
    ] {
        assert!(texts.contains(&name), "{name}: {texts:?}");
    }
    // Each colour is that of the theme's text.
    let colours = picture
        .descendants()
        .flat_map(|node| [node.attribute("fill"), node.attribute("stroke")])
        .flatten();
    for colour in colours {
        assert!(["none", "currentColor"].contains(&colour), "{colour}: {svg}");
    }
}
