//! The table of options, made from the rows, and an enum of their names.

use super::{Changes, Kind, Number, Row, Text, Time};

/// Makes an option's kind from its row.
macro_rules! kind {
    ($name:ident number ($type:ident, $least:literal, $most:literal, $because:literal)) => {
        Kind::Number(kind!($name $type $least $most $because))
    };
    ($name:ident version ()) => {
        Kind::Version(kind!($name u32 0 4294967295 ""))
    };
    ($name:ident $type:ident $least:literal $most:literal $because:literal) => {
        Number {
            of: stringify!($type),
            least: $least,
            most: $most,
            because: $because,
            too_small: concat!(stringify!($name), " must be at least ", $least, ": ", $because),
            too_large: concat!(stringify!($name), " must be from ", $least, " to ", $most),
        }
    };
    ($name:ident time (not_zero $because:literal)) => {
        Kind::Time(Time {
            zero: Some((
                $because,
                concat!(stringify!($name), " must be longer than 0: ", $because),
            )),
            brutal_kill: false,
        })
    };
    ($name:ident time (or_brutal_kill)) => {
        Kind::Time(Time {
            zero: None,
            brutal_kill: true,
        })
    };
    ($name:ident time ()) => {
        Kind::Time(Time {
            zero: None,
            brutal_kill: false,
        })
    };
    ($name:ident flag ()) => {
        Kind::Flag
    };
    ($name:ident text ()) => {
        Kind::Text(kind!($name))
    };
    ($name:ident texts ()) => {
        Kind::Texts(kind!($name))
    };
    ($name:ident) => {
        Text {
            empty: concat!(stringify!($name), " must not be empty"),
            control: concat!(stringify!($name), " must not contain control characters"),
        }
    };
    ($name:ident proxy_protocol ()) => {
        Kind::ProxyProtocol
    };
    ($name:ident address ()) => {
        Kind::Address
    };
    ($name:ident address_with_port ()) => {
        Kind::AddressWithPort
    };
    ($name:ident blocks ()) => {
        Kind::Blocks
    };
    ($name:ident listeners ()) => {
        Kind::Listeners
    };
    ($name:ident overload ()) => {
        Kind::Overload
    };
    ($name:ident packet ()) => {
        Kind::Packet
    };
    ($name:ident byte ()) => {
        Kind::Byte
    };
    ($name:ident active ()) => {
        Kind::Active
    };
    ($name:ident env ()) => {
        Kind::Env
    };
    ($name:ident case ()) => {
        Kind::Case
    };
    ($name:ident crate_path ()) => {
        Kind::CratePath
    };
    ($name:ident states ()) => {
        Kind::States
    };
    ($name:ident expression ()) => {
        Kind::Expression
    };
    ($name:ident declared ()) => {
        Kind::Declared
    };
}

/// Makes the means of changing an option from its row.
macro_rules! changes {
    (never) => {
        Changes::Never
    };
    (at_start) => {
        Changes::AtStart
    };
    (while_running) => {
        Changes::WhileRunning
    };
}

macro_rules! table {
    (
        fields {$(
            $id:ident = $name:ident: $kind:ident $arguments:tt {
                changes: $changes:ident,
                default: $default:literal,
                example: $example:literal,
                is: $is:literal,
                also: [$($also:literal),*],
            }
        )*}
        attribute {$(
            $word:ident: $word_kind:ident $word_arguments:tt {
                default: $word_default:literal,
                example: $word_example:literal,
                is: $word_is:literal,
                also: [$($word_also:literal),*],
            }
        )*}
    ) => {
        /// The options that are fields of the runtime's `Options`, in the order of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Id {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $id,
            )*
        }

        /// The fields of the runtime's `Options`.
        pub const FIELDS: &[Id] = &[$(Id::$id),*];

        /// All options, in the order of the documentation: first the fields, then the words that
        /// only the attribute knows.
        pub static ROWS: &[Row] = &[
            $(Row {
                name: stringify!($name),
                kind: kind!($name $kind $arguments),
                changes: changes!($changes),
                default: $default,
                example: $example,
                is: $is,
                also: &[$($also),*],
            },)*
            $(Row {
                name: stringify!($word),
                kind: kind!($word $word_kind $word_arguments),
                changes: Changes::InTheAttribute,
                default: $word_default,
                example: $word_example,
                is: $word_is,
                also: &[$($word_also),*],
            },)*
        ];
    };
}

crate::options!(table);

impl Id {
    /// Returns the option's row.
    pub const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

/// Writes the options as a Markdown table for a document: `#[doc = option_table!()]`.
#[macro_export]
macro_rules! option_table {
    () => {
        $crate::options!($crate::__option_table)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __option_table {
    (
        fields {$(
            $id:ident = $name:ident: $kind:ident $arguments:tt {
                changes: $changes:ident,
                default: $default:literal,
                example: $example:literal,
                is: $is:literal,
                also: $also:tt,
            }
        )*}
        attribute {$(
            $word:ident: $word_kind:ident $word_arguments:tt {
                default: $word_default:literal,
                example: $word_example:literal,
                is: $word_is:literal,
                also: $word_also:tt,
            }
        )*}
    ) => {
        concat!(
            "| option | default | meaning | changes at |\n| --- | --- | --- | --- |\n",
            $("| `", stringify!($name), "` | ", $default, " | ", $is, " | ", $crate::__changes!($changes), " |\n",)*
            $("| `", stringify!($word), "` | ", $word_default, " | ", $word_is, " |  |\n",)*
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __changes {
    (while_running) => {
        "start, reload"
    };
    (at_start) => {
        "start"
    };
    (never) => {
        ""
    };
}
