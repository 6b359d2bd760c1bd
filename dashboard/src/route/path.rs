//! The path of a request, read.

use hyper::Uri;
use kai_tcp_server::ConnectionId;

use crate::controls::Control;
use crate::view::connections::{Part, Sort};

/// The subject of a request.
#[derive(Debug)]
pub(crate) enum Path<'u> {
    /// A part of the page itself, by its name.
    Asset(&'u str),
    About,
    Events,
    Server(u64, Look),
    Control(u64, Control),
}

/// A look at a server.
#[derive(Debug)]
pub(crate) enum Look {
    Tree,
    Options,
    Protocol,
    Connections(Part),
    Connection(ConnectionId),
}

impl<'u> Path<'u> {
    /// Returns `None` if there is nothing at the path. Without controls there is nothing at theirs.
    pub(crate) fn of(uri: &'u Uri, has_controls: bool) -> Option<Self> {
        let path = uri.path().strip_prefix('/')?;
        let Some(rest) = path.strip_prefix("api/") else {
            return Some(Path::Asset(path));
        };
        let words: Vec<&str> = rest.splitn(6, '/').collect();
        let number = |text: &str| text.parse().ok();
        Some(match *words.as_slice() {
            ["about"] => Path::About,
            ["events"] => Path::Events,
            ["servers", server, "tree"] => Path::Server(number(server)?, Look::Tree),
            ["servers", server, "options"] => Path::Server(number(server)?, Look::Options),
            ["servers", server, "protocol"] => Path::Server(number(server)?, Look::Protocol),
            ["servers", server, "connections"] => Path::Server(number(server)?, Look::Connections(part(uri.query()))),
            ["servers", server, "connections", id] => Path::Server(number(server)?, Look::Connection(id.parse().ok()?)),
            ["servers", server, "suspend"] if has_controls => Path::Control(number(server)?, Control::Suspend),
            ["servers", server, "resume"] if has_controls => Path::Control(number(server)?, Control::Resume),
            ["servers", server, "max_processes"] if has_controls => {
                Path::Control(number(server)?, Control::SetMaxProcesses)
            }
            ["servers", server, "connections", id, "close"] if has_controls => {
                Path::Control(number(server)?, Control::Close(id.to_owned()))
            }
            _ => return None,
        })
    }
}

/// Returns the part of the connections that a query names; what it doesn't name is the first page
/// by age.
fn part(query: Option<&str>) -> Part {
    let mut part = Part {
        sort: Sort::Age,
        ascending: false,
        page: 0,
    };
    for pair in query.unwrap_or_default().split('&') {
        match pair.split_once('=') {
            Some(("sort", name)) => part.sort = Sort::of(name).unwrap_or(part.sort),
            Some(("ascending", flag)) => part.ascending = flag == "true",
            Some(("page", page)) => part.page = page.parse().unwrap_or(0),
            _ => {}
        }
    }
    part
}
