//! The part of a template that another one surely matches, against all short frames.

use std::fmt::Write as _;

use crate::table::automaton;
use crate::table::matching;
use crate::table::template::{Template, parse};

const TEMPLATES: usize = 100;
const LONGEST: u32 = 5;
/// The bytes of the frames: of the templates' text, a blank, a character of two bytes.
const BYTES: [u8; 5] = *b"ab \xc3\xa9";

/// A small generator, the same on every run.
struct Random {
    state: u64,
    /// The alphabet of the text.
    letters: [&'static str; 4],
}

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % n as u64).expect("below n")
    }

    fn text(&mut self, most: usize) -> String {
        let length = 1 + self.below(most);
        (0..length).map(|_| self.letters[self.below(4)]).collect()
    }

    fn template(&mut self) -> String {
        let mut template = String::new();
        for _ in 0..=self.below(3) {
            if self.below(3) > 0 {
                template.push_str(&self.text(2));
            }
            if self.below(3) > 0 {
                template.push_str(["{_c}", "{_c..}", "{_}", "{_..}", "{_c: u8}", "{_c..: u8}"][self.below(6)]);
            }
            if self.below(4) == 0 {
                let _ = write!(template, "{{_?{}}}", self.text(2));
            }
        }
        template
    }
}

fn frames() -> Vec<Vec<u8>> {
    let mut frames = vec![Vec::new()];
    let mut longest = frames.clone();
    for _ in 0..LONGEST {
        longest = longest
            .iter()
            .flat_map(|frame| BYTES.map(|byte| [&frame[..], &[byte]].concat()))
            .collect();
        frames.extend_from_slice(&longest);
    }
    frames
}

#[test]
fn it_is_what_all_frames_say() {
    let frames = frames();
    for (ignore_case, letters) in [(false, ["a", "b", " ", "é"]), (true, ["a", "B", " ", "A"])] {
        let mut random = Random {
            state: 0x2545_f491_4f6c_dd1d,
            letters,
        };
        let mut templates: Vec<(Template, String, Vec<Option<bool>>)> = Vec::new();
        while templates.len() < TEMPLATES {
            let written = random.template();
            let Ok(template) = parse(&written) else { continue };
            let matches: Vec<Option<bool>> = frames
                .iter()
                .map(|frame| matching::matches(&template, frame, ignore_case))
                .collect();
            templates.push((template, written, matches));
        }
        let (mut covered, mut missed) = (0, 0);
        for (wide, wide_written, by_wide) in &templates {
            for (narrow, narrow_written, by_narrow) in &templates {
                let mut both = by_wide.iter().zip(by_narrow);
                // A type may accept or refuse its text.
                let counter = both.position(|(wide, narrow)| *narrow != Some(false) && *wide != Some(true));
                let covers = automaton::covers(wide, narrow, ignore_case);
                if let (true, Some(at)) = (covers, counter) {
                    let frame = frames[at].escape_ascii();
                    panic!(
                        "`{wide_written}` is said to match whatever `{narrow_written}` does, and doesn't match {frame}"
                    );
                }
                covered += usize::from(covers);
                let matches = by_narrow.iter().filter(|narrow| **narrow != Some(false)).count();
                missed += usize::from(!covers && counter.is_none() && matches > 20);
            }
        }
        assert!(covered > TEMPLATES, "{covered}");
        assert!(missed * 10 < covered, "{missed} of {covered}");
    }
}
