//! What this project's own tests do to a server beside its public API: no release of a program has
//! it.

use crate::options::{self, Options};
use crate::server::{ACCEPTOR, Server};

/// Kills an acceptor as `exit(Pid, kill)` would. Returns `false` if there is none of this number.
pub fn kill_acceptor(server: &Server, number: usize) -> bool {
    kill_child(server, &format!("{ACCEPTOR}{number}"))
}

/// Kills a child of a server's supervisor. Returns `false` if there is none of this name.
pub fn kill_child(server: &Server, name: &str) -> bool {
    let supervisor = &server.inner().supervisor;
    let child = supervisor.children().into_iter().find(|child| child.name == name);
    child.is_some_and(|child| supervisor.kill(child.id))
}

/// Reads and judges an option as files do.
///
/// # Errors
///
/// Says what is wrong.
pub fn read_option(options: Options, name: &str, text: &str) -> Result<Options, String> {
    options::read(options, name, text)
}
