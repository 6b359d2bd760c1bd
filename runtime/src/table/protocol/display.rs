//! The protocol as a table of plain text.

use std::fmt;

use super::{Arm, Closes, Protocol};

/// The titles of the columns.
const TITLES: [&str; 6] = ["name", "frame", "states", "next", "closes", "meaning"];

/// Prints how frames are found, the states, and then a table with an arm a line: its name, its
/// frame, its states and those that it leads to, whether it closes, and the first line of its
/// documents. A column that would be empty is left out.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.codec {
            Some(codec) => write!(f, "packet = {codec}")?,
            None => write!(f, "packet = {}", self.packet)?,
        }
        if self.ignore_case {
            write!(f, ", ignore_case")?;
        }
        writeln!(f)?;
        self.fmt_states(f)?;
        let rows: Vec<[String; 6]> = self.arms.iter().map(row).collect();
        let widths: [usize; 6] = std::array::from_fn(|column| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            match cells.max() {
                None | Some(0) => 0,
                Some(widest) => widest.max(TITLES[column].len()),
            }
        });
        if !rows.is_empty() {
            line(f, &TITLES.map(str::to_owned), &widths)?;
        }
        rows.iter().try_for_each(|row| line(f, row, &widths))
    }
}

impl Protocol {
    /// Lists the states, also those that no arm names: `states = Hello (initial), Ready, Gone
    /// (last)`.
    fn fmt_states(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, state) in self.states.iter().enumerate() {
            let before = if at == 0 { "states = " } else { ", " };
            let mark = match (at == 0, self.last.contains(state)) {
                (true, true) => " (initial, last)",
                (true, false) => " (initial)",
                (false, true) => " (last)",
                (false, false) => "",
            };
            write!(f, "{before}{state}{mark}")?;
        }
        if self.states.is_empty() { Ok(()) } else { writeln!(f) }
    }
}

/// Writes a line of the columns that are used, without blanks at its end.
fn line(f: &mut fmt::Formatter<'_>, cells: &[String; 6], widths: &[usize; 6]) -> fmt::Result {
    let used = cells.iter().zip(widths).filter(|(_, width)| **width > 0);
    let columns: Vec<String> = used.map(|(cell, &width)| format!("{cell:width$}")).collect();
    writeln!(f, "{}", columns.join("  ").trim_end())
}

fn row(arm: &Arm) -> [String; 6] {
    let frame = if arm.guarded {
        format!("{} if …", arm.pattern)
    } else {
        arm.pattern.to_owned()
    };
    let mut next = arm.next.states.to_vec();
    if arm.next.open {
        next.push("…");
    }
    let closes = match arm.closes {
        Closes::Always => "yes",
        Closes::Sometimes => "may",
        Closes::Never => "no",
        Closes::Unknown => "",
    };
    [
        arm.name.to_owned(),
        frame,
        arm.states.join(", "),
        next.join(", "),
        closes.to_owned(),
        arm.docs.lines().next().unwrap_or_default().to_owned(),
    ]
}
