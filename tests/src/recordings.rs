//! The properties of all recordings, whatever bytes are in them: the checks that random tests and
//! a fuzz target share.

use kai_tcp_server::test::{Difference, Replay, Replayed};
use kai_tcp_server::{Action, tcp_server};

/// Echoes lines.
#[derive(Clone, Copy, Debug)]
pub struct Echo;

#[tcp_server(port = 0, packet = line(crlf), max_processes = 16)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

/// A recording that can be played.
pub const RECORDING: &str = "\
# kai-tcp-server recording 1: all that peers sent and were sent, secrets too
# server Echo, began 2026-11-29T15:39:38.123456Z, file 1
0.000000 #1 (connected from 127.0.0.1:51234)
0.000000 #1 (packet line(crlf))
0.000100 #1 C: one {{brace}}
0.000200 #1 S: one {{brace}}
0.000300 #2 (joined from 127.0.0.1:51235)
0.000300 #2 (packet line(crlf))
0.000300 #2 S: elsewhere
0.001000 #3 (connected from 127.0.0.1:51236)
0.001000 #3 (packet line(crlf))
0.001000 #3 C. \\xff\\x00\\r\\n
0.001000 #1 C: four
0.001000 #1 C. five\\r\\n
0.002000 #3 S. \\xff
0.002000 #3 S! left out 3 bytes
0.003000 #1 S! left out 0 bytes
0.003000 #1 (state Ready)
0.003000 #1 (goes on from 127.0.0.1:51234)
0.003000 #1 S: {word}
0.003000 #1 S: {_}
0.004000 #1 C! closed
0.004000 #1 S! closed
0.004000 #1 (ended: closed by the peer)
0.005000 #3 C! left out 7 bytes
0.006000 #3 C: more
0.007000 #3 (starttls)
0.007000 #3 (stopped)
0.008000 #3 C! reset
# ended
";

/// Reads a text as a recording, and plays it. Neither panics nor hangs; a text is no recording, or
/// is played, or differs.
///
/// # Panics
///
/// If it doesn't hold.
pub fn is_played_or_refused(text: &[u8]) -> Option<Result<Replayed, Difference>> {
    // No line waits: what is recorded as a time passes at once, but a server of the test's own
    // could be told to wait for millions of them.
    let text = std::str::from_utf8(text).ok()?;
    let replay = match Replay::parse(text) {
        Ok(replay) => replay,
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.starts_with("line ") || shown.contains("version"), "{shown}");
            return None;
        }
    };
    let played = replay.in_memory(Echo);
    if let Err(difference) = &played {
        let shown = difference.to_string();
        let is_harmless = |letter: char| letter == '\n' || !letter.is_control();
        assert!(shown.chars().all(is_harmless), "{shown:?}");
    }
    Some(played)
}
