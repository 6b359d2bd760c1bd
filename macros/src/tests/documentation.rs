//! The documentation lists what the tables list.

use crate::callbacks::CALLBACKS;
use crate::options::table::OPTIONS;

const REFERENCE: &str = include_str!("../tcp_server.md");

/// The rows of the table that begins with a header.
fn rows(header: &str) -> Vec<&'static str> {
    let table = REFERENCE.split_once(header).expect("the table").1;
    table.lines().skip(2).take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn of_options() {
    let expected: Vec<String> = OPTIONS
        .iter()
        .map(|option| {
            format!(
                "| `{}` | {} | {} |",
                option.name,
                option.default,
                option.meaning.replace("f | l", "f \\| l")
            )
        })
        .collect();
    assert_eq!(
        rows("| option | default | meaning |"),
        expected,
        "\n{}",
        expected.join("\n")
    );
}

#[test]
fn of_callbacks() {
    let documented: Vec<String> = rows("| callback | parameters | returns | when |")
        .into_iter()
        .map(|row| row.rsplit_once(" | ").expect("cells").0.to_owned())
        .collect();
    let expected: Vec<String> = CALLBACKS
        .iter()
        .map(|callback| {
            let returns = match callback.name {
                "connected" => "the session",
                "reload" => "`Options`",
                _ if callback.acts => "`Action`",
                _ => "`()`",
            };
            format!("| `{}` | {} | {returns}", callback.name, callback.parameters())
        })
        .collect();
    assert_eq!(documented, expected, "\n{}", expected.join("\n"));
}
