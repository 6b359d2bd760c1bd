//! Without the feature `upgrade`: no process passes anything on to this one.

use crate::accept::listener_set::ListenPhase;
use crate::error::{Error, Result};
use crate::server::Server;
use crate::transport::passed::Passed;

#[derive(Debug)]
pub(crate) struct Inherited {
    pub(crate) passed: Passed,
    pub(crate) phase: ListenPhase,
}

impl Inherited {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the other one fails where nothing can be taken over"
    )]
    pub(crate) fn of(_: &str) -> Result<Self> {
        Ok(Inherited {
            passed: Passed::default(),
            phase: ListenPhase::Open,
        })
    }

    #[expect(clippy::unused_self, reason = "the other one uses it")]
    pub(crate) fn started(self, _: &Server, _: bool) {}
}

pub(crate) fn failed(_: &Error) {}
