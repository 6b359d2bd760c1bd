//! Tests of the table as a whole.

use std::collections::HashSet;

use super::*;

#[test]
fn each_name_is_one_option_and_each_other_word_leads_to_one() {
    let mut seen = HashSet::new();
    for option in ROWS {
        assert!(seen.insert(option.name), "{}", option.name);
        assert_eq!(find(option.name).map(|found| found.name), Some(option.name));
        for word in option.also {
            assert!(seen.insert(word), "{word}");
            assert_eq!(called_elsewhere(word).map(|found| found.name), Some(option.name));
            assert!(find(word).is_none(), "{word}");
        }
    }
    for (word, _) in GONE {
        assert!(seen.insert(word), "{word}");
        assert!(gone(word).is_some());
    }
}

#[test]
fn each_id_is_the_place_of_its_row() {
    for (at, id) in FIELDS.iter().enumerate() {
        assert_eq!(*id as usize, at);
        assert_ne!(id.row().changes, Changes::InTheAttribute);
    }
    assert!(
        ROWS[FIELDS.len()..]
            .iter()
            .all(|row| row.changes == Changes::InTheAttribute)
    );
}

#[test]
fn a_number_is_judged_by_its_range() {
    let backlog = Id::Backlog.row();
    assert_eq!(
        backlog.judge_number(0),
        Some("backlog must be at least 1: with 0 no connection could wait")
    );
    assert_eq!(backlog.judge_number(1), None);
    assert_eq!(backlog.judge_number(0x7fff_ffff), None);
    assert_eq!(
        backlog.judge_number(0x8000_0000),
        Some("backlog must be from 1 to 2147483647")
    );
    assert_eq!(Id::MaxRestarts.row().judge_number(0), None);
    assert_eq!(Id::MaxProcesses.row().judge_number(u64::MAX), None);
    assert_eq!(Id::Nodelay.row().judge_number(0), None);
}

/// If the table gives a reason against smaller numbers, smaller numbers exist.
#[test]
fn what_is_judged_has_a_reason() {
    for option in ROWS {
        if let Kind::Number(number) = option.kind {
            assert_eq!(number.is_judged(), number.least > 0, "{}", option.name);
        }
    }
}

#[test]
fn a_time_is_judged_by_whether_it_may_be_none() {
    let max_age = Id::MaxAge.row();
    assert!(
        max_age
            .judge_time(Duration::ZERO)
            .is_some_and(|problem| problem.starts_with("max_age must be longer than 0: "))
    );
    assert_eq!(max_age.judge_time(Duration::from_nanos(1)), None);
    assert_eq!(Id::Shutdown.row().judge_time(Duration::ZERO), None);
    assert_eq!(Id::StopDelay.row().judge_time(Duration::ZERO), None);
}

#[test]
fn the_documentation_has_a_line_for_each() {
    let table = crate::option_table!();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2 + ROWS.len());
    for (line, row) in lines[2..].iter().zip(ROWS) {
        let changes = match row.changes {
            Changes::WhileRunning => "start, reload",
            Changes::AtStart => "start",
            Changes::Never | Changes::InTheAttribute => "",
        };
        let (name, default, is) = (row.name, row.default, row.is);
        assert_eq!(*line, format!("| `{name}` | {default} | {is} | {changes} |"));
        assert_eq!(line.matches('|').count(), 5, "{line}");
    }
}

#[test]
fn the_default_of_packet_size_is_what_is_shown() {
    assert_eq!(format!("{} KiB", PACKET_SIZE / 1024), Id::PacketSize.row().default);
}
