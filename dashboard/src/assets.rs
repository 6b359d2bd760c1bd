//! The parts of the page that every viewer gets. They are in the program, so no file is looked for.

use hyper::StatusCode;

use crate::respond::{self, Answer};

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Returns a part of the page; the empty name is the page itself.
pub(crate) fn of(name: &str) -> Option<Answer> {
    let (media_type, text) = match name {
        "" => ("text/html; charset=utf-8", include_str!("../assets/index.html")),
        "page.css" => ("text/css; charset=utf-8", include_str!("../assets/page.css")),
        "page.js" => (SCRIPT, include_str!("../assets/page.js")),
        "dom.js" => (SCRIPT, include_str!("../assets/dom.js")),
        "graph.js" => (SCRIPT, include_str!("../assets/graph.js")),
        "rates.js" => (SCRIPT, include_str!("../assets/rates.js")),
        "connections.js" => (SCRIPT, include_str!("../assets/connections.js")),
        "figures.js" => (SCRIPT, include_str!("../assets/figures.js")),
        "controls.js" => (SCRIPT, include_str!("../assets/controls.js")),
        "icon.svg" => ("image/svg+xml", include_str!("../assets/icon.svg")),
        _ => return None,
    };
    Some(respond::with(StatusCode::OK, media_type, respond::whole(text)))
}
