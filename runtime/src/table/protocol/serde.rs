//! Protocols into other programs: `Serialize`, in any format.
//!
//! Written by hand, as the derive would bring a second macro crate to every user of the feature.

use serde_core::ser::{Serialize, SerializeStruct as _, SerializeTupleVariant as _, Serializer};

use super::{
    Arm, Capture, CaptureKind, Class, Closes, Endian, Field, Flag, Form, Frame, Length, Next, Number, Operator, Piece,
    Protocol, Value,
};

/// Serializes a struct as a record of its fields, each with its own name.
macro_rules! record {
    ($ty:ident: $($field:ident)+) => {
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let count = [$(stringify!($field)),+].len();
                let mut record = serializer.serialize_struct(stringify!($ty), count)?;
                $(record.serialize_field(stringify!($field), &self.$field)?;)+
                record.end()
            }
        }
    };
}

/// Serializes an enum without data as a word.
macro_rules! words {
    ($ty:ident: $($variant:ident = $word:literal)+) => {
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_unit_variant(stringify!($ty), *self as u32, match self {
                    $($ty::$variant => $word,)+
                })
            }
        }
    };
}

record!(Arm: name pattern docs guarded states next closes frame);
record!(Next: states open);
record!(Capture: name kind ty open);
record!(Field: name form value);
record!(Number: class width endian);

words!(Closes: Always = "always" Sometimes = "sometimes" Never = "never" Unknown = "unknown");
words!(CaptureKind: Text = "text" Bytes = "bytes" Parsed = "parsed");
words!(Class: Unsigned = "unsigned" Signed = "signed" Float = "float");
words!(Endian: Big = "big" Little = "little");

/// The names are those of the fields and, in small letters, of the variants. A variant with data is
/// a record of one field, as `{"literal": …}`; one without is a word, as `"rest"`. Bytes are bytes
/// where the format has them, and in JSON a list of numbers. The packet mode is text, in the spelling
/// of the attribute.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::{Action, tcp_server};
///
/// struct Store;
///
/// #[tcp_server(port = 10000, packet = line(crlf))]
/// impl Store {
///     fn handle_call(&self, data: &[u8]) -> Action {
///         match data {
///             /// Gets a value.
///             "get {key}" => reply(key),
///             _ => close,
///         }
///     }
/// }
///
/// assert_eq!(
///     serde_json::to_value(Store::PROTOCOL)?,
///     serde_json::json!({
///         "packet": "line(crlf)",
///         "delimiter": 10,
///         "codec": null,
///         "ignore_case": false,
///         "states": [],
///         "last": [],
///         "arms": [
///             {
///                 "name": "get",
///                 "pattern": "get {key}",
///                 "docs": "Gets a value.",
///                 "guarded": false,
///                 "states": [],
///                 "next": { "states": [], "open": false },
///                 "closes": "never",
///                 "frame": { "template": [
///                     { "literal": [103, 101, 116, 32] },
///                     { "capture": { "name": "key", "kind": "text", "ty": "&str", "open": false } },
///                 ] },
///             },
///             {
///                 "name": "arm_2",
///                 "pattern": "_",
///                 "docs": "",
///                 "guarded": false,
///                 "states": [],
///                 "next": { "states": [], "open": false },
///                 "closes": "always",
///                 "frame": "rest",
///             },
///         ],
///     }),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Protocol", 7)?;
        record.serialize_field("packet", &format_args!("{}", self.packet))?;
        record.serialize_field("delimiter", &self.delimiter)?;
        record.serialize_field("codec", &self.codec)?;
        record.serialize_field("ignore_case", &self.ignore_case)?;
        record.serialize_field("states", self.states)?;
        record.serialize_field("last", self.last)?;
        record.serialize_field("arms", self.arms)?;
        record.end()
    }
}

impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Frame";
        match self {
            Frame::Literal(bytes) => serializer.serialize_newtype_variant(NAME, 0, "literal", &Bytes(bytes)),
            Frame::Template(pieces) => serializer.serialize_newtype_variant(NAME, 1, "template", pieces),
            Frame::Bits(fields) => serializer.serialize_newtype_variant(NAME, 2, "bits", fields),
            Frame::Prefix(fields) => serializer.serialize_newtype_variant(NAME, 3, "prefix", fields),
            Frame::AnyOf(frames) => serializer.serialize_newtype_variant(NAME, 4, "any_of", frames),
            Frame::Rest => serializer.serialize_unit_variant(NAME, 5, "rest"),
            Frame::Rust(pattern) => serializer.serialize_newtype_variant(NAME, 6, "rust", pattern),
        }
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Piece";
        match self {
            Piece::Literal(text) => serializer.serialize_newtype_variant(NAME, 0, "literal", &Bytes(text)),
            Piece::Capture(capture) => serializer.serialize_newtype_variant(NAME, 1, "capture", capture),
            Piece::Flag(flag) => serializer.serialize_newtype_variant(NAME, 2, "flag", flag),
        }
    }
}

impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Flag", 2)?;
        record.serialize_field("name", &self.name)?;
        record.serialize_field("text", &Bytes(self.text))?;
        record.end()
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Form";
        match self {
            Form::Number(number) => serializer.serialize_newtype_variant(NAME, 0, "number", number),
            Form::Bytes(length) => serializer.serialize_newtype_variant(NAME, 1, "bytes", length),
            Form::Rest => serializer.serialize_unit_variant(NAME, 2, "rest"),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Value";
        match self {
            Value::Any => serializer.serialize_unit_variant(NAME, 0, "any"),
            Value::Number(number) => match u64::try_from(*number) {
                Ok(number) => serializer.serialize_newtype_variant(NAME, 1, "number", &number),
                Err(_) => serializer.serialize_newtype_variant(NAME, 1, "number", number),
            },
            Value::Bytes(bytes) => serializer.serialize_newtype_variant(NAME, 2, "bytes", &Bytes(bytes)),
            Value::Unknown => serializer.serialize_unit_variant(NAME, 3, "unknown"),
        }
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NAME: &str = "Length";
        match self {
            Length::Number(number) => match i64::try_from(*number) {
                Ok(number) => serializer.serialize_newtype_variant(NAME, 0, "number", &number),
                Err(_) => serializer.serialize_newtype_variant(NAME, 0, "number", number),
            },
            Length::Field(name) => serializer.serialize_newtype_variant(NAME, 1, "field", name),
            Length::Unknown(place) => serializer.serialize_newtype_variant(NAME, 2, "unknown", place),
            Length::Operation(left, operator, right) => {
                let mut parts = serializer.serialize_tuple_variant(NAME, 3, "operation", 3)?;
                parts.serialize_field(left)?;
                parts.serialize_field(operator)?;
                parts.serialize_field(right)?;
                parts.end()
            }
        }
    }
}

/// As its symbol.
impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.symbol())
    }
}

struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}
