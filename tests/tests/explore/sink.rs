//! The example `smtp`, whole as it is, and faults to be planted. Only the blanks behind a command
//! aren't removed: the `match` wouldn't be on the frame, and an attribute that doesn't see that lists
//! no table.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use kai_tcp_server::{Action, Failure, PeerAddr, ProtocolState, Reply, Result, Socket, tcp_server};

/// The fault of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// RSET keeps the recipients, and the next mail goes to those, too. It is noticed at that mail's
    /// end.
    RsetKeeps,
    /// A second EHLO does.
    EhloKeeps,
    /// A mail's end leads to no other state, so the next line is text of a mail to nobody.
    StaysInText,
    /// A parameter of MAIL that is refused leads on as if the sender was taken. It is noticed at
    /// the mail's end.
    ErrorLeadsOn,
    /// The counter of recipients runs over at the fortieth.
    Counts,
    /// A route without a colon, such as `<@a>`.
    Route,
    /// A mail without text is never taken.
    Hangs,
    /// NOOP that arrives together with RSET before it is never answered.
    HangsTogether,
}

/// No address: the sender of a mail that has none.
const UNKNOWN: &str = "unknown";

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
pub(crate) enum Phase {
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

/// The data that a connection remembers.
pub(crate) struct Session {
    peer: PeerAddr,
    mail: Mail,
    /// The reason for which the present mail will be refused.
    refused: Option<&'static str>,
    /// The recipients that the client named for the present mail.
    named: usize,
    fault: Fault,
    /// The time of the last RSET.
    reset: Option<Instant>,
}

#[derive(Default)]
struct Mail {
    from: String,
    to: Vec<String>,
    /// The text, in which each line ends in CR LF.
    text: Vec<u8>,
}

pub(crate) struct Sink(pub(crate) Fault, Mutex<Mails>);

impl Sink {
    pub(crate) fn new(fault: Fault) -> Self {
        Sink(fault, Mutex::default())
    }
}

/// The last mails, the oldest first.
#[derive(Default)]
struct Mails {
    kept: VecDeque<Arc<Mail>>,
    bytes: usize,
    /// The number of mails received so far.
    count: u64,
}

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
            named: 0,
            fault: self.0,
            reset: None,
        })
    }

    async fn handle_call(&self, state: Phase, data: &[u8], session: &mut Session) -> Action {
        session.together(data).await;
        match (state, data) {
            // A mail's text contains no commands. The client adds a dot to a line that begins with
            // one; the server removes it.
            (Phase::Text, b".") => self.taken(session).await,
            (Phase::Text, [b'.', line @ ..] | line) => session.add(line),
            // A web page can make a browser send this; the request's body could contain a mail.
            (_, "{_..: bytes} http/{_: bytes}") => close(("421 ", NAME, " speaks no HTTP, bye")),
            (_, line) if line.len() > COMMAND_MAX => reply("500 line too long"),

            (_, "helo {name}") if is_name(name) => session.begin(("250 ", NAME)),
            (_, "ehlo {name}") if is_name(name) => session.hello(format_args!(
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
            (_, "rset") => session.reset(),
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

    async fn taken(&self, session: &mut Session) -> Action<'static> {
        let action = self.take(session).await;
        if self.0 == Fault::StaysInText {
            return action;
        }
        action.next(Phase::Ready)
    }

    /// Takes a complete mail.
    async fn take(&self, session: &mut Session) -> Action<'static> {
        if self.0 == Fault::Hangs && session.mail.text.is_empty() {
            std::future::pending::<()>().await;
        }
        assert_eq!(session.mail.to.len(), session.named, "a mail goes to whom it was sent");
        assert!(session.named > 0, "a mail goes to somebody");
        assert_ne!(session.mail.from, UNKNOWN, "a mail comes from somebody");
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
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Forgets the present mail, so that the next one may begin.
    fn begin<'a>(&mut self, answer: impl Reply<'a>) -> Action<'a> {
        self.take();
        Action::reply(answer).next(Phase::Ready)
    }

    fn reset(&mut self) -> Action<'static> {
        self.reset = Some(Instant::now());
        self.keeping(Fault::RsetKeeps, "250 forgotten")
    }

    fn hello<'a>(&mut self, answer: impl Reply<'a>) -> Action<'a> {
        self.keeping(Fault::EhloKeeps, answer)
    }

    fn keeping<'a>(&mut self, fault: Fault, answer: impl Reply<'a>) -> Action<'a> {
        let to = std::mem::take(&mut self.mail.to);
        let action = self.begin(answer);
        if self.fault == fault {
            self.mail.to = to;
        }
        action
    }

    async fn together(&mut self, data: &[u8]) {
        let is_together = self.reset.take() == Some(Instant::now());
        if self.fault == Fault::HangsTogether && is_together && data.eq_ignore_ascii_case(b"noop") {
            std::future::pending::<()>().await;
        }
    }

    /// Takes the present mail, and why it is refused.
    fn take(&mut self) -> (Mail, Option<&'static str>) {
        self.named = 0;
        (std::mem::take(&mut self.mail), self.refused.take())
    }

    fn mail_from(&mut self, path: &str, parameters: &str) -> Action<'static> {
        if self.fault == Fault::Route && path.starts_with('@') {
            assert!(path.contains(':'), "a route ends in a colon");
        }
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
                _ if self.fault == Fault::ErrorLeadsOn => {
                    UNKNOWN.clone_into(&mut self.mail.from);
                    return Action::reply("555 no such parameter").next(Phase::Sender);
                }
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
        self.named += 1;
        assert!(self.fault != Fault::Counts || self.named < 40, "the counter runs over");
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
