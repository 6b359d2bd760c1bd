//! The documentation, which stands in the runtime's crate, lists what the table of callbacks lists.

use std::fs;
use std::path::Path;

use crate::model::callbacks::CALLBACKS;

/// The rows of the table that begins with a header.
fn rows(document: &str, header: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../runtime/src/tcp_server")
        .join(document);
    let document = fs::read_to_string(file).expect("the documentation");
    let table = document.split_once(header).expect("the table").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(str::to_owned).collect()
}

#[test]
fn of_callbacks() {
    let documented: Vec<String> = rows("callbacks.md", "| callback | parameters | returns | when |")
        .into_iter()
        .map(|row| row.rsplit_once(" | ").expect("cells").0.to_owned())
        .collect();
    let expected: Vec<String> = CALLBACKS
        .iter()
        .map(|callback| {
            let returns = match callback.name {
                "connected" | "thaw" => "the session".to_owned(),
                _ => format!("`{}`", callback.returns().map_or("()", |(ty, _)| ty)),
            };
            format!("| `{}` | {} | {returns}", callback.name, callback.parameters())
        })
        .collect();
    assert_eq!(documented, expected, "\n{}", expected.join("\n"));
}
