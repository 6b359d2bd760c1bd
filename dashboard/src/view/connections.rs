//! The connections of a server, a page of them at a time, and one of them alone.

use std::cmp::Ordering;

use kai_tcp_server::{ConnectionInfo, Inspection};
use serde_json::{Value, json};

use super::millis;

/// The connections on a page.
const PAGE: usize = 50;

/// The column that connections are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// By when they were accepted.
    Age,
    Calls,
    BytesIn,
    BytesOut,
}

impl Sort {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "age" => Sort::Age,
            "calls" => Sort::Calls,
            "bytes_in" => Sort::BytesIn,
            "bytes_out" => Sort::BytesOut,
            _ => return None,
        })
    }

    /// Puts the most of its column first. Connections with the same keep their order, so that a
    /// page doesn't change for nothing.
    fn compare(self, one: &ConnectionInfo, other: &ConnectionInfo) -> Ordering {
        let by_figure = match self {
            Sort::Age => Ordering::Equal,
            Sort::Calls => other.calls.cmp(&one.calls),
            Sort::BytesIn => other.bytes_in.cmp(&one.bytes_in),
            Sort::BytesOut => other.bytes_out.cmp(&one.bytes_out),
        };
        by_figure.then(one.id.cmp(&other.id))
    }
}

/// The part of the connections that a viewer looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) sort: Sort,
    /// True if the least of the column comes first.
    pub(crate) ascending: bool,
    /// The number of the page, from 0 on.
    pub(crate) page: usize,
}

/// Returns a page of connections. One behind the last is the last.
pub(crate) fn of(all: &[ConnectionInfo], part: Part) -> Value {
    let pages = all.len().div_ceil(PAGE).max(1);
    let page = part.page.min(pages - 1);
    let mut sorted: Vec<&ConnectionInfo> = all.iter().collect();
    let compare = |one: &&ConnectionInfo, other: &&ConnectionInfo| {
        let order = part.sort.compare(one, other);
        if part.ascending { order.reverse() } else { order }
    };
    // All that stand before the end of the page, and only they, are put in order.
    let end = ((page + 1) * PAGE).min(sorted.len());
    if end > 0 && end < sorted.len() {
        sorted.select_nth_unstable_by(end - 1, compare);
        sorted.truncate(end);
    }
    sorted.sort_unstable_by(compare);
    json!({
        "total": all.len(),
        "page": page,
        "pages": pages,
        "connections": sorted.iter().skip(page * PAGE).map(|info| row(info)).collect::<Vec<_>>(),
    })
}

fn row(info: &ConnectionInfo) -> Value {
    json!({
        "id": info.id.to_string(),
        "peer": info.peer_addr.to_string(),
        "since": millis(info.since),
        "calls": info.calls,
        "bytes_in": info.bytes_in,
        "bytes_out": info.bytes_out,
        "state": info.state,
    })
}

/// Returns a connection with its session.
pub(crate) fn detail(info: &ConnectionInfo, session: Inspection) -> Value {
    let (kind, text) = match session {
        Inspection::Session(text) => ("session", Some(text)),
        Inspection::Busy => ("busy", None),
        Inspection::Gone => ("gone", None),
        _ => ("opaque", None),
    };
    json!({"connection": row(info), "session": {"kind": kind, "text": text}})
}
