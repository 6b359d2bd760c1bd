//! The token of the controls, and the gate that it opens.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use crate::error::Error;

/// The fewest bytes of a token: guessed at the gate's pace, 16 hexadecimal digits hold for longer
/// than anybody waits.
const LEAST: usize = 16;

/// The number of wrong tokens that may come at once.
const WRONG_MAX: u32 = 5;

/// The time after which one more may.
const WRONG_TIME: Duration = Duration::from_secs(10);

/// The token that opens the gate. `Debug` doesn't show it.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn new(token: String) -> Self {
        Token(token)
    }

    /// Returns an error if the token is easy to guess, or can't be sent.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if !self.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::UnusableToken);
        }
        let length = self.0.len();
        if length < LEAST {
            return Err(Error::WeakToken { length, least: LEAST });
        }
        Ok(())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The gate's answer to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// Too many were wrong, so this one isn't looked at.
    Wait,
}

/// Judges tokens. Wrong ones are limited for all clients together, as each guesser can be many.
#[derive(Debug)]
pub(crate) struct Gate {
    token: Token,
    wrong: Mutex<Wrong>,
}

/// The number of wrong tokens, from which time takes one away again.
#[derive(Debug)]
struct Wrong {
    count: u32,
    since: Instant,
}

impl Gate {
    pub(crate) fn new(token: Token) -> Self {
        let since = Instant::now();
        Gate {
            token,
            wrong: Mutex::new(Wrong { count: 0, since }),
        }
    }

    pub(crate) fn judge(&self, token: Option<&[u8]>) -> Verdict {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.fade();
        if wrong.count >= WRONG_MAX {
            return Verdict::Wait;
        }
        // One that is missing is no guess.
        let Some(token) = token else {
            return Verdict::Wrong;
        };
        if self.token.0.as_bytes().ct_eq(token).into() {
            return Verdict::Right;
        }
        wrong.count += 1;
        Verdict::Wrong
    }
}

impl Wrong {
    fn fade(&mut self) {
        let now = Instant::now();
        while self.count > 0 && now.duration_since(self.since) >= WRONG_TIME {
            self.count -= 1;
            self.since += WRONG_TIME;
        }
        if self.count == 0 {
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    #[test]
    fn a_token_is_long_enough_and_can_be_sent() {
        let check = |token: &str| Token::new(token.to_owned()).check();
        assert!(check(TOKEN).is_ok());
        for short in ["", "0123456789abcde"] {
            assert!(
                matches!(check(short), Err(Error::WeakToken { least: 16, .. })),
                "{short}"
            );
        }
        for unusable in ["0123456789 abcdef", "0123456789abcdef\n", "0123456789abcdéf"] {
            assert!(matches!(check(unusable), Err(Error::UnusableToken)), "{unusable}");
        }
        assert!(!format!("{:?}", Token::new(TOKEN.to_owned())).contains('0'));
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_are_limited_and_the_right_token_isnt_told_meanwhile() {
        let gate = Gate::new(Token::new(TOKEN.to_owned()));
        let judge = |token: &str| gate.judge(Some(token.as_bytes()));
        for _ in 0..100 {
            assert_eq!(judge(TOKEN), Verdict::Right);
            assert_eq!(gate.judge(None), Verdict::Wrong);
        }
        for guess in ["", "0123456789abcdeF", "0123456789abcde", "0123456789abcdef0", "x"] {
            assert_eq!(judge(guess), Verdict::Wrong, "{guess}");
        }
        assert_eq!(judge(TOKEN), Verdict::Wait);
        advance(WRONG_TIME).await;
        assert_eq!(judge(TOKEN), Verdict::Right);
        assert_eq!(judge("x"), Verdict::Wrong);
        assert_eq!(judge(TOKEN), Verdict::Wait);
        advance(WRONG_TIME * 100).await;
        for _ in 0..WRONG_MAX {
            assert_eq!(judge("x"), Verdict::Wrong);
        }
        assert_eq!(judge("x"), Verdict::Wait);
    }
}
