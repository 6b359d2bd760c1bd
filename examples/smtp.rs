//! A mail sink: it takes mail for anybody from anybody, delivers none of it, and keeps the last of them in memory. Made for tests
//! of programs that send mail.
//!
//! ```text
//! cargo run --example smtp            # on port 2525; `-- 0` takes a free port
//! swaks --server 127.0.0.1:2525 --from anna@example.test --to bob@example.test
//! nc -C 127.0.0.1 2525                # by hand: `help` lists the commands; `xlast` shows the last mail that came
//! ```
//!
//! The protocol is RFC 5321, with PIPELINING (RFC 2920), SIZE (RFC 1870) and 8BITMIME (RFC 6152). Each mail is a line in the log.
//!
//! Lines end in CR LF and in nothing else. Where one server takes a bare LF for a line's end and the next one doesn't, a mail can
//! hide another one (SMTP smuggling): here it is part of the line, and a mail with one in it is refused, as a CR is.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kai_tcp_server::{Action, Error, ErrorKind, Failure, PeerAddr, Result, Socket, run, tcp_server, with};

/// The name that the server goes by.
const NAME: &str = "localhost";

/// The largest mail, and the most recipients of one.
const SIZE_MAX: usize = 4 * 1024 * 1024;
const RECIPIENTS_MAX: usize = 100;

/// How many mails are kept, and how many bytes of them.
const MAILS_MAX: usize = 1000;
const KEPT_MAX: usize = 64 * 1024 * 1024;

/// The longest command: 512 bytes with its line's end, and what SIZE and 8BITMIME may add to it.
const COMMAND_MAX: usize = 512 - 2 + 26 + 17;

/// The longest line of a mail. The standard says 1000, and that more is better; programs that write HTML need it.
const LINE_MAX: usize = 16 * 1024;

/// Where a conversation is.
#[derive(Clone, Copy)]
enum State {
    /// Nobody has said hello.
    Hello,
    /// The next mail may begin.
    Ready,
    /// It has a sender,
    Sender,
    /// and at least one recipient.
    Recipient,
    /// Lines are its text.
    Text,
}

/// A conversation.
struct Session {
    peer: PeerAddr,
    state: State,
    mail: Mail,
    /// Why the mail that is coming will not be taken.
    refused: Option<&'static str>,
}

#[derive(Default)]
struct Mail {
    from: String,
    to: Vec<String>,
    /// Each line ends in CR LF.
    text: Vec<u8>,
}

#[derive(Default)]
struct Sink(Mutex<Mails>);

/// The last mails, the oldest first.
#[derive(Default)]
struct Mails {
    kept: VecDeque<Arc<Mail>>,
    bytes: usize,
    /// How many there have been.
    count: u64,
}

// So many mails may be coming at a time, each in up to twice the memory of the largest. The time limit is the standard's.
#[tcp_server(
    port = 2525,
    packet = line(crlf),
    packet_size = LINE_MAX,
    max_processes = 64,
    recv_timeout = "5m",
    ignore_case,
)]
impl Sink {
    async fn connected(&self, socket: &mut Socket) -> Result<Session> {
        socket.send(("220 ", NAME, " ESMTP mail sink")).await?;
        Ok(Session {
            peer: socket.peer_addr(),
            state: State::Hello,
            mail: Mail::default(),
            refused: None,
        })
    }

    fn handle_call(&self, data: &[u8], session: &mut Session) -> Action {
        let data = session.line(data);
        match (session.state, data) {
            // In a mail's text there are no commands. A line that begins with a dot got another one on its way.
            (State::Text, b".") => self.take(session),
            (State::Text, [b'.', line @ ..] | line) => {
                session.add(line);
                noreply
            }
            // What a web page has a browser send here could have a mail in its body.
            (_, "{_..: bytes} http/{_: bytes}") => close(("421 ", NAME, " speaks no HTTP, bye")),
            (_, line) if line.len() > COMMAND_MAX => reply("500 line too long"),

            (_, "helo {name}") if is_name(name) => {
                session.begin();
                reply(("250 ", NAME))
            }
            (_, "ehlo {name}") if is_name(name) => {
                session.begin();
                reply(format_args!(
                    "250-{NAME}\r\n250-PIPELINING\r\n250-SIZE {SIZE_MAX}\r\n250 8BITMIME"
                ))
            }
            (_, "helo{_..: bytes}" | "ehlo{_..: bytes}") => reply("501 HELO name, or EHLO name"),

            (State::Ready, "mail from:<{path..}>{parameters..}") => session.mail_from(path, parameters),
            (State::Ready, "mail from: {_..: bytes}") => reply("501 no blank after the colon: MAIL FROM:<address>"),
            (State::Ready, "mail{_..: bytes}") => reply("501 MAIL FROM:<address>"),
            (State::Hello, "mail {_..: bytes}") => reply("503 EHLO comes first"),
            (_, "mail {_..: bytes}") => reply("503 there is a sender already"),

            (State::Sender | State::Recipient, "rcpt to:<{path..}>{parameters..}") => session.rcpt_to(path, parameters),
            (State::Sender | State::Recipient, "rcpt to: {_..: bytes}") => {
                reply("501 no blank after the colon: RCPT TO:<address>")
            }
            (State::Sender | State::Recipient, "rcpt{_..: bytes}") => reply("501 RCPT TO:<address>"),
            (_, "rcpt {_..: bytes}") => reply("503 MAIL comes first"),

            (State::Recipient, "data") => {
                session.state = State::Text;
                reply("354 go on, and end by a dot on a line of its own")
            }
            (State::Sender, "data") => reply("554 no valid recipients"),
            (_, "data") => reply("503 MAIL and RCPT come first"),

            (_, "rset") => {
                session.reset();
                reply("250 forgotten")
            }
            (_, "noop" | "noop {_..: bytes}") => reply("250 done"),
            (_, "vrfy {_..: bytes}") => reply("252 anybody gets mail here"),
            (_, "help" | "help {_..: bytes}") => reply("214 DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET VRFY XLAST"),
            (_, "quit") => close(("221 ", NAME, " bye")),
            // Commands that begin with an X are everybody's own.
            (_, "xlast") => self.last(),

            (_, "data {_..: bytes}" | "rset {_..: bytes}" | "quit {_..: bytes}" | "xlast {_..: bytes}") => {
                reply("501 nothing may follow that command")
            }
            (_, "vrfy") => reply("501 VRFY address"),
            (_, "expn {_..: bytes}" | "auth {_..: bytes}" | "starttls") => reply("502 not here"),
            _ => reply("500 no such command: HELP lists them"),
        }
    }

    /// What goes wrong is said in the protocol.
    fn failed(&self, failure: &Failure) -> Action {
        match failure {
            Failure::TooLong => close("500 line too long, bye"),
            Failure::Timeout => close(("421 ", NAME, " you were silent for too long, bye")),
            _ => close(("421 ", NAME, " something went wrong, bye")),
        }
    }

    /// A mail that is half here is the sender's to send again.
    fn stopping(&self) -> Action {
        close(("421 ", NAME, " is closing, bye"))
    }

    /// A mail has come whole.
    fn take(&self, session: &mut Session) -> Action {
        let refused = session.refused;
        let mail = session.reset();
        if let Some(why) = refused {
            return reply(why);
        }
        let (count, mail) = self.mails().keep(mail);
        // Addresses are plain ASCII by now; they are quoted all the same, as a log's reader trusts its lines.
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

    /// Never held across an await, and never left half changed.
    fn mails(&self) -> MutexGuard<'_, Mails> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// A line as the table has it: blanks may follow a command, but those of a text are its own.
    fn line<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        match self.state {
            State::Text => line,
            _ => &line[..line.len() - line.iter().rev().take_while(|byte| b" \t".contains(byte)).count()],
        }
    }

    /// Somebody has said hello, for the first time or again.
    fn begin(&mut self) {
        self.state = State::Ready;
        self.reset();
    }

    /// Forgets the mail that has begun, or hands it over.
    fn reset(&mut self) -> Mail {
        if !matches!(self.state, State::Hello) {
            self.state = State::Ready;
        }
        self.refused = None;
        std::mem::take(&mut self.mail)
    }

    fn mail_from(&mut self, path: &str, parameters: &str) -> Action<'static> {
        // Without an address come the mails that say that a mail could not be delivered.
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
                    // A number that `usize` can't hold is larger still.
                    if !size.parse().is_ok_and(|size: usize| size <= SIZE_MAX) {
                        return Action::reply(TOO_LARGE);
                    }
                }
                ("BODY" | "SIZE", _) => return Action::reply("501 that is no value of that parameter"),
                _ => return Action::reply("555 no such parameter"),
            }
        }
        from.clone_into(&mut self.mail.from);
        self.state = State::Sender;
        Action::reply("250 sender taken")
    }

    fn rcpt_to(&mut self, path: &str, parameters: &str) -> Action<'static> {
        // This one needs no domain.
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
        self.state = State::Recipient;
        Action::reply("250 recipient taken")
    }

    /// One line of the text. A mail that will be refused is still read to its end, and takes no memory.
    fn add(&mut self, line: &[u8]) {
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            self.refuse("554 a CR or LF stands alone in it");
        } else if self.mail.text.len() + line.len() + 2 > SIZE_MAX {
            self.refuse(TOO_LARGE);
        } else if self.refused.is_none() {
            self.mail.text.extend_from_slice(line);
            self.mail.text.extend_from_slice(b"\r\n");
        }
    }

    fn refuse(&mut self, why: &'static str) {
        self.refused.get_or_insert(why);
        self.mail.text = Vec::new();
    }
}

const TOO_LARGE: &str = "552 too large: SIZE says what is taken";

impl Mails {
    /// Keeps a mail and forgets the oldest ones, as far as there is no space for them. How many there have been, and the mail.
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

/// Whether somebody may say that this is his name: a domain, or an address in brackets.
fn is_name(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The address of a path. The way to it that mails once had to be told (`@a,@b:anna@c`) is left out, as the standard wants it.
///
/// A quoted name with a blank or a `>` in it is refused, though the standard has such.
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
    run(with(Sink::default(), options))
}
