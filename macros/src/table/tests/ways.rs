//! The ways from state to state.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::table::ways::SOCKET;

#[test]
fn each_method_of_the_socket_is_known_and_leads_to_no_state() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let api = fs::read_to_string(root.join("../runtime/public-api.txt")).expect("the public API");
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let methods = api.lines().filter_map(|line| line.strip_prefix("Socket: pub "));
    let own: BTreeSet<&str> = methods
        .filter_map(|line| line.split_once("fn ")?.1.split(|letter| !is_name(letter)).next())
        .collect();
    let known: BTreeSet<&str> = SOCKET.into_iter().collect();
    let unknown: Vec<&&str> = own.difference(&known).collect();
    assert!(
        own.contains("set_state") && unknown.is_empty(),
        "{own:?}, unknown: {unknown:?}"
    );
}
