//! A dissector for Wireshark: the table as data of Lua, and `dissector.lua`, which reads it.

use std::fmt::Write as _;

use super::Description;
use super::names::{Names, plain, quoted};
use crate::packet::Packet;
use crate::table::protocol::{
    Arm, Capture, CaptureKind, Class, Endian, Field, Form, Frame, Length, Number, Operator, Piece, Value,
};
use crate::table::sample::integer;

pub(super) fn write(description: &Description<'_>) -> String {
    let Description {
        name, protocol, port, ..
    } = *description;
    // Wireshark has many protocols, and no two of one name: `echo`, `dns`, `smtp`.
    let id = format!("kai_{}", Names::default().give(name, '_').to_ascii_lowercase());
    let mut fields = Fields::new(&id);
    let mut arms = String::new();
    for arm in protocol {
        write_arm(&mut arms, arm, &mut fields);
    }
    let mut out = String::new();
    let _ = writeln!(
        out,
        "-- A dissector of the protocol of {}, for Wireshark 4 and tshark:",
        plain(name)
    );
    let _ = writeln!(out, "--     tshark -X lua_script:{id}.lua -r capture.pcap");
    let _ = writeln!(out, "local title = {}", quoted(name.as_bytes()));
    let _ = writeln!(out, "local proto = Proto(\"{id}\", title .. \" (kai-tcp-server)\")");
    let port = port.map_or_else(|| "nil".to_owned(), |port| port.to_string());
    let _ = writeln!(out, "local port = {port}");
    let mode = if protocol.codec.is_some() {
        "{ mode = \"codec\" }".to_owned()
    } else {
        packet(protocol.packet, protocol.delimiter)
    };
    let _ = writeln!(out, "local packet = {mode}");
    let _ = writeln!(out, "local states = {}", states(description));
    let _ = writeln!(out, "local ignore_case = {}", protocol.ignore_case);
    let _ = writeln!(out, "local length = {{}}");
    let _ = writeln!(out, "local fields = {{\n{}}}", fields.out);
    let _ = writeln!(out, "proto.fields = fields");
    let _ = writeln!(out, "local arms = {{\n{arms}}}\n");
    out.push_str(include_str!("dissector.lua"));
    out
}

/// Writes a packet mode.
fn packet(packet: Packet, delimiter: u8) -> String {
    let (mode, size) = match packet {
        Packet::RawExact(size) if size > 0 => ("raw(N)".to_owned(), size),
        Packet::RawExact(_) => ("raw".to_owned(), 0),
        packet => (packet.to_string(), 0),
    };
    let delimiter = quoted(&[delimiter]);
    format!("{{ mode = \"{mode}\", size = {size}, delimiter = {delimiter} }}")
}

/// Writes the states, the initial one first, each with its own packet mode.
fn states(description: &Description<'_>) -> String {
    let protocol = description.protocol;
    if protocol.states.is_empty() {
        return "nil".to_owned();
    }
    let mut out = String::from("{\n");
    for state in protocol.states {
        let mode = description.own_packet(state).map_or_else(String::new, |own| {
            format!(", packet = {}", packet(own, protocol.delimiter))
        });
        let _ = writeln!(out, "    {{ name = {}{mode} }},", quoted(state.as_bytes()));
    }
    out.push('}');
    out
}

/// The fields of the protocol, which Wireshark filters by.
struct Fields {
    id: String,
    names: Names,
    out: String,
    count: usize,
    /// Those of the present arm, by name and type.
    of_arm: Vec<(&'static str, &'static str, usize)>,
}

impl Fields {
    fn new(id: &str) -> Self {
        Fields {
            id: id.to_owned(),
            names: Names::without(&["arm", "frame"]),
            out: format!(
                "    arm = ProtoField.string(\"{id}.arm\", \"Arm\"),\n    frame = ProtoField.bytes(\"{id}.frame\", \"Frame\"),\n"
            ),
            count: 0,
            of_arm: Vec::new(),
        }
    }

    /// Adds a field of an arm, and returns its number. Alternatives that bind the same name share it.
    fn add(&mut self, arm: &str, name: Option<&'static str>, unnamed: &str, ty: &'static str) -> usize {
        let same = |&(other, other_ty, number): &(&str, &str, usize)| {
            (Some(other) == name && other_ty == ty).then_some(number)
        };
        if let Some(number) = self.of_arm.iter().find_map(same) {
            return number;
        }
        self.count += 1;
        if let Some(name) = name {
            self.of_arm.push((name, ty, self.count));
        }
        // A dot separates the arm's name from the field's, and neither has one.
        let given = self.names.give(&format!("{arm} {}", name.unwrap_or(unnamed)), '_');
        let _ = writeln!(
            self.out,
            "    ProtoField.{ty}(\"{}.{given}\", {}),",
            self.id,
            quoted(name.unwrap_or(unnamed).as_bytes())
        );
        self.count
    }
}

fn write_arm(out: &mut String, arm: &Arm, fields: &mut Fields) {
    for line in arm.docs.lines() {
        let _ = writeln!(out, "    -- {}", plain(line));
    }
    let _ = writeln!(out, "    -- arm: {}", plain(arm.pattern));
    let _ = writeln!(
        out,
        "    {{ name = {}, guarded = {},",
        quoted(arm.name.as_bytes()),
        arm.guarded
    );
    write_ways(out, arm);
    fields.of_arm.clear();
    let frames = match arm.frame {
        Frame::AnyOf(frames) => frames,
        ref frame => std::slice::from_ref(frame),
    };
    for frame in frames {
        form(out, arm.name, frame, fields);
    }
    out.push_str("    },\n");
}

/// Writes the states in which an arm is tried, and those that it may lead to.
fn write_ways(out: &mut String, arm: &Arm) {
    if !arm.states.is_empty() {
        let states = arm
            .states
            .iter()
            .map(|state| format!("[{}] = true", quoted(state.as_bytes())));
        let _ = writeln!(out, "        states = {{ {} }},", states.collect::<Vec<_>>().join(", "));
    }
    if !arm.next.states.is_empty() {
        let next = arm.next.states.iter().map(|state| quoted(state.as_bytes()));
        let _ = writeln!(out, "        next = {{ {} }},", next.collect::<Vec<_>>().join(", "));
    }
    if arm.next.open {
        let _ = writeln!(out, "        open = true,");
    }
}

fn form(out: &mut String, arm: &str, frame: &Frame, fields: &mut Fields) {
    match *frame {
        Frame::Literal(bytes) => {
            // The case of its letters counts, or it would be a template.
            let bytes = quoted(bytes);
            let _ = writeln!(
                out,
                "        {{ kind = \"layout\", {{ length = function() return #{bytes} end, given = {bytes} }} }},"
            );
        }
        Frame::Template(pieces) => {
            out.push_str("        { kind = \"template\",\n");
            for piece in pieces {
                let piece = self::piece(arm, piece, fields);
                let _ = writeln!(out, "            {{ {piece} }},");
            }
            out.push_str("        },\n");
        }
        Frame::Bits(layout) | Frame::Prefix(layout) => {
            let open = matches!(frame, Frame::Prefix(_));
            let _ = writeln!(out, "        {{ kind = \"layout\", open = {open},");
            for field in layout {
                let part = part(arm, field, fields);
                let _ = writeln!(out, "            {{ {part} }},");
            }
            out.push_str("        },\n");
        }
        Frame::AnyOf(frames) => frames.iter().for_each(|frame| form(out, arm, frame, fields)),
        Frame::Rest => out.push_str("        { kind = \"rest\" },\n"),
        Frame::Rust(_) => out.push_str("        { kind = \"unknown\" },\n"),
    }
}

fn piece(arm: &str, piece: &Piece, fields: &mut Fields) -> String {
    match *piece {
        Piece::Literal(text) => format!("text = {}", quoted(text)),
        Piece::Flag(flag) => {
            let field = fields.add(arm, flag.name, "flag", "bool");
            format!("flag = {}, field = {field}", quoted(flag.text))
        }
        Piece::Capture(Capture { name, kind, ty, open }) => {
            let (parse, ty) = match kind {
                CaptureKind::Text => ("parse = \"text\"".to_owned(), "string"),
                CaptureKind::Bytes => ("parse = \"bytes\"".to_owned(), "bytes"),
                CaptureKind::Parsed => parsed(ty),
            };
            let field = fields.add(arm, name, "unnamed", ty);
            format!("{parse}, open = {open}, field = {field}")
        }
    }
}

/// Returns how a value is read, and the type of its field.
fn parsed(ty: &str) -> (String, &'static str) {
    if let Some((bits, signed)) = integer(ty) {
        let max = u128::MAX >> (128 - bits + u32::from(signed));
        let min = if signed {
            format!(", min = \"{}\"", max + 1)
        } else {
            String::new()
        };
        let nonzero = if ty.contains("NonZero") { ", nonzero = true" } else { "" };
        let parse = format!("parse = \"integer\", bits = {bits}, max = \"{max}\"{min}{nonzero}");
        return (parse, whole(bits, signed));
    }
    match ty {
        "f32" => ("parse = \"float\", bits = 32".to_owned(), "double"),
        "f64" => ("parse = \"float\", bits = 64".to_owned(), "double"),
        "bool" => ("parse = \"bool\"".to_owned(), "bool"),
        "char" => ("parse = \"char\"".to_owned(), "string"),
        "String" => ("parse = \"text\"".to_owned(), "string"),
        // Its `FromStr` decides.
        _ => ("parse = \"text\", unknown = true".to_owned(), "string"),
    }
}

/// Returns the type of the field of an integer.
fn whole(bits: u32, signed: bool) -> &'static str {
    match (bits, signed) {
        (..=32, false) => "uint32",
        (..=32, true) => "int32",
        (..=64, false) => "uint64",
        (..=64, true) => "int64",
        _ => "string",
    }
}

fn part(arm: &str, field: &Field, fields: &mut Fields) -> String {
    let unknown = matches!(field.value, Value::Unknown);
    let name = field.name;
    let mut part = match field.form {
        Form::Number(number) => {
            let unnamed = if matches!(field.value, Value::Number(_)) {
                "constant"
            } else {
                "unnamed"
            };
            let at = fields.add(arm, name, unnamed, number_type(number));
            let class = match number.class {
                Class::Unsigned => "unsigned",
                Class::Signed => "signed",
                Class::Float => "float",
            };
            let little = number.endian == Endian::Little;
            let mut part = format!(
                "width = {}, class = \"{class}\", little = {little}, field = {at}",
                number.width
            );
            if let Value::Number(bits) = field.value {
                let width = number.width as usize;
                let _ = write!(part, ", given = \"{bits:0width$b}\"");
            }
            if let Some(name) = name {
                let _ = write!(part, ", name = {}", quoted(name.as_bytes()));
            }
            part
        }
        Form::Bytes(length) => {
            let given = match field.value {
                Value::Bytes(bytes) => format!(", given = {}", quoted(bytes)),
                _ => String::new(),
            };
            let unnamed = if given.is_empty() { "unnamed" } else { "constant" };
            let at = fields.add(arm, name, unnamed, "bytes");
            format!(
                "length = function(v) return {} end, field = {at}{given}",
                computed(&length)
            )
        }
        Form::Rest => {
            let at = fields.add(arm, name, "rest", "bytes");
            format!("field = {at}")
        }
    };
    if unknown {
        part.push_str(", unknown = true");
    }
    part
}

fn number_type(number: Number) -> &'static str {
    match number.class {
        Class::Float if number.width == 32 => "float",
        Class::Float => "double",
        class => whole(number.width, class == Class::Signed),
    }
}

/// Writes a length as an expression of Lua over the values `v`.
fn computed(length: &Length) -> String {
    match *length {
        // A number beyond 2^53 isn't exact there, and fits no frame.
        Length::Number(number) => number.to_string(),
        Length::Field(name) => format!("v[{}]", quoted(name.as_bytes())),
        Length::Unknown(_) => "length.unknown()".to_owned(),
        Length::Operation(left, operator, right) => {
            let operator = match operator {
                Operator::Add => "add",
                Operator::Sub => "sub",
                Operator::Mul => "mul",
                Operator::Div => "div",
                Operator::Rem => "rem",
                Operator::Shl => "shl",
                Operator::Shr => "shr",
            };
            format!("length.{operator}({}, {})", computed(left), computed(right))
        }
    }
}
