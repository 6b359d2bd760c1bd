//! What has to agree: callbacks with each other, and the table with the options.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, ExprMatch, ImplItem, ImplItemFn, ItemImpl, Lit, Pat, Type, UnOp};

use crate::callbacks::Kind;
use crate::model::{Server, peers_message};
use crate::options::Options;
use crate::report::Report;
use crate::roles::{Frame, Role};
use crate::syntax::{alike, bare_expr, last_segment, text};

/// Checks what the callbacks say of each other.
pub(crate) fn callbacks(server: &Server, block: &ItemImpl, report: &mut Report) {
    if server.callback(Kind::HandleCall).is_none() && !server.missed.contains(&Kind::HandleCall) {
        report.error(
            &block.self_ty,
            "`handle_call` is missing in this block: `fn handle_call(&self, data: &[u8]) -> Action`; it is what the server does \
             with a frame",
        );
    }
    for item in &block.items {
        if let ImplItem::Const(constant) = item
            && constant.ident == "OPTIONS"
        {
            report.error(
                &constant.ident,
                "`OPTIONS` is the constant that the attribute makes: choose another name",
            );
        }
    }
    sessions(server, report);
    messages(server, report);
}

fn sessions(server: &Server, report: &mut Report) {
    let Some(session) = &server.session else { return };
    for callback in &server.callbacks {
        if let Some(other) = callback.session().filter(|other| !alike(other, session)) {
            let message = format!(
                "a server has one session type: `{}` takes `{}` here, and elsewhere it is `{}`",
                callback.spec.name,
                text(other),
                text(session)
            );
            report.error(other, message);
        }
    }
    if let Some(connected) = server
        .callback(Kind::Connected)
        .filter(|connected| connected.returned().is_none())
    {
        let message = format!(
            "`connected` returns the session: write `-> {}`, or leave `connected` out",
            text(session)
        );
        report.error_at(connected.span, message);
    }
}

fn messages(server: &Server, report: &mut Report) {
    let peer = server
        .callback(Kind::Connected)
        .and_then(|connected| connected.parameter(Role::Peer));
    let sent = server.callback(Kind::Connected).and_then(peers_message);
    match (server.callback(Kind::HandleInfo), &server.message) {
        (None, _) => {
            if let Some(sent) = sent.filter(|sent| !is_infallible(sent)) {
                let message = format!(
                    "nothing takes these messages: add `fn handle_info(&self, message: {}) -> Action`, or take a `Peer` alone",
                    text(sent)
                );
                report.error(sent, message);
            }
        }
        (Some(info), None) => report.error_at(
            info.span,
            "`handle_info` takes a message: `fn handle_info(&self, message: M) -> Action`",
        ),
        (Some(_), Some(message)) => match (peer, sent) {
            (Some(peer), None) => {
                report.error(
                    &peer.ty,
                    format_args!(
                        "this handle sends no messages: write `Peer<{0}>`, as `handle_info` takes `{0}`",
                        text(message)
                    ),
                );
            }
            (_, Some(sent)) if !alike(sent, message) => {
                report.error(
                    sent,
                    format_args!("`handle_info` takes `{0}`, so this is `Peer<{0}>`", text(message)),
                );
            }
            _ => {}
        },
    }
}

fn is_infallible(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Infallible")
}

/// Checks that `packet_size` leaves space for each literal of the table.
pub(crate) fn literals(server: &Server, block: &ItemImpl, options: &Options, report: &mut Report) {
    let (frame, Some(parameter)) = server.frame() else {
        return;
    };
    let Some(data) = parameter.name.as_ref().map(ToString::to_string) else {
        return;
    };
    let Some(size) = options.packet_size() else { return };
    let Some(function) = function(block, "handle_call") else {
        return;
    };
    let mut table = Table {
        data: &data,
        literals: Literals {
            frame,
            found: Vec::new(),
        },
    };
    table.visit_block(&function.block);
    for (span, length) in table.literals.found.into_iter().filter(|(_, length)| *length > size) {
        let message = format!(
            "no frame matches this literal of {length} bytes, as `packet_size` is {size} and a longer one closes the connection: \
             raise `packet_size`"
        );
        report.error_at(span, message);
    }
}

fn function<'b>(block: &'b ItemImpl, name: &str) -> Option<&'b ImplItemFn> {
    block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == name => Some(function),
        _ => None,
    })
}

/// The literals of each `match` on the data parameter, or on a tuple that contains it.
struct Table<'d> {
    data: &'d str,
    literals: Literals,
}

impl Table<'_> {
    fn is_data(&self, scrutinee: &Expr) -> bool {
        match bare_expr(scrutinee) {
            Expr::Path(path) => path.path.is_ident(self.data),
            Expr::Reference(reference) => self.is_data(&reference.expr),
            Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && self.is_data(&unary.expr),
            Expr::Index(index) => is_full_range(&index.index) && self.is_data(&index.expr),
            Expr::MethodCall(call) => call.method == "as_ref" && self.is_data(&call.receiver),
            _ => false,
        }
    }

    /// Looks at the patterns that stand for the data.
    fn pattern(&mut self, scrutinee: &Expr, pattern: &Pat) {
        match (bare_expr(scrutinee), pattern) {
            (_, Pat::Guard(guarded)) => self.pattern(scrutinee, &guarded.pat),
            (_, Pat::Or(either)) => either.cases.iter().for_each(|case| self.pattern(scrutinee, case)),
            (_, Pat::Paren(paren)) => self.pattern(scrutinee, &paren.pat),
            (scrutinee, pattern) if self.is_data(scrutinee) => self.literals.visit_pat(pattern),
            (Expr::Tuple(tuple), Pat::Tuple(patterns)) => {
                tuple
                    .elems
                    .iter()
                    .zip(&patterns.elems)
                    .for_each(|(part, pattern)| self.pattern(part, pattern));
            }
            _ => {}
        }
    }
}

fn is_full_range(index: &Expr) -> bool {
    matches!(index, Expr::Range(range) if range.start.is_none() && range.end.is_none())
}

impl Visit<'_> for Table<'_> {
    fn visit_expr_match(&mut self, table: &ExprMatch) {
        table.arms.iter().for_each(|arm| self.pattern(&table.expr, &arm.pat));
        visit::visit_expr_match(self, table);
    }
}

/// The literals in a pattern that are whole frames.
struct Literals {
    frame: Frame,
    found: Vec<(Span, usize)>,
}

impl Visit<'_> for Literals {
    fn visit_expr_lit(&mut self, literal: &ExprLit) {
        match &literal.lit {
            Lit::ByteStr(bytes) => self.found.push((bytes.span(), bytes.value().len())),
            Lit::Str(text) if self.frame == Frame::Text => self.found.push((text.span(), text.value().len())),
            _ => {}
        }
    }
}
