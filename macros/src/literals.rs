//! The literals of the protocol's table, which have to fit into `packet_size`.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, ExprMatch, ImplItem, ImplItemFn, ItemImpl, Lit, Pat, UnOp};

use crate::model::Server;
use crate::options::Options;
use crate::report::Report;
use crate::roles::Frame;
use crate::syntax::bare_expr;

/// Checks that `packet_size` leaves space for each literal of the table.
pub(crate) fn check(server: &Server, block: &ItemImpl, options: &Options, report: &mut Report) {
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
