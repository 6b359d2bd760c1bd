//! The options: one table that feeds the parser, the messages, the suggestions and the documentation.

/// One option.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// A value to show where one is missing.
    pub(crate) example: &'static str,
    /// As the documentation shows it.
    pub(crate) default: &'static str,
    /// As the documentation shows it.
    pub(crate) meaning: &'static str,
}

/// What an option takes. The ranges are those of the runtime's `check`; a test ties both.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A whole number.
    Number(Range),
    /// A duration.
    Time(Times),
    /// An IP address.
    Address,
    /// Blocks of addresses.
    Blocks,
    /// `backlog`, `refuse` or `refuse(b"…")`.
    Overload,
    /// An IP address with a port.
    AddressWithPort,
    /// `true` or `false`.
    Flag,
    /// A flag for the tables, which may stand alone. No field of `Options`.
    Case,
    /// Text that isn't empty.
    Text,
    /// What variables of the environment begin with.
    Env,
    /// A packet mode.
    Packet,
    /// A byte.
    Byte,
    /// `false`, `true`, `once` or a count.
    Active,
    /// Where the runtime crate is found. No field of `Options`.
    Crate,
}

#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) least: u64,
    pub(crate) most: u64,
    /// Why nothing smaller will do.
    pub(crate) because: &'static str,
    /// Whether the runtime's `check` judges it, or its type alone.
    pub(crate) checked: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Times {
    /// Why not zero; None where zero is a value.
    pub(crate) not_zero: Option<&'static str>,
    /// Whether `brutal_kill` is one.
    pub(crate) brutal_kill: bool,
}

const fn number(least: u64, most: u64, because: &'static str) -> Kind {
    let checked = !because.is_empty();
    Kind::Number(Range {
        least,
        most,
        because,
        checked,
    })
}

const fn time(why: &'static str) -> Kind {
    Kind::Time(Times {
        not_zero: Some(why),
        brutal_kill: false,
    })
}

const fn option(
    name: &'static str,
    kind: Kind,
    example: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Spec {
    Spec {
        name,
        kind,
        example,
        default,
        meaning,
    }
}

/// What a C `int` holds, as the system takes it.
const INT: u64 = 0x7fff_ffff;

pub(crate) const OPTIONS: &[Spec] = &[
    option(
        "port",
        number(0, 0xffff, ""),
        "10000",
        "none: required",
        "TCP port; 0 takes a free one",
    ),
    option(
        "ip",
        Kind::Address,
        "\"0.0.0.0\"",
        "\"127.0.0.1\"",
        "address to listen on; the network is opted into: `\"0.0.0.0\"`, `\"::\"` (both families)",
    ),
    option(
        "max_processes",
        number(1, u64::MAX, "with 0 nobody would be served"),
        "256",
        "8",
        "acceptors, so connections served at one time; what becomes of the next, `overload` says",
    ),
    option(
        "overload",
        Kind::Overload,
        "refuse(b\"busy\\r\\n\")",
        "backlog",
        "what becomes of a connection while all processes are busy: `backlog` lets it wait, `refuse` closes it, `refuse(b\"busy\\r\\n\")` \
         sends it these bytes before",
    ),
    option(
        "max_per_ip",
        number(1, u64::MAX, "with 0 nobody would be served"),
        "16",
        "none",
        "connections of one address at a time; one more is closed before anything is read",
    ),
    option(
        "allow",
        Kind::Blocks,
        "[\"10.0.0.0/8\", \"::1\"]",
        "none",
        "blocks of addresses of which nobody outside is served; who isn't is closed before anything is read",
    ),
    option(
        "deny",
        Kind::Blocks,
        "[\"192.0.2.0/24\"]",
        "none",
        "blocks of addresses of which nobody is served, whatever `allow` says",
    ),
    option(
        "accept_rate",
        number(1, 0xffff_ffff, "with 0 nobody would be accepted"),
        "1000",
        "none",
        "connections let in a second, from all addresses together; the others wait in the backlog",
    ),
    option(
        "max_restarts",
        number(0, 0xffff_ffff, ""),
        "3",
        "3",
        "restart intensity: more restarts than this in `restart_period` end the server",
    ),
    option(
        "restart_period",
        time("no restart would ever count"),
        "\"60s\"",
        "\"60s\"",
        "the time in which `max_restarts` counts",
    ),
    option(
        "shutdown",
        Kind::Time(Times {
            not_zero: None,
            brutal_kill: true,
        }),
        "\"15s\"",
        "\"15s\"",
        "how long a stop waits for running calls, and then for `terminate`: a duration, `brutal_kill` or `infinity`",
    ),
    option(
        "stop_delay",
        Kind::Time(Times {
            not_zero: None,
            brutal_kill: false,
        }),
        "\"5s\"",
        "\"0s\"",
        "how long a stop goes on serving after `health` was told, so that load balancers look away; a second stop skips it",
    ),
    option(
        "accept_error_sleep_time",
        time("accepting again at once would fail again"),
        "\"100ms\"",
        "\"100ms\"",
        "pause after an accept that failed for want of descriptors or memory, or for what isn't known",
    ),
    option(
        "recv_timeout",
        time("no frame comes in no time; `infinity` waits for ever"),
        "\"5m\"",
        "\"5m\"",
        "longest wait for the next whole frame; then the connection closes",
    ),
    option(
        "recv_limit",
        number(1, u64::MAX, "with 0 nothing could be read"),
        "1024 * 1024",
        "1 MiB",
        "most that one `recv_exact` may ask for",
    ),
    option(
        "send_timeout",
        time("nothing is read in no time; `infinity` waits for ever"),
        "\"30s\"",
        "\"30s\"",
        "longest wait for a peer that doesn't read; then the connection closes",
    ),
    option(
        "frame_timeout",
        time("no frame comes in no time; `infinity` waits for ever"),
        "\"30s\"",
        "infinity",
        "longest time from the first byte of a frame to its last; then the connection closes",
    ),
    option(
        "call_timeout",
        time("no callback could wait; `infinity` lets it take as long as it does"),
        "\"10s\"",
        "infinity",
        "longest time that one callback of a connection may take; then it is cut at its `.await`",
    ),
    option(
        "max_age",
        time("nobody would be served; `infinity` lets connections live as long as they do"),
        "\"1h\"",
        "infinity",
        "longest life of a connection; then it closes, after the call that runs",
    ),
    option(
        "close_timeout",
        time("no last reply would go out; `infinity` gives a peer all the time that it takes"),
        "\"30s\"",
        "\"30s\"",
        "longest time from the decision to close a connection to its end, however slowly the peer reads",
    ),
    option(
        "half_close",
        Kind::Flag,
        "true",
        "true",
        "whether a peer that has shut down its sending side has its call finished; with `false` its end cuts a call that waits",
    ),
    option(
        "packet",
        Kind::Packet,
        "line",
        "line",
        "`raw`, `raw(N)`, `1`, `2`, `4`, `line`, `line(crlf)`, `line(lf)`, `line(crlf | lf)`, `asn1`, `cdr`, `sunrm`, `fcgi`, `tpkt`, \
         `http`, `httph`, or the type of a codec",
    ),
    option(
        "delimiter",
        Kind::Byte,
        "b'\\0'",
        "`b'\\n'`",
        "the byte that ends a line of `packet = line`",
    ),
    option(
        "packet_size",
        number(1, INT, "no frame is shorter"),
        "64 * 1024",
        "64 KiB",
        "longest frame; a longer one closes the connection",
    ),
    option(
        "active",
        Kind::Active,
        "once",
        "false; true with a `handle_info`",
        "`false`, `true`, `once` or a count of frames",
    ),
    option(
        "mailbox",
        number(1, u64::MAX, "with 0 no message could wait"),
        "64",
        "64",
        "messages that wait for a connection; allocated on first use",
    ),
    option(
        "backlog",
        number(1, INT, "with 0 no connection could wait"),
        "1024",
        "1024",
        "connections that the kernel keeps waiting",
    ),
    option(
        "reuseaddr",
        Kind::Flag,
        "true",
        "true",
        "take the port again at once after a restart",
    ),
    option("nodelay", Kind::Flag, "true", "true", "send small replies at once"),
    option(
        "keepalive",
        Kind::Flag,
        "true",
        "true",
        "let the kernel find peers that vanished",
    ),
    option(
        "name",
        Kind::Text,
        "\"echo\"",
        "none",
        "registers the server under a name in this process",
    ),
    option(
        "health",
        Kind::AddressWithPort,
        "\"127.0.0.1:9000\"",
        "none",
        "answers HTTP at this address whether the server is ready: 200, or 503 while it is suspended or stops; port 0 takes a free one. 256 may be connected there, and whoever is silent makes room for who comes",
    ),
    option(
        "env",
        Kind::Env,
        "\"ECHO\"",
        "none",
        "lets the environment change options when the server starts: `ECHO_PORT`, `ECHO_MAX_PROCESSES`, …",
    ),
    option(
        "ignore_case",
        Kind::Case,
        "true",
        "false",
        "templates ignore the case of ASCII letters; `ignore_case` alone is `true`",
    ),
    option(
        "crate",
        Kind::Crate,
        "renamed",
        "`::kai_tcp_server`",
        "where this crate is, if it was renamed",
    ),
];

/// Other words for an option: what people who know other servers try first.
pub(crate) const SYNONYMS: &[(&str, &str)] = &[
    ("max_connections", "max_processes"),
    ("connections", "max_processes"),
    ("max_clients", "max_processes"),
    ("workers", "max_processes"),
    ("processes", "max_processes"),
    ("acceptors", "max_processes"),
    ("max_connections_per_ip", "max_per_ip"),
    ("rate_limit", "accept_rate"),
    ("whitelist", "allow"),
    ("allowlist", "allow"),
    ("blacklist", "deny"),
    ("denylist", "deny"),
    ("host", "ip"),
    ("addr", "ip"),
    ("address", "ip"),
    ("bind", "ip"),
    ("listen", "ip"),
    ("idle_timeout", "recv_timeout"),
    ("read_timeout", "recv_timeout"),
    ("receive_timeout", "recv_timeout"),
    ("timeout", "recv_timeout"),
    ("write_timeout", "send_timeout"),
    ("handler_timeout", "call_timeout"),
    ("request_timeout", "call_timeout"),
    ("max_lifetime", "max_age"),
    ("linger", "close_timeout"),
    ("linger_timeout", "close_timeout"),
    ("allow_half_close", "half_close"),
    ("allow_half_open", "half_close"),
    ("recv_length", "packet"),
    ("framing", "packet"),
    ("line_delimiter", "delimiter"),
    ("separator", "delimiter"),
    ("terminator", "delimiter"),
    ("max_frame", "packet_size"),
    ("max_packet_size", "packet_size"),
    ("time", "restart_period"),
    ("tcp_nodelay", "nodelay"),
    ("reuse_addr", "reuseaddr"),
    ("keep_alive", "keepalive"),
    ("drain_delay", "stop_delay"),
    ("pre_stop", "stop_delay"),
    ("health_check", "health"),
    ("healthz", "health"),
    ("readiness", "health"),
    ("environment", "env"),
    ("env_prefix", "env"),
    ("prefix", "env"),
];

/// Words that are no option any more, or not yet, and why.
pub(crate) const ABSENT: &[(&str, &str)] = &[(
    "accept_timeout",
    "there is no `accept_timeout` any more: an acceptor waits for its next connection, and nothing could tell that the \
         timeout was there; remove it",
)];

/// The option of this name.
pub(crate) fn find(name: &str) -> Option<&'static Spec> {
    OPTIONS.iter().find(|option| option.name == name)
}

/// The names of all options.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|option| option.name)
}
