//! The options: one table that feeds the checks, the environment, files and listings.
//!
//! The attribute has a table of its own, as it knows nothing of this crate; a test there ties both.

use std::fmt;
use std::time::Duration;

use crate::log::Quoted;
use crate::options::check;
use crate::options::cidr::Cidr;
use crate::options::origin::{Id, Origin};
use crate::options::spelling::{self, Value};
use crate::options::{BRUTAL_KILL, Options};
use crate::packet::Packet;
use crate::suggest;

/// How many options there are.
pub(crate) const COUNT: usize = Id::Health as usize + 1;

/// What a variable of the environment is called that sets no option, but asks for the list of them.
pub(crate) const LOG_CONFIG: &str = "log_config";

/// One option.
#[derive(Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) id: Id,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What is wrong with its value, alone and beside the others.
    pub(crate) check: fn(&Options) -> Option<&'static str>,
}

/// What an option takes, how to read and how to set it.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A whole number. Setting one that the option's type can't hold gives None.
    Number {
        most: u64,
        get: fn(&Options) -> Option<u64>,
        set: fn(Options, u64) -> Option<Options>,
    },
    Time {
        get: fn(&Options) -> Duration,
        set: fn(Options, Duration) -> Options,
    },
    /// A time for which none at all has a name of its own.
    Shutdown,
    Overload,
    /// Blocks of addresses.
    Blocks {
        get: fn(&Options) -> &'static [Cidr],
        set: fn(Options, &'static [Cidr]) -> Options,
    },
    Flag {
        get: fn(&Options) -> bool,
        set: fn(Options, bool) -> Options,
    },
    Address,
    Name,
    /// An address with its port.
    Health,
    /// It belongs to the protocol, so that nothing but the attribute sets it.
    Protocol {
        get: fn(&Options) -> Option<String>,
    },
}

/// A number whose type is the field's.
macro_rules! number {
    ($id:ident, $name:ident: $type:ident, $check:expr) => {
        Spec {
            id: Id::$id,
            name: stringify!($name),
            kind: Kind::Number {
                // A usize has at most 64 bits.
                most: $type::MAX as u64,
                get: |options| u64::try_from(options.$name).ok(),
                set: |options, number| number.try_into().ok().map(|number| options.$name(number)),
            },
            check: $check,
        }
    };
}

/// A number that there need not be.
macro_rules! limit {
    ($id:ident, $name:ident: $type:ident) => {
        Spec {
            id: Id::$id,
            name: stringify!($name),
            kind: Kind::Number {
                // A usize has at most 64 bits.
                most: $type::MAX as u64,
                get: |options| options.$name?.try_into().ok(),
                set: |options, number| number.try_into().ok().map(|number| options.$name(number)),
            },
            check: |options| check::$name(options.$name?),
        }
    };
}

macro_rules! blocks {
    ($id:ident, $name:ident) => {
        Spec {
            id: Id::$id,
            name: stringify!($name),
            kind: Kind::Blocks {
                get: |options| options.$name,
                set: Options::$name,
            },
            check: |_| None,
        }
    };
}

macro_rules! time {
    ($id:ident, $name:ident) => {
        Spec {
            id: Id::$id,
            name: stringify!($name),
            kind: Kind::Time {
                get: |options| options.$name,
                set: Options::$name,
            },
            check: |options| check::$name(options.$name),
        }
    };
}

macro_rules! flag {
    ($id:ident, $name:ident) => {
        Spec {
            id: Id::$id,
            name: stringify!($name),
            kind: Kind::Flag {
                get: |options| options.$name,
                set: Options::$name,
            },
            check: |_| None,
        }
    };
}

pub(crate) const TABLE: [Spec; COUNT] = [
    Spec {
        id: Id::Port,
        name: "port",
        kind: Kind::Number {
            most: u16::MAX as u64,
            get: |options| options.port.map(u64::from),
            set: |options, port| port.try_into().ok().map(|port| options.port(port)),
        },
        check: |options| check::port(options.port, options.in_memory),
    },
    Spec {
        id: Id::Ip,
        name: "ip",
        kind: Kind::Address,
        check: |_| None,
    },
    number!(MaxProcesses, max_processes: usize, |options| check::max_processes(options.max_processes)),
    Spec {
        id: Id::Overload,
        name: "overload",
        kind: Kind::Overload,
        check: |_| None,
    },
    limit!(MaxPerIp, max_per_ip: usize),
    blocks!(Allow, allow),
    blocks!(Deny, deny),
    limit!(AcceptRate, accept_rate: u32),
    number!(MaxRestarts, max_restarts: u32, |_| None),
    time!(RestartPeriod, restart_period),
    Spec {
        id: Id::Shutdown,
        name: "shutdown",
        kind: Kind::Shutdown,
        check: |_| None,
    },
    time!(StopDelay, stop_delay),
    time!(AcceptErrorSleepTime, accept_error_sleep_time),
    time!(RecvTimeout, recv_timeout),
    number!(RecvLimit, recv_limit: usize, |options| check::recv_limit(options.recv_limit)),
    time!(SendTimeout, send_timeout),
    time!(FrameTimeout, frame_timeout),
    time!(CallTimeout, call_timeout),
    time!(MaxAge, max_age),
    time!(CloseTimeout, close_timeout),
    flag!(HalfClose, half_close),
    Spec {
        id: Id::Packet,
        name: "packet",
        kind: Kind::Protocol {
            get: |options| Some(options.packet.unwrap_or_default().to_string()),
        },
        check: |_| None,
    },
    Spec {
        id: Id::Delimiter,
        name: "delimiter",
        kind: Kind::Protocol {
            get: |options| {
                let default = matches!(options.packet.unwrap_or_default(), Packet::Line).then_some(b'\n');
                let byte = options.delimiter.or(default)?;
                Some(format!("b'{}'", byte.escape_ascii()))
            },
        },
        check: |options| check::delimiter(options.packet.unwrap_or_default(), options.delimiter),
    },
    number!(PacketSize, packet_size: usize, |options| {
        let Options { packet, packet_size, .. } = *options;
        check::packet_size(packet_size).or(check::packet(packet.unwrap_or_default(), packet_size))
    }),
    Spec {
        id: Id::Active,
        name: "active",
        kind: Kind::Protocol {
            get: |options| Some(options.active.unwrap_or_default().to_string()),
        },
        check: |options| check::active(options.active.unwrap_or_default()),
    },
    number!(Mailbox, mailbox: usize, |options| check::mailbox(options.mailbox)),
    number!(Backlog, backlog: u32, |options| check::backlog(options.backlog)),
    flag!(Reuseaddr, reuseaddr),
    flag!(Nodelay, nodelay),
    flag!(Keepalive, keepalive),
    Spec {
        id: Id::Name,
        name: "name",
        kind: Kind::Name,
        check: |options| check::name(options.name),
    },
    Spec {
        id: Id::Health,
        name: "health",
        kind: Kind::Health,
        check: |_| None,
    },
];

// Each stands at its own place.
const _: () = {
    let mut i = 0;
    while i < COUNT {
        assert!(TABLE[i].id as usize == i);
        i += 1;
    }
};

/// The words that the attribute alone knows: no fields of `Options` that a value could be read for.
const ATTRIBUTE_ALONE: [&str; 3] = ["ignore_case", "crate", "env"];

/// The option of this name, if it can be changed when a server starts; else why not. `prefix` is what its variables in the
/// environment begin with, if it is one of those.
pub(crate) fn changeable(name: &str, prefix: Option<&str>) -> Result<&'static Spec, Unchangeable> {
    if ATTRIBUTE_ALONE.contains(&name) {
        let problem = format!("{name} is known to the attribute alone: set it there");
        return Err(Unchangeable { problem, others: None });
    }
    match TABLE.iter().find(|option| option.name == name) {
        Some(option) if option.is_protocols() => {
            let problem = format!("{name} belongs to the protocol: the attribute alone sets it");
            Err(Unchangeable { problem, others: None })
        }
        Some(option) => Ok(option),
        None => Err(unknown(name, prefix)),
    }
}

/// Why an option can't be set.
#[derive(Debug)]
pub(crate) struct Unchangeable {
    pub(crate) problem: String,
    /// Which ones there are, where none is near.
    pub(crate) others: Option<String>,
}

impl fmt::Display for Unchangeable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        self.others.as_ref().map_or(Ok(()), |others| write!(f, ": {others}"))
    }
}

fn unknown(name: &str, prefix: Option<&str>) -> Unchangeable {
    let spelled = |name: &str| prefix.map_or_else(|| name.to_owned(), |prefix| variable(prefix, name));
    let options = TABLE
        .iter()
        .filter(|option| !option.is_protocols())
        .map(|option| option.name);
    let names = options.chain(prefix.map(|_| LOG_CONFIG));
    let problem = format!("there is no option {}", Quoted(name));
    match suggest::nearest(name, names.clone()) {
        Some(near) => Unchangeable {
            problem: format!("{problem}: did you mean {}?", spelled(near)),
            others: None,
        },
        None => Unchangeable {
            problem,
            others: Some(format!(
                "there are {}",
                names.map(spelled).collect::<Vec<_>>().join(", ")
            )),
        },
    }
}

/// The variable of the environment that sets an option.
pub(crate) fn variable(prefix: &str, option: &str) -> String {
    format!("{prefix}_{}", option.to_ascii_uppercase())
}

impl Spec {
    pub(crate) fn is_protocols(&self) -> bool {
        matches!(self.kind, Kind::Protocol { .. })
    }

    /// The value, if there is one.
    pub(crate) fn value(&self, options: &Options) -> Option<Value> {
        Some(match self.kind {
            Kind::Number { get, .. } => Value::Number(get(options)?),
            Kind::Time { get, .. } => spelling::write_time(get(options)),
            Kind::Shutdown if options.shutdown == BRUTAL_KILL => Value::Text("brutal_kill".to_owned()),
            Kind::Shutdown => spelling::write_time(options.shutdown),
            Kind::Overload => Value::Text(options.overload.to_string()),
            Kind::Blocks { get, .. } => spelling::write_blocks(get(options))?,
            Kind::Flag { get, .. } => Value::Flag(get(options)),
            Kind::Address => Value::Text(options.ip.to_string()),
            Kind::Name => Value::Text(options.name?.to_owned()),
            Kind::Health => Value::Text(options.health?.to_string()),
            Kind::Protocol { get } => Value::Text(get(options)?),
        })
    }

    /// The options with the value that `text` says; an error says what is wrong with the text. The value itself is judged by
    /// `check`.
    pub(crate) fn read(&self, options: Options, text: &str, origin: Origin) -> Result<Options, String> {
        let name = self.name;
        let options = match self.kind {
            Kind::Number { most, set, .. } => {
                let too_large = || format!("{name} must not exceed {most}");
                set(options, spelling::number(name, text, most)?).ok_or_else(too_large)?
            }
            Kind::Time { set, .. } => set(options, spelling::time(name, text, false)?),
            Kind::Shutdown => options.shutdown(spelling::time(name, text, true)?),
            Kind::Overload => options.overload(spelling::overload(name, text)?),
            Kind::Blocks { set, .. } => set(options, spelling::blocks(name, text)?),
            Kind::Flag { set, .. } => set(options, spelling::flag(name, text)?),
            Kind::Address => options.ip(spelling::address(name, text)?),
            Kind::Name => options.name(spelling::lasting_text(text)),
            Kind::Health => options.health(spelling::address_with_port(name, text)?),
            Kind::Protocol { .. } => options,
        };
        Ok(options.come_from(self.id, origin))
    }
}
