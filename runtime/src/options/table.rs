//! The options as the runtime sets them: for each row of `kai-tcp-server-spec`, how its field of
//! [`Options`] is read, written, judged and carried over.
//!
//! What an option takes is said by its row and by the type of its field, for which there is one
//! [`Field`]. What remains is here: the options of the protocol, and what is judged beside other
//! options.

use std::borrow::Cow;
use std::fmt;

use kai_tcp_server_spec::option::{self, Changes, FIELDS, Id, Row};
use kai_tcp_server_spec::suggest;

use crate::log::Quoted;
use crate::options::Options;
use crate::options::check;
use crate::options::listen;
use crate::options::origin::Origin;
use crate::options::value::{Field, Value};

/// What a variable of the environment is called that sets no option, but asks for the list of them.
pub(crate) const LOG_CONFIG: &str = "log_config";

/// One option.
pub(crate) struct Spec {
    pub(crate) id: Id,
    pub(crate) row: &'static Row,
    value: fn(&Options) -> Option<Value>,
    /// Sets what a text says.
    read: fn(&mut Options, &str) -> Result<(), String>,
    problem: fn(&Options) -> Option<Cow<'static, str>>,
    /// Sets what other options have.
    take: fn(&mut Options, &Options),
}

/// What an option's field is read, written and judged by. The attribute alone sets those of the
/// protocol, and judges them with the others.
macro_rules! field {
    (never $id:ident $name:ident) => {
        Spec {
            id: Id::$id,
            row: Id::$id.row(),
            value: protocol::$name,
            read: |_, _| Ok(()),
            problem: |_| None,
            take: |options, other| options.$name = other.$name,
        }
    };
    ($changes:ident $id:ident $name:ident) => {
        Spec {
            id: Id::$id,
            row: Id::$id.row(),
            value: |options| options.$name.value(Id::$id.row()),
            read: |options, text| {
                options.$name = Field::read(Id::$id.row(), text)?;
                Ok(())
            },
            problem: |options| options.$name.problem(Id::$id.row()),
            take: |options, other| options.$name = other.$name,
        }
    };
}

macro_rules! table {
    (
        fields {$($id:ident = $name:ident: $kind:ident $arguments:tt { changes: $changes:ident, $($rest:tt)* })*}
        $($attribute:tt)*
    ) => {
        pub(crate) static TABLE: [Spec; FIELDS.len()] = [$(field!($changes $id $name)),*];
    };
}

kai_tcp_server_spec::options!(table);

/// The values of the options that belong to the protocol.
#[expect(clippy::unnecessary_wraps, reason = "they are columns of the table")]
mod protocol {
    use crate::options::Options;
    use crate::options::value::Value;
    use crate::packet::{DELIMITER, Packet};

    pub(super) fn packet(options: &Options) -> Option<Value> {
        Some(Value::Text(options.packet.unwrap_or_default().to_string()))
    }

    pub(super) fn delimiter(options: &Options) -> Option<Value> {
        let default = matches!(options.packet.unwrap_or_default(), Packet::Line).then_some(DELIMITER);
        let byte = options.delimiter.or(default)?;
        Some(Value::Text(format!("b'{}'", byte.escape_ascii())))
    }

    pub(super) fn active(options: &Options) -> Option<Value> {
        Some(Value::Text(options.active.unwrap_or_default().to_string()))
    }
}

/// What is wrong with an option beside the others, or with one of the protocol.
fn beside_others(id: Id, options: &Options) -> Option<Cow<'static, str>> {
    let packet = options.packet.unwrap_or_default();
    let problem = match id {
        Id::Port => check::port(options.port, options.listens_elsewhere()),
        Id::Listen => return listen::beside_port(options),
        Id::PacketSize => check::packet(packet, options.packet_size),
        Id::Delimiter => check::delimiter(packet, options.delimiter),
        Id::Active => check::active(options.active.unwrap_or_default()),
        _ => None,
    };
    problem.map(Cow::Borrowed)
}

/// The option of this name, if it can be changed when a server starts; else why not. `prefix` is
/// what its variables in the environment begin with, if it is one of those.
pub(crate) fn changeable(name: &str, prefix: Option<&str>) -> Result<&'static Spec, Unchangeable> {
    let refused = |problem| Err(Unchangeable { problem, others: None });
    match option::find(name).map(|row| row.changes) {
        Some(Changes::InTheAttribute) => refused(format!("{name} is known to the attribute alone: set it there")),
        Some(Changes::Never) => refused(format!("{name} belongs to the protocol: the attribute alone sets it")),
        Some(Changes::AtStart | Changes::WhileRunning) | None => find(name).ok_or_else(|| unknown(name, prefix)),
    }
}

/// The option of this name.
pub(crate) fn find(name: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|option| option.row.name == name)
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
    let options = TABLE.iter().map(|option| option.row).filter(|row| row.is_changeable());
    let names = options.map(|row| row.name).chain(prefix.map(|_| LOG_CONFIG));
    let problem = format!("there is no option {}", Quoted(name));
    let elsewhere = option::called_elsewhere(name).filter(|row| row.is_changeable());
    let meant = elsewhere.map(|row| row.name);
    match meant.or_else(|| suggest::nearest(name, names.clone())) {
        Some(meant) => Unchangeable {
            problem: format!("{problem}: did you mean {}?", spelled(meant)),
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
    /// The value, if there is one.
    pub(crate) fn value(&self, options: &Options) -> Option<Value> {
        (self.value)(options)
    }

    /// What is wrong with the value, alone and beside the others.
    pub(crate) fn problem(&self, options: &Options) -> Option<Cow<'static, str>> {
        (self.problem)(options).or_else(|| beside_others(self.id, options))
    }

    /// The options with the value that `text` says; an error says what is wrong with the text. The
    /// value itself is judged by [`problem`](Self::problem).
    pub(crate) fn read(&self, mut options: Options, text: &str, origin: Origin) -> Result<Options, String> {
        (self.read)(&mut options, text)?;
        Ok(options.come_from(self.id, origin))
    }

    /// The options with the value that `other` has, and where that came from.
    pub(crate) fn take(&self, mut options: Options, other: &Options) -> Options {
        (self.take)(&mut options, other);
        options.come_from(self.id, other.origins.of(self.id))
    }
}
