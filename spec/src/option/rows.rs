//! The rows of the options: the name, the values and the meaning of each.

/// Calls the named macro with the rows of all options. That macro generates its items from them.
///
/// A row of `fields` is a field of the runtime's `Options`: its [`Id`](crate::option::Id), its
/// name, its kind with what that needs, and
///
/// - `changes`: `while_running`, by a reload; `at_start`, by the environment, a file or the
///   program; or `never`, because it belongs to the protocol, so only the attribute sets it,
/// - `default`: the value if none is set,
/// - `example`: a value that an error message shows if one is missing,
/// - `is`: its meaning, as a cell of the documentation's table,
/// - `also`: its names in other servers, for suggestions.
///
/// The rows of `attribute` are words that only the attribute knows. Values are spelled as in the
/// attribute.
///
/// The kinds are those of [`Kind`](crate::option::Kind): `number(type, least, most, why nothing
/// smaller will do)`, `time()`, `time(not_zero why)`, `time(or_brutal_kill)` and so on.
#[macro_export]
macro_rules! options {
    ($($with:tt)+) => {
        $($with)+! {
            fields {
                Port = port: number(u16, 0, 65535, "") {
                    changes: at_start,
                    default: "none: required without `listen`",
                    example: "10000",
                    is: "TCP port; with 0 the system picks a free one",
                    also: [],
                }
                Ip = ip: address() {
                    changes: at_start,
                    default: "\"127.0.0.1\"",
                    example: "\"0.0.0.0\"",
                    is: "address to listen on; by default only localhost, so for connections from other machines, or in a \
                     container, set `\"0.0.0.0\"`, or `\"::\"` for both families",
                    also: ["host", "addr", "address", "bind"],
                }
                Listen = listen: listeners() {
                    changes: at_start,
                    default: "none",
                    example: "[\"0.0.0.0:10000\", \"unix:/run/echo.sock\"]",
                    is: "further listeners, beside `port` or without it; see [listeners](#listeners)",
                    also: ["listeners", "listen_on", "binds", "addresses", "sockets"],
                }
                MaxProcesses = max_processes: number(usize, 1, 18446744073709551615, "with 0 nobody would be served") {
                    changes: while_running,
                    default: "8",
                    example: "256",
                    is: "acceptors, so connections served at one time; what becomes of the next, `overload` says",
                    also: ["max_connections", "connections", "max_clients", "workers", "processes", "acceptors"],
                }
                Overload = overload: overload() {
                    changes: at_start,
                    default: "backlog",
                    example: "refuse(b\"busy\\r\\n\")",
                    is: "what happens to a new connection while all processes are busy: `backlog` lets it wait, `refuse` \
                     closes it, `refuse(b\"busy\\r\\n\")` sends these bytes and closes it",
                    also: [],
                }
                MaxPerIp = max_per_ip: number(usize, 1, 18446744073709551615, "with 0 nobody would be served") {
                    changes: at_start,
                    default: "none",
                    example: "16",
                    is: "connections of one address at a time; a further one is closed before any byte is read",
                    also: ["max_connections_per_ip"],
                }
                Allow = allow: blocks() {
                    changes: at_start,
                    default: "none",
                    example: "[\"10.0.0.0/8\", \"::1\"]",
                    is: "only these addresses (CIDR blocks) are served; connections from others are closed before any byte is \
                     read",
                    also: ["whitelist", "allowlist"],
                }
                Deny = deny: blocks() {
                    changes: at_start,
                    default: "none",
                    example: "[\"192.0.2.0/24\"]",
                    is: "these addresses (CIDR blocks) aren't served, whatever `allow` says",
                    also: ["blacklist", "denylist"],
                }
                AcceptRate = accept_rate: number(u32, 1, 4294967295, "with 0 nobody would be accepted") {
                    changes: at_start,
                    default: "none",
                    example: "1000",
                    is: "new connections accepted per second, all addresses together; further ones wait in the backlog",
                    also: ["rate_limit"],
                }
                MaxRestarts = max_restarts: number(u32, 0, 4294967295, "") {
                    changes: at_start,
                    default: "3",
                    example: "3",
                    is: "restart intensity: more restarts than this within `restart_period` end the server",
                    also: [],
                }
                RestartPeriod = restart_period: time(not_zero "no restart would ever count") {
                    changes: at_start,
                    default: "\"60s\"",
                    example: "\"60s\"",
                    is: "the period over which `max_restarts` counts",
                    also: ["time"],
                }
                Shutdown = shutdown: time(or_brutal_kill) {
                    changes: while_running,
                    default: "\"15s\"",
                    example: "\"15s\"",
                    is: "how long a stop waits for running calls, and then for `terminate`: a duration, `brutal_kill` \
                     or `infinity`",
                    also: [],
                }
                StopDelay = stop_delay: time() {
                    changes: while_running,
                    default: "\"0s\"",
                    example: "\"5s\"",
                    is: "how long a stopping server still serves while `health` already answers 503, and `agent_check` \
                     `drain`, so that load balancers stop sending connections; a second stop skips the rest",
                    also: ["drain_delay", "pre_stop"],
                }
                Upgrade = upgrade: flag() {
                    changes: at_start,
                    default: "false",
                    example: "true",
                    is: "under `run`, SIGUSR2 starts the program anew, from its file, and hands over listeners and \
                     connections; see [upgrades](#upgrades)",
                    also: ["hot_upgrade", "live_upgrade", "hot_reload", "graceful_restart", "zero_downtime"],
                }
                UpgradeTimeout = upgrade_timeout: time(not_zero "no process takes over in no time") {
                    changes: while_running,
                    default: "\"2s\"",
                    example: "\"2s\"",
                    is: "how long a new version of the program may take until it serves, from its start on; after that all \
                     goes on in the old one",
                    also: ["takeover_timeout", "handover_timeout"],
                }
                AcceptErrorSleepTime = accept_error_sleep_time: time(not_zero "accepting again at once would fail again") {
                    changes: while_running,
                    default: "\"100ms\"",
                    example: "\"100ms\"",
                    is: "pause after an accept that failed because descriptors or memory ran out, or for an unknown reason",
                    also: [],
                }
                RecvTimeout = recv_timeout: time(not_zero "no frame comes in no time; `infinity` waits for ever") {
                    changes: while_running,
                    default: "\"5m\"",
                    example: "\"5m\"",
                    is: "longest wait for the next whole frame, after which the connection closes",
                    also: ["idle_timeout", "read_timeout", "receive_timeout", "timeout"],
                }
                RecvLimit = recv_limit: number(usize, 1, 18446744073709551615, "with 0 nothing could be read") {
                    changes: while_running,
                    default: "1 MiB",
                    example: "1024 * 1024",
                    is: "most bytes that one `recv_exact` may ask for",
                    also: [],
                }
                SendTimeout = send_timeout: time(not_zero "nothing is read in no time; `infinity` waits for ever") {
                    changes: while_running,
                    default: "\"30s\"",
                    example: "\"30s\"",
                    is: "longest wait for a peer that doesn't read, after which the connection closes",
                    also: ["write_timeout"],
                }
                FrameTimeout = frame_timeout: time(not_zero "no frame comes in no time; `infinity` waits for ever") {
                    changes: while_running,
                    default: "infinity",
                    example: "\"30s\"",
                    is: "longest time from the first byte of a frame to its last, after which the connection closes",
                    also: [],
                }
                CallTimeout = call_timeout: time(not_zero "no callback could wait; `infinity` lets it take as long as it does") {
                    changes: while_running,
                    default: "infinity",
                    example: "\"10s\"",
                    is: "longest time that one callback of a connection may take, after which it is cut at its `.await`",
                    also: ["handler_timeout", "request_timeout"],
                }
                MaxAge = max_age: time(not_zero "nobody would be served; `infinity` lets connections live as long as they do") {
                    changes: while_running,
                    default: "infinity",
                    example: "\"1h\"",
                    is: "longest life of a connection; it closes when the running call has finished",
                    also: ["max_lifetime"],
                }
                CloseTimeout = close_timeout: time(not_zero "no last reply would go out; `infinity` gives a peer all the time that it takes") {
                    changes: while_running,
                    default: "\"30s\"",
                    example: "\"30s\"",
                    is: "longest time from the decision to close a connection to its end, however slowly the peer reads",
                    also: ["linger", "linger_timeout"],
                }
                HalfClose = half_close: flag() {
                    changes: while_running,
                    default: "true",
                    example: "true",
                    is: "whether a call finishes after the peer has shut down its sending side; with `false` a waiting call \
                     is cut",
                    also: ["allow_half_close", "allow_half_open"],
                }
                Packet = packet: packet() {
                    changes: never,
                    default: "line",
                    example: "line",
                    is: "where a frame ends and what is added to a reply: one of the [packet modes](#packet-modes), or the \
                     type of a codec",
                    also: ["recv_length", "framing"],
                }
                Delimiter = delimiter: byte() {
                    changes: never,
                    default: "`b'\\n'`",
                    example: "b'\\0'",
                    is: "the byte that ends a line of `packet = line`",
                    also: ["line_delimiter", "separator", "terminator"],
                }
                PacketSize = packet_size: number(usize, 1, 2147483647, "no frame is shorter") {
                    changes: while_running,
                    default: "64 KiB",
                    example: "64 * 1024",
                    is: "longest frame, in bytes; a longer one closes the connection",
                    also: ["max_frame", "max_packet_size"],
                }
                Active = active: active() {
                    changes: never,
                    default: "false; true with a `handle_info`",
                    example: "once",
                    is: "how many frames are taken: `false`, `true`, `once` or a number; see [active and passive](#active-and-passive)",
                    also: [],
                }
                Mailbox = mailbox: number(usize, 1, 18446744073709551615, "with 0 no message could wait") {
                    changes: while_running,
                    default: "64",
                    example: "64",
                    is: "most messages that wait for a connection; allocated on first use",
                    also: [],
                }
                Backlog = backlog: number(u32, 1, 2147483647, "with 0 no connection could wait") {
                    changes: at_start,
                    default: "1024",
                    example: "1024",
                    is: "most connections that wait in the kernel until the server accepts them",
                    also: [],
                }
                Reuseaddr = reuseaddr: flag() {
                    changes: at_start,
                    default: "true",
                    example: "true",
                    is: "lets the server take the port again at once after a restart",
                    also: ["reuse_addr"],
                }
                Nodelay = nodelay: flag() {
                    changes: while_running,
                    default: "true",
                    example: "true",
                    is: "sends small replies at once (`TCP_NODELAY`)",
                    also: ["tcp_nodelay"],
                }
                Keepalive = keepalive: flag() {
                    changes: while_running,
                    default: "true",
                    example: "true",
                    is: "lets the kernel detect peers that vanished",
                    also: ["keep_alive"],
                }
                TlsCert = tls_cert: texts() {
                    changes: while_running,
                    default: "none",
                    example: "\"cert.pem\"",
                    is: "written `tls(cert = \"cert.pem\", key = \"key.pem\")`: PEM files, each with a certificate and what \
                     leads to its issuer; the port speaks TLS; of several the client's server name (SNI) chooses, and else \
                     the first is used",
                    also: ["certificate", "certs", "cert_file", "crt"],
                }
                TlsKey = tls_key: texts() {
                    changes: while_running,
                    default: "none",
                    example: "\"key.pem\"",
                    is: "`tls(key = …)`: PEM files with the private keys, in the order of the certificates",
                    also: ["private_key", "keys", "key_file"],
                }
                TlsClientCa = tls_client_ca: text() {
                    changes: while_running,
                    default: "none",
                    example: "\"clients.pem\"",
                    is: "`tls(client_ca = …)`: PEM file; clients must show a certificate that one of these certificates signed",
                    also: ["ca", "ca_file", "client_cert", "client_auth"],
                }
                TlsClientOptional = tls_client_optional: flag() {
                    changes: while_running,
                    default: "false",
                    example: "true",
                    is: "`tls(client_optional = …)`: clients that show no certificate are served, too",
                    also: ["verify_optional"],
                }
                TlsAlpn = tls_alpn: texts() {
                    changes: while_running,
                    default: "none",
                    example: "[\"echo\"]",
                    is: "`tls(alpn = …)`: the protocols that clients may ask for by name, the preferred one first; a client \
                     that asks for others only is refused",
                    also: ["alpn_protocols", "protocols"],
                }
                TlsStarttls = tls_starttls: flag() {
                    changes: at_start,
                    default: "false",
                    example: "true",
                    is: "`tls(starttls = …)`: connections begin in plain, until `Socket::start_tls`",
                    also: ["start_tls"],
                }
                TlsWatch = tls_watch: time(not_zero "the files would be read without pause; `infinity` leaves them until a reload") {
                    changes: at_start,
                    default: "infinity",
                    example: "\"1m\"",
                    is: "`tls(watch = …)`: how often the server looks whether the files have changed, and reads them again then",
                    also: ["reload", "reload_interval"],
                }
                HandshakeTimeout = handshake_timeout: time(not_zero "no handshake is done in no time; `infinity` waits for ever") {
                    changes: while_running,
                    default: "\"10s\"",
                    example: "\"10s\"",
                    is: "longest time for what comes before the protocol, TLS and PROXY, after which the connection closes",
                    also: ["tls_timeout", "ssl_handshake_timeout"],
                }
                ProxyProtocol = proxy_protocol: proxy_protocol() {
                    changes: at_start,
                    default: "off",
                    example: "required",
                    is: "whether connections of the port begin with a PROXY protocol header (version 1 or 2), which says who \
                     the peer is: `off`, `required`, or `optional`",
                    also: ["accept_proxy", "send_proxy", "proxy", "haproxy"],
                }
                TrustedProxies = trusted_proxies: blocks() {
                    changes: at_start,
                    default: "none",
                    example: "[\"10.0.0.0/8\"]",
                    is: "the addresses (CIDR blocks) from which a PROXY header is believed; required with `proxy_protocol`",
                    also: ["set_real_ip_from", "real_ip_from", "proxies"],
                }
                ProxyTimeout = proxy_timeout: time(not_zero "no header comes in no time; `infinity` waits for ever") {
                    changes: while_running,
                    default: "\"5s\"",
                    example: "\"5s\"",
                    is: "longest wait for the whole PROXY header, after which the connection closes",
                    also: ["proxy_header_timeout"],
                }
                Name = name: text() {
                    changes: at_start,
                    default: "none",
                    example: "\"echo\"",
                    is: "registers the server under this name in the process",
                    also: [],
                }
                Health = health: address_with_port() {
                    changes: at_start,
                    default: "none",
                    example: "\"127.0.0.1:9000\"",
                    is: "address at which HTTP requests are answered with the server's readiness: 200, or 503 while it is \
                     suspended or stops; with port 0 the system picks a free one; at most 256 clients may be \
                     connected, and a new one replaces a silent one",
                    also: ["health_check", "healthz", "readiness"],
                }
                AgentCheck = agent_check: address_with_port() {
                    changes: at_start,
                    default: "none",
                    example: "\"127.0.0.1:9001\"",
                    is: "address at which HAProxy's `agent-check` is answered with one line on connect: `ready` and the \
                     percentage of processes that are free, or `drain` while the server is suspended or stops; see \
                     [readiness](#readiness); bounds as of `health`",
                    also: ["agent", "agent_port", "agent_addr", "haproxy_agent"],
                }
                Latency = latency: flag() {
                    changes: at_start,
                    default: "false",
                    example: "true",
                    is: "whether the times of calls are counted by arm, for the metrics: two readings of the clock a call",
                    also: ["histogram", "call_times", "timings"],
                }
                RecordDir = record_dir: text() {
                    changes: at_start,
                    default: "none",
                    example: "\"recordings\"",
                    is: "written `record(dir = \"recordings\")`: a directory for recordings of all that peers send and are \
                         sent, secrets too; see [recordings](#recordings)",
                    also: ["recordings", "capture", "dump", "trace_dir"],
                }
                RecordFileSize = record_file_size: number(usize, 131072, 18446744073709551615, "a file must have space for the longest line") {
                    changes: at_start,
                    default: "64 MiB",
                    example: "64 * 1024 * 1024",
                    is: "`record(file_size = …)`: most bytes of a file, after which the next one begins",
                    also: ["rotate", "max_file_size"],
                }
                RecordFiles = record_files: number(usize, 1, 18446744073709551615, "with 0 nothing would be kept") {
                    changes: at_start,
                    default: "8",
                    example: "8",
                    is: "`record(files = …)`: most files that are kept; the oldest goes first",
                    also: ["keep", "max_files"],
                }
                RecordFrameSize = record_frame_size: number(usize, 1, 18446744073709551615, "with 0 nothing would be recorded") {
                    changes: at_start,
                    default: "1 MiB",
                    example: "1024 * 1024",
                    is: "`record(frame_size = …)`: most bytes of a frame that are recorded; the rest is left out, and the \
                         recording says so",
                    also: ["snaplen"],
                }
            }
            attribute {
                env: env() {
                    default: "none",
                    example: "\"ECHO\"",
                    is: "lets the environment change options when the server starts: `ECHO_PORT`, `ECHO_MAX_PROCESSES`, …",
                    also: ["environment", "env_prefix", "prefix"],
                }
                ignore_case: case() {
                    default: "false",
                    example: "true",
                    is: "templates ignore the case of ASCII letters; `ignore_case` alone means `true`",
                    also: [],
                }
                state: states() {
                    default: "none",
                    example: "Phase",
                    is: "the enum of the protocol's [states](#states), which derives `ProtocolState`",
                    also: ["states", "phase", "phases", "state_machine"],
                }
                session_version: version() {
                    default: "none",
                    example: "1",
                    is: "version of what serde writes of a session, when a new version of the program takes connections over; \
                     needs the feature `upgrade`; see [sessions handed over](#sessions-handed-over)",
                    also: ["state_version", "format_version", "session_format", "version", "vsn"],
                }
                example: expression() {
                    default: "`Default::default()`",
                    example: "Echo",
                    is: "the server that the [transcripts](#transcripts) in the documents are played against",
                    also: [],
                }
                client: declared() {
                    default: "none",
                    example: "EchoClient",
                    is: "declares a [client](#client) of this name, with a method for each arm; `pub(crate) EchoClient` \
                     limits who sees it",
                    also: ["client_type", "client_name"],
                }
                crate: crate_path() {
                    default: "`::kai_tcp_server`",
                    example: "renamed",
                    is: "path of this crate, if it was renamed",
                    also: [],
                }
            }
        }
    };
}
