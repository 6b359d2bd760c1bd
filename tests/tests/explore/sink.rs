//! A copy of the example `smtp`, with the table and the states of it, and a fault to be planted.

use kai_tcp_server::{Action, Failure, Result, Socket, tcp_server};

/// What is wrong with a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// RSET keeps the recipients, and the next mail begins with those.
    Panics,
    /// A mail without text is never taken.
    Hangs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Hello,
    Ready,
    Sender,
    Recipient,
    Text,
}

pub(crate) struct Session {
    state: State,
    to: Vec<String>,
    text: Vec<u8>,
}

pub(crate) struct Sink(pub(crate) Fault);

#[tcp_server(port = 2525, packet = line(crlf), packet_size = 16384, max_processes = 64, recv_timeout = "5m", ignore_case)]
impl Sink {
    async fn connected(&self, socket: &mut Socket) -> Result<Session> {
        socket.send("220 localhost ESMTP mail sink").await?;
        Ok(Session {
            state: State::Hello,
            to: Vec::new(),
            text: Vec::new(),
        })
    }

    async fn handle_call(&self, data: &[u8], session: &mut Session) -> Action {
        match (session.state, data) {
            (State::Text, b".") => self.take(session).await,
            (State::Text, [b'.', line @ ..] | line) => {
                session.text.extend_from_slice(line);
                noreply
            }
            (_, "{_..: bytes} http/{_: bytes}") => close("421 localhost speaks no HTTP, bye"),

            (_, "helo {name}") if name.is_ascii() => {
                session.begin();
                reply("250 localhost")
            }
            (_, "ehlo {name}") if name.is_ascii() => {
                session.begin();
                reply("250-localhost\r\n250 PIPELINING")
            }
            (_, "helo{_..: bytes}" | "ehlo{_..: bytes}") => reply("501 HELO name, or EHLO name"),

            (State::Ready, "mail from:<{path..}>{parameters..}") => session.mail_from(path, parameters),
            (State::Ready, "mail{_..: bytes}") => reply("501 MAIL FROM:<address>"),
            (State::Hello, "mail {_..: bytes}") => reply("503 EHLO comes first"),
            (_, "mail {_..: bytes}") => reply("503 there is a sender already"),

            (State::Sender | State::Recipient, "rcpt to:<{path..}>{parameters..}") => session.rcpt_to(path, parameters),
            (State::Sender | State::Recipient, "rcpt{_..: bytes}") => reply("501 RCPT TO:<address>"),
            (_, "rcpt {_..: bytes}") => reply("503 MAIL comes first"),

            (State::Recipient, "data") => {
                session.state = State::Text;
                reply("354 go on, and end by a dot on a line of its own")
            }
            (State::Sender, "data") => reply("554 no valid recipients"),
            (_, "data") => reply("503 MAIL and RCPT come first"),

            (_, "rset") => {
                session.reset(self.0);
                reply("250 forgotten")
            }
            (_, "noop" | "noop {_..: bytes}") => reply("250 done"),
            (_, "vrfy {_..: bytes}") => reply("252 anybody gets mail here"),
            (_, "help" | "help {_..: bytes}") => reply("214 DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET VRFY"),
            (_, "quit") => close("221 localhost bye"),
            (_, "data {_..: bytes}" | "rset {_..: bytes}" | "quit {_..: bytes}") => {
                reply("501 nothing may follow that command")
            }
            _ => reply("500 no such command: HELP lists them"),
        }
    }

    fn failed(&self, failure: &Failure) -> Action {
        match failure {
            Failure::TooLong => close("500 line too long, bye"),
            _ => close("421 localhost something went wrong, bye"),
        }
    }

    async fn take(&self, session: &mut Session) -> Action<'static> {
        if self.0 == Fault::Hangs && session.text.is_empty() {
            std::future::pending::<()>().await;
        }
        session.reset(Fault::None);
        reply("250 the mail is taken")
    }
}

impl Session {
    fn begin(&mut self) {
        self.state = State::Ready;
        self.reset(Fault::None);
    }

    fn reset(&mut self, fault: Fault) {
        if self.state != State::Hello {
            self.state = State::Ready;
        }
        if fault != Fault::Panics {
            self.to.clear();
        }
        self.text.clear();
    }

    fn mail_from(&mut self, path: &str, parameters: &str) -> Action<'static> {
        if !path.is_empty() && !path.contains('@') || !parameters.is_empty() {
            return Action::reply("501 that is no address");
        }
        assert!(self.to.is_empty(), "a mail goes to whom it was sent");
        self.state = State::Sender;
        Action::reply("250 sender taken")
    }

    fn rcpt_to(&mut self, path: &str, parameters: &str) -> Action<'static> {
        if !path.contains('@') || !parameters.is_empty() {
            return Action::reply("501 that is no address");
        }
        self.to.push(path.to_owned());
        self.state = State::Recipient;
        Action::reply("250 recipient taken")
    }
}
