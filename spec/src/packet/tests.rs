//! Tests of the table as a whole.

use super::*;

#[test]
fn each_spelling_is_one_mode() {
    for (at, &mode) in MODES.iter().enumerate() {
        assert_eq!(mode as usize, at);
        assert_eq!(format!("{mode:?}"), mode.row().variant);
        assert_eq!(find(mode.row().spelling), Some(mode));
    }
    assert_eq!(find("ssl_tls"), None);
    assert_eq!(find("FCGI"), None);
}

#[test]
fn modes_of_one_word_are_called_so() {
    let words: Vec<&str> = MODES
        .iter()
        .map(|mode| mode.row())
        .filter(|row| row.is_word())
        .map(|row| row.spelling)
        .collect();
    assert_eq!(
        words,
        ["raw", "line", "asn1", "cdr", "sunrm", "fcgi", "tpkt", "http", "httph"]
    );
}

/// A length bounds a frame, and a limit that counts behind the header needs a header.
#[test]
fn the_columns_agree() {
    for mode in MODES {
        let row = mode.row();
        match row.frames {
            Frames::AtMost(most) => assert_eq!(
                Some(most),
                1_usize
                    .checked_shl(8 * u32::try_from(row.header).unwrap())
                    .map(|n| n - 1)
            ),
            Frames::Headed { begins, called } => {
                assert!(begins.len() <= row.header, "{mode:?}");
                assert_eq!(begins.is_empty(), called.is_empty(), "{mode:?}");
            }
            _ => {}
        }
        assert!(
            row.header > 0 || !matches!(row.limit, Limit::BehindHeader | Limit::Part),
            "{mode:?}"
        );
        let length = match row.reply {
            Reply::Length1 => 1,
            Reply::Length2 => 2,
            Reply::Length4 => 4,
            Reply::AsItIs | Reply::Crlf | Reply::Lf => continue,
        };
        assert_eq!((row.header, row.spelling), (length, &*length.to_string()), "{mode:?}");
    }
}

#[test]
fn a_limit_leaves_a_header_that_stays_uncounted() {
    for (mode, uncounted) in [
        (Mode::Raw, None),
        (Mode::RawExact, Some(0)),
        (Mode::Four, Some(0)),
        (Mode::Line, Some(0)),
        (Mode::Asn1, None),
        (Mode::Cdr, Some(12)),
        (Mode::Sunrm, Some(4)),
        (Mode::Fcgi, Some(8)),
        (Mode::Tpkt, Some(4)),
        (Mode::Http, Some(0)),
    ] {
        assert_eq!(mode.row().uncounted(), uncounted, "{mode:?}");
    }
}

#[test]
fn a_block_fits_into_packet_size() {
    for (size, packet_size, mistake) in [
        (0, 1, Some(BlockMistake::Empty)),
        (1, 1, None),
        (512, 512, None),
        (513, 512, Some(BlockMistake::TooLong)),
    ] {
        assert_eq!(judge_block(size, packet_size), mistake, "{size} {packet_size}");
    }
}

#[test]
fn the_documentation_has_a_line_for_each() {
    let table = crate::packet_table!();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2 + MODES.len());
    for (line, mode) in lines[2..].iter().zip(MODES) {
        let spelling = mode.row().spelling.replace('|', "\\|");
        assert!(line.starts_with(&format!("| `{spelling}` | ")), "{line}");
        assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
    }
}
