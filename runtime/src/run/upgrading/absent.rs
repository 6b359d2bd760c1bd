//! Without the feature `upgrade`.

use std::convert::Infallible;
use std::future::pending;

use tokio::sync::mpsc::Receiver;

use crate::server::Server;

pub(super) struct Program;

impl Program {
    pub(super) fn of_this_process() -> Self {
        Program
    }

    #[expect(clippy::unused_self, reason = "the other one uses it")]
    pub(super) fn is_over(&self) -> bool {
        false
    }
}

pub(super) fn ready() {}

pub(super) async fn whenever_asked(_: &[Server], _: &mut Receiver<()>, _: &Program) -> Infallible {
    pending().await
}
