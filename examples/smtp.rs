//! A mail sink for tests of programs that send mail. It takes mail from any sender to any
//! recipient, delivers none, and keeps the last mails in memory.
//!
//! ```text
//! cargo run --example smtp        # on port 2525; `-- 0` takes a free port
//! swaks --server 127.0.0.1:2525 --from anna@example.test --to bob@example.test
//! nc -C 127.0.0.1 2525            # `help` lists the commands; `xlast` shows the last mail
//! ```
//!
//! With `--features dashboard` it has a live page at `http://127.0.0.1:7070/`.
//!
//! The protocol is RFC 5321, with PIPELINING (RFC 2920), SIZE (RFC 1870) and 8BITMIME (RFC 6152).
//! The server logs a line for each mail.
//!
//! Lines end only in CR LF. If one server takes a bare LF as a line end and the next one doesn't, a
//! mail can hide another one (SMTP smuggling). Here a bare LF is part of the line, and a mail that
//! contains a bare LF or CR is refused.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kai_tcp_server::{
    Action, Error, ErrorKind, Failure, PeerAddr, ProtocolState, Reply, Result, Socket, run, tcp_server, with,
};

/// The name of the server.
const NAME: &str = "localhost";

/// The largest mail, and the most recipients of one.
const SIZE_MAX: usize = 4 * 1024 * 1024;
const RECIPIENTS_MAX: usize = 100;

/// The number of mails that are kept, and the limit of their bytes.
const MAILS_MAX: usize = 1000;
const KEPT_MAX: usize = 64 * 1024 * 1024;

/// The longest command: 512 bytes with its line end, plus the parameters SIZE and 8BITMIME.
const COMMAND_MAX: usize = 512 - 2 + 26 + 17;

/// The longest line of a mail. The standard requires 1000 and recommends more; programs that write
/// HTML need it.
const LINE_MAX: usize = 16 * 1024;

/// The state of a conversation.
#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    /// The client hasn't said hello.
    #[initial]
    Hello,
    /// The next mail may begin.
    Ready,
    /// The mail has a sender.
    Sender,
    /// The mail has a sender and at least one recipient.
    Recipient,
    /// The lines are the mail's text.
    Text,
}

/// The data that a connection remembers; the live page shows it.
#[derive(Debug)]
struct Session {
    peer: PeerAddr,
    mail: Mail,
    /// The reason for which the present mail will be refused.
    refused: Option<&'static str>,
}

#[derive(Default)]
struct Mail {
    from: String,
    to: Vec<String>,
    /// The text, in which each line ends in CR LF.
    text: Vec<u8>,
}

/// Without its text, which may be long.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("bytes", &self.text.len())
            .finish()
    }
}

#[derive(Default)]
struct Sink(Mutex<Mails>);

/// The last mails, the oldest first.
#[derive(Default)]
struct Mails {
    kept: VecDeque<Arc<Mail>>,
    bytes: usize,
    /// The number of mails received so far.
    count: u64,
}

/// A whole mail, in which the client has doubled a dot:
///
/// ```transcript
/// S: 220 localhost ESMTP mail sink
/// C: MAIL FROM:<anna@example.test>
/// S: 503 EHLO comes first
/// C: EHLO there
/// S. 250-localhost\r\n250-PIPELINING\r\n250-SIZE 4194304\r\n250 8BITMIME\r\n
/// C: MAIL FROM:<anna@example.test> SIZE=20
/// S: 250 sender taken
/// C: RCPT TO:<bob@example.test>
/// S: 250 recipient taken
/// C: DATA
/// S: 354 go on, and end by a dot on a line of its own
/// C: Subject: dots
/// C:
/// C: ..
/// S! nothing
/// C: .
/// S: 250 mail {number: u64} is taken
/// C: XLAST
/// S: 250-from <anna@example.test>
/// S: 250-to <bob@example.test>
/// S: 250-Subject: dots
/// S: 250-
/// S: 250-.
/// S: 250 that was it
/// C: QUIT
/// S: 221 localhost bye
/// S! closed
/// ```
///
/// A silent client is told why it is cut off:
///
/// ```transcript
/// S: 220 {_..}
/// (wait 5m)
/// S: 421 localhost you were silent for too long, bye
/// S! closed
/// ```
// `max_processes` bounds the mails that arrive at a time; each may take up to twice the memory of
// the largest. The time limit is the standard's.
#[tcp_server(
    port = 2525,
    packet = line(crlf),
    packet_size = LINE_MAX,
    max_processes = 64,
    recv_timeout = "5m",
    ignore_case,
    state = Phase,
)]
impl Sink {
    async fn connected(&self, socket: &mut Socket) -> Result<Session> {
        socket.send(("220 ", NAME, " ESMTP mail sink")).await?;
        Ok(Session {
            peer: socket.peer_addr(),
            mail: Mail::default(),
            refused: None,
        })
    }

    fn handle_call(&self, state: Phase, data: &[u8], session: &mut Session) -> Action {
        match (state, data) {
            // A mail's text contains no commands. The client adds a dot to a line that begins with
            // one; the server removes it.
            (Phase::Text, b".") => self.take(session).next(Phase::Ready),
            (Phase::Text, [b'.', line @ ..] | line) => session.add(line),
            // Blanks at the end of a command mean nothing.
            (_, [line @ .., b' ' | b'\t']) => self.handle_call(state, line.trim_ascii_end(), session),
            // A web page can make a browser send this; the request's body could contain a mail.
            (_, "{_..: bytes} http/{_: bytes}") => close(("421 ", NAME, " speaks no HTTP, bye")),
            (_, line) if line.len() > COMMAND_MAX => reply("500 line too long"),

            (_, "helo {name}") if is_name(name) => session.begin(("250 ", NAME)),
            (_, "ehlo {name}") if is_name(name) => session.begin(format_args!(
                "250-{NAME}\r\n250-PIPELINING\r\n250-SIZE {SIZE_MAX}\r\n250 8BITMIME"
            )),
            (_, "helo{_..: bytes}" | "ehlo{_..: bytes}") => reply("501 HELO name, or EHLO name"),

            (Phase::Ready, "mail from:<{path..}>{parameters..}") => session.mail_from(path, parameters),
            (Phase::Ready, "mail from: {_..: bytes}") => reply("501 no blank after the colon: MAIL FROM:<address>"),
            (Phase::Ready, "mail{_..: bytes}") => reply("501 MAIL FROM:<address>"),
            (Phase::Hello, "mail {_..: bytes}") => reply("503 EHLO comes first"),
            (_, "mail {_..: bytes}") => reply("503 there is a sender already"),

            (Phase::Sender | Phase::Recipient, "rcpt to:<{path..}>{parameters..}") => session.rcpt_to(path, parameters),
            (Phase::Sender | Phase::Recipient, "rcpt to: {_..: bytes}") => {
                reply("501 no blank after the colon: RCPT TO:<address>")
            }
            (Phase::Sender | Phase::Recipient, "rcpt{_..: bytes}") => reply("501 RCPT TO:<address>"),
            (_, "rcpt {_..: bytes}") => reply("503 MAIL comes first"),

            (Phase::Recipient, "data") => reply("354 go on, and end by a dot on a line of its own").next(Phase::Text),
            (Phase::Sender, "data") => reply("554 no valid recipients"),
            (_, "data") => reply("503 MAIL and RCPT come first"),

            (Phase::Hello, "rset") => reply("250 forgotten"),
            (_, "rset") => session.begin("250 forgotten"),
            (_, "noop" | "noop {_..: bytes}") => reply("250 done"),
            (_, "vrfy {_..: bytes}") => reply("252 anybody gets mail here"),
            (_, "help" | "help {_..: bytes}") => reply("214 DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET VRFY XLAST"),
            (_, "quit") => close(("221 ", NAME, " bye")),
            // Commands that begin with an X are for private use.
            (_, "xlast") => self.last(),

            (_, "data {_..: bytes}" | "rset {_..: bytes}" | "quit {_..: bytes}" | "xlast {_..: bytes}") => {
                reply("501 nothing may follow that command")
            }
            (_, "vrfy") => reply("501 VRFY address"),
            (_, "expn {_..: bytes}" | "auth {_..: bytes}" | "starttls") => reply("502 not here"),
            _ => reply("500 no such command: HELP lists them"),
        }
    }

    /// Reports failures in the words of the protocol.
    fn failed(&self, failure: &Failure) -> Action {
        match failure {
            Failure::TooLong => close("500 line too long, bye"),
            Failure::Timeout => close(("421 ", NAME, " you were silent for too long, bye")),
            _ => close(("421 ", NAME, " something went wrong, bye")),
        }
    }

    /// Says goodbye when the server stops. The client must send an incomplete mail again.
    fn stopping(&self) -> Action {
        close(("421 ", NAME, " is closing, bye"))
    }

    /// Takes a complete mail.
    fn take(&self, session: &mut Session) -> Action {
        let (mail, refused) = session.take();
        if let Some(why) = refused {
            return reply(why);
        }
        let (count, mail) = self.mails().keep(mail);
        // Addresses are plain ASCII here. They are quoted anyway, because readers of a log trust
        // its lines.
        tracing::info!(
            "mail {count} from {:?} to {:?} of {} bytes, sent by {}",
            mail.from,
            mail.to,
            mail.text.len(),
            session.peer
        );
        reply(format_args!("250 mail {count} is taken"))
    }

    fn last(&self) -> Action {
        let Some(mail) = self.mails().kept.back().cloned() else {
            return reply("550 no mail has come");
        };
        let mut shown = format!("250-from <{}>\r\n250-to <{}>\r\n", mail.from, mail.to.join(">, <")).into_bytes();
        for line in mail.text.split_inclusive(|&byte| byte == b'\n') {
            shown.extend_from_slice(b"250-");
            shown.extend_from_slice(line);
        }
        reply((shown, "250 that was it"))
    }

    /// Locks the mails. The guard is never held across an await, and no code leaves the mails half
    /// changed.
    fn mails(&self) -> MutexGuard<'_, Mails> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Forgets the present mail, so that the next one may begin.
    fn begin<'a>(&mut self, answer: impl Reply<'a>) -> Action<'a> {
        self.take();
        Action::reply(answer).next(Phase::Ready)
    }

    /// Takes the present mail, and why it is refused.
    fn take(&mut self) -> (Mail, Option<&'static str>) {
        (std::mem::take(&mut self.mail), self.refused.take())
    }

    fn mail_from(&mut self, path: &str, parameters: &str) -> Action<'static> {
        // Mails that report a failed delivery have no sender's address.
        let Some(from) = Some("").filter(|_| path.is_empty()).or_else(|| address(path)) else {
            return Action::reply("501 that is no address");
        };
        if !parameters.is_empty() && !parameters.starts_with(' ') {
            return Action::reply("501 a blank comes before each parameter");
        }
        for parameter in parameters.split_ascii_whitespace() {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match (&key.to_ascii_uppercase()[..], &value.to_ascii_uppercase()[..]) {
                ("BODY", "7BIT" | "8BITMIME") => {}
                ("SIZE", size) if !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit()) => {
                    // A number that `usize` can't hold is too large as well.
                    if !size.parse().is_ok_and(|size: usize| size <= SIZE_MAX) {
                        return Action::reply(TOO_LARGE);
                    }
                }
                ("BODY" | "SIZE", _) => return Action::reply("501 that is no value of that parameter"),
                _ => return Action::reply("555 no such parameter"),
            }
        }
        from.clone_into(&mut self.mail.from);
        Action::reply("250 sender taken").next(Phase::Sender)
    }

    fn rcpt_to(&mut self, path: &str, parameters: &str) -> Action<'static> {
        // This address needs no domain.
        let postmaster = Some(path).filter(|path| path.eq_ignore_ascii_case("postmaster"));
        let Some(to) = postmaster.or_else(|| address(path)) else {
            return Action::reply("501 that is no address");
        };
        if !parameters.trim_ascii().is_empty() {
            return Action::reply("555 no such parameter");
        }
        if self.mail.to.len() == RECIPIENTS_MAX {
            return Action::reply("452 too many recipients: send another mail to these");
        }
        self.mail.to.push(to.to_owned());
        Action::reply("250 recipient taken").next(Phase::Recipient)
    }

    /// Adds a line to the text. A mail that will be refused is read to its end, but takes no
    /// memory.
    fn add(&mut self, line: &[u8]) -> Action<'static> {
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            self.refuse("554 a CR or LF stands alone in it");
        } else if self.mail.text.len() + line.len() + 2 > SIZE_MAX {
            self.refuse(TOO_LARGE);
        } else if self.refused.is_none() {
            self.mail.text.extend_from_slice(line);
            self.mail.text.extend_from_slice(b"\r\n");
        }
        Action::noreply()
    }

    fn refuse(&mut self, why: &'static str) {
        self.refused.get_or_insert(why);
        self.mail.text = Vec::new();
    }
}

const TOO_LARGE: &str = "552 too large: SIZE says what is taken";

impl Mails {
    /// Keeps a mail, and drops the oldest ones until it fits. Returns the number of mails so far,
    /// and the mail.
    fn keep(&mut self, mut mail: Mail) -> (u64, Arc<Mail>) {
        mail.text.shrink_to_fit();
        let mail = Arc::new(mail);
        self.count += 1;
        self.bytes += mail.size();
        self.kept.push_back(Arc::clone(&mail));
        while (self.kept.len() > MAILS_MAX || self.bytes > KEPT_MAX)
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= oldest.size();
        }
        (self.count, mail)
    }
}

impl Mail {
    fn size(&self) -> usize {
        self.from.len() + self.to.iter().map(String::len).sum::<usize>() + self.text.len()
    }
}

/// Returns whether a client may use this name: a domain, or an address in brackets.
fn is_name(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns the address of a path. The route that old mails carry (`@a,@b:anna@c`) is dropped, as
/// the standard demands.
///
/// A quoted name that contains a blank or a `>` is refused, although the standard allows it.
fn address(path: &str) -> Option<&str> {
    let address = match path.strip_prefix('@') {
        Some(way) => way.split_once(':')?.1,
        None => path,
    };
    let (name, domain) = address.rsplit_once('@')?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[]\\,;:@\"".contains(&byte);
    let quoted = name.len() > 2 && name.starts_with('"') && name.ends_with('"');
    let name_is_right = (1..=64).contains(&name.len())
        && if quoted {
            name.bytes().all(|byte| byte.is_ascii_graphic())
        } else {
            name.bytes().all(plain)
        };
    let bare = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']'));
    let in_domain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte) || bare.is_some() && byte == b':';
    let domain = bare.unwrap_or(domain);
    let domain_is_right = (1..=255).contains(&domain.len()) && domain.bytes().all(in_domain);
    (name_is_right && domain_is_right).then_some(address)
}

fn main() -> Result {
    let mut options = Sink::OPTIONS;
    if let Some(argument) = std::env::args_os().nth(1) {
        let port = argument.to_string_lossy();
        let wrong = |_| Error::new(ErrorKind::Options, format!("{port:?} is no port: 0 takes a free one"));
        options = options.port(port.parse().map_err(wrong)?);
    }
    #[cfg(feature = "dashboard")]
    kai_tcp_server_dashboard::Dashboard::new().start()?;
    run(with(Sink::default(), options))
}
