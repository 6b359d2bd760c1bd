//! The check that sessions are handed over in one way, and whole.

use super::is_missed;
use crate::model::Server;
use crate::model::callbacks::Kind;
use crate::options::{Options, SessionVersion};
use crate::report::Report;
use crate::syntax::text;

/// Checks that what a new version of the program takes over is written and read, in one way.
pub(crate) fn check(server: &Server, options: &Options, report: &mut Report) {
    let [freeze, thaw, taken_over] = [Kind::Freeze, Kind::Thaw, Kind::TakenOver].map(|kind| server.callback(kind));
    if let (Some(SessionVersion { name, .. }), Some(written)) = (&options.session_version, freeze.or(thaw)) {
        let message = format!(
            "`session_version` has the session written and read by serde, which is what `{}` is for: keep one of both",
            written.spec.name
        );
        report.error(name, message);
        return;
    }
    let session = server.session.as_ref().map_or_else(|| "()".to_owned(), text);
    let own = "a method of your own with this name can stand in another `impl` block";
    match (freeze, thaw, taken_over) {
        (Some(freeze), None, _) if !is_missed(server, Kind::Thaw) => report.error_at(
            freeze.span,
            format_args!(
                "`freeze` writes the session for a new version of the program, which needs `thaw` to read it: `fn thaw(&self, frozen: \
                 Frozen) -> Result<{session}>`; {own}"
            ),
        ),
        (None, Some(thaw), _) if !is_missed(server, Kind::Freeze) => report.error_at(
            thaw.span,
            format_args!(
                "`thaw` reads the session that `freeze` has written in an old version of the program: `fn freeze(&self, session: \
                 &{session}) -> Frozen`; {own}"
            ),
        ),
        (None, None, Some(taken_over)) if hands_nothing_over(server, options) => report.error_at(
            taken_over.span,
            "`taken_over` is never called, as nothing hands connections over: write `session_version = 1` into the attribute's parentheses, \
             by which serde writes and reads the session, or the callbacks `freeze` and `thaw`",
        ),
        _ => {}
    }
}

/// Returns whether nothing writes the session, nor was meant to.
fn hands_nothing_over(server: &Server, options: &Options) -> bool {
    options.session_version.is_none()
        && !options.refused.contains(&"session_version")
        && ![Kind::Freeze, Kind::Thaw]
            .into_iter()
            .any(|kind| is_missed(server, kind))
}
