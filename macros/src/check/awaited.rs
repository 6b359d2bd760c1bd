//! The check that an `async` callback doesn't hold a `format_args!` while it waits. A
//! `format_args!` isn't `Send`, and lives until the end of its statement.
//!
//! Without this check, `socket.send(format_args!(…)).await` gives two errors of rustc, about 70
//! lines long, at the name of the callback: "future cannot be sent between threads safely" and the
//! same for `Arguments`. Neither says to write `format!`.

use syn::visit_mut;
use syn::{Expr, ExprMacro, ImplItem, ItemFn, ItemImpl};

use crate::model::callbacks;
use crate::report::Report;
use crate::syntax::walk::Walk;

/// Reports each `format_args!` that a callback holds across an `.await`.
pub(crate) fn check(block: &ItemImpl, report: &mut Report) {
    for item in &block.items {
        if let ImplItem::Fn(function) = item
            && function.sig.asyncness.is_some()
            && callbacks::find(&function.sig.ident.to_string()).is_some()
        {
            let mut awaited = Awaited(report);
            awaited.block(&mut function.block.clone());
        }
    }
}

struct Awaited<'r>(&'r mut Report);

impl Walk for Awaited<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            // Whether this must be `Send` is unknown.
            Expr::Async(_) | Expr::Closure(_) => return,
            Expr::Await(wait) => {
                if let Some(call) = held(&wait.base) {
                    self.0.error(
                        call,
                        "`format_args!` can't be held across an `.await`, as it can't go to another thread: write `format!`, or say it by \
                         `reply(format_args!(…))` at the end of the call",
                    );
                    return;
                }
            }
            _ => {}
        }
        visit_mut::visit_expr_mut(self.walk(), expr);
    }

    fn item_fn(&mut self, _: &mut ItemFn) {}
}

/// Returns the `format_args!` that is alive while this is awaited.
fn held(expr: &Expr) -> Option<&ExprMacro> {
    match expr {
        Expr::Macro(call) => call
            .mac
            .path
            .segments
            .last()
            .filter(|last| last.ident == "format_args")
            .map(|_| call),
        Expr::Array(array) => array.elems.iter().find_map(held),
        Expr::Await(wait) => held(&wait.base),
        Expr::Call(call) => held(&call.func).or_else(|| call.args.iter().find_map(held)),
        Expr::Field(field) => held(&field.base),
        Expr::Group(group) => held(&group.expr),
        Expr::MethodCall(call) => held(&call.receiver).or_else(|| call.args.iter().find_map(held)),
        Expr::Paren(paren) => held(&paren.expr),
        Expr::Reference(reference) => held(&reference.expr),
        Expr::Try(tried) => held(&tried.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().find_map(held),
        _ => None,
    }
}
