//! The facts that don't change while the program runs.

use serde_json::{Value, json};

/// Returns the name and the number of the process, and whether the page can change anything.
pub(crate) fn of(has_controls: bool) -> Value {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(|path| path.file_stem());
    json!({
        "program": program.map_or_else(|| "program".into(), |name| name.to_string_lossy()),
        "process": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
        "controls": has_controls,
    })
}
