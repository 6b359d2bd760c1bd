//! Options from configuration files, and into them.

use std::fmt;

use kai_tcp_server_spec::option::{FIELDS, Kind};
use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_core::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::options::origin::Origin;
use crate::options::table::{self, Spec, TABLE};
use crate::options::value::Value;
use crate::options::{self, Options};

/// What a format that asks for it learns of a record of options.
const RECORD: &str = "Options";

/// The names of all options.
const NAMES: [&str; FIELDS.len()] = {
    let mut names = [""; FIELDS.len()];
    let mut i = 0;
    while i < FIELDS.len() {
        names[i] = FIELDS[i].row().name;
        i += 1;
    }
    names
};

impl Options {
    /// These options with what `source` says of some of them, as a configuration file does that
    /// names only what it changes.
    ///
    /// Is there with the feature `serde`. The names and spellings are the attribute's: a duration
    /// is text with its unit, or `infinity`. What is read prevails over the environment, as what a
    /// setter sets does; what belongs to the protocol (`packet`, `delimiter`, `active`) isn't read.
    ///
    /// # Errors
    ///
    /// An option that isn't there, with the nearest that is; one that is named twice; a value that
    /// can't be used, and why.
    ///
    /// # Examples
    ///
    /// ```
    /// use kai_tcp_server::Options;
    ///
    /// const OPTIONS: Options = Options::new().port(10000).max_processes(2);
    ///
    /// let mut file = serde_json::Deserializer::from_str(r#"{"max_processes": 256, "recv_timeout": "30s"}"#);
    /// let options = OPTIONS.overlaid(&mut file)?;
    /// assert_eq!(options, OPTIONS.max_processes(256).recv_timeout(std::time::Duration::from_secs(30)));
    ///
    /// let mut file = serde_json::Deserializer::from_str(r#"{"max_procesess": 256}"#);
    /// let error = OPTIONS.overlaid(&mut file).unwrap_err();
    /// assert!(error.to_string().starts_with("there is no option max_procesess: did you mean max_processes?"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn overlaid<'de, D: Deserializer<'de>>(self, source: D) -> Result<Self, D::Error> {
        source.deserialize_struct(RECORD, &NAMES, Overlay(self))
    }
}

/// Options that say nothing of what isn't named, so that it has its default: [`Options::overlaid`]
/// lays a file over others.
impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Options::new().overlaid(deserializer)
    }
}

/// As [`Deserialize`] reads them: without what belongs to the protocol, and without what has no
/// value.
impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = |option: &Spec| option.value(self).filter(|_| option.row.is_changeable());
        let values = TABLE.each_ref().map(|option| (option.row.name, written(option)));
        let count = values.iter().filter(|(_, value)| value.is_some()).count();
        let mut record = serializer.serialize_struct(RECORD, count)?;
        for (name, value) in values {
            match value {
                Some(Value::Number(number)) => record.serialize_field(name, &number)?,
                Some(Value::Flag(flag)) => record.serialize_field(name, &flag)?,
                Some(Value::Text(text)) => record.serialize_field(name, &text)?,
                None => record.skip_field(name)?,
            }
        }
        record.end()
    }
}

/// Returns whether a format may write the value as a list.
const fn is_list(kind: Kind) -> bool {
    matches!(kind, Kind::Blocks | Kind::Listeners | Kind::Texts(_))
}

/// Lays what is read over these options.
struct Overlay(Options);

impl<'de> Visitor<'de> for Overlay {
    type Value = Options;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("options by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Options, A::Error> {
        let mut options = self.0;
        let mut read: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            // All is judged where the value is read: so a format can say where that stands.
            options = map.next_value_seed(Setting {
                options,
                name: &name,
                again: read.contains(&name),
            })?;
            read.push(name);
        }
        Ok(options)
    }
}

/// One option's value, whatever the format takes it for: a table of texts is read as well as one of
/// numbers and flags.
struct Setting<'a> {
    options: Options,
    name: &'a str,
    again: bool,
}

impl<'de> DeserializeSeed<'de> for Setting<'_> {
    type Value = Options;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Options, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Setting<'_> {
    type Value = Options;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a whole number, true or false")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Options, E> {
        if self.again {
            return Err(E::custom(format_args!("{} is named twice", self.name)));
        }
        options::read(self.options, self.name, text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Options, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Options, E> {
        self.visit_str(&number.to_string())
    }

    /// A list, of what may be one.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Options, A::Error> {
        let Some(option) = table::find(self.name).filter(|option| is_list(option.row.kind)) else {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        };
        let mut items: Vec<String> = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        if items.is_empty() && !self.again {
            // As it is where nothing is said.
            let none = option.take(self.options, &Options::new());
            return Ok(none.come_from(option.id, Origin::Program));
        }
        self.visit_str(&items.join(","))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Options, E> {
        self.visit_str(if flag { "true" } else { "false" })
    }
}
