//! Without the feature `upgrade`: no process passes anything on to this one.

use crate::accept::listener_set::ListenPhase;
use crate::error::Error;
use crate::server::Server;
use crate::transport::passed::Passed;

#[derive(Debug)]
pub(crate) struct Inherited {
    pub(crate) passed: Passed,
    pub(crate) phase: ListenPhase,
}

impl Inherited {
    pub(crate) fn of(_: &str) -> Self {
        Inherited {
            passed: Passed::default(),
            phase: ListenPhase::Open,
        }
    }

    #[expect(clippy::unused_self, reason = "the other one uses it")]
    pub(crate) fn started(self, _: &Server, _: bool) {}
}

pub(crate) fn failed(_: &Error) {}
