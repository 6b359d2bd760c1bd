//! Finds the variables that hide `reply` where it is called and surely aren't functions. A variable
//! that may be a function is allowed.
//!
//! Without this check, the 3 mistakes in `ui-tests/fail/reply_bound.rs` are 6 errors of rustc, one
//! at each call: "expected function, found `String`". They are shown where the word is used
//! correctly, and none says that the variable needs another name.

use syn::visit_mut::{self, VisitMut as _};
use syn::{Expr, FnArg, Ident, ImplItemFn, ItemFn, Pat, PatIdent, PatType, Stmt, Type};

use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, bare_type, last_segment, word};

/// Returns the parameter that hides `reply` where it is called.
pub(super) fn by_a_parameter(function: &mut ImplItemFn) -> Option<Ident> {
    let hides = function.sig.inputs.iter().find_map(|input| match input {
        FnArg::Typed(PatType { pat, ty, .. }) if is_no_function(ty) => variable(pat).filter(|name| *name == "reply"),
        _ => None,
    });
    let name = hides?.clone();
    is_called(&mut function.block.stmts).then_some(name)
}

/// Returns the variable by which a statement hides `reply`, if it isn't a function.
pub(super) fn by_a_variable(statement: &Stmt) -> Option<&Ident> {
    let Stmt::Local(local) = statement else { return None };
    let (pattern, ty) = match &local.pat {
        Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
        pattern => (pattern, None),
    };
    let init = local.init.as_ref().map(|init| &*init.expr);
    let sure = ty.is_some_and(is_no_function) || (ty.is_none() && init.is_some_and(makes_no_function));
    variable(pattern).filter(|name| *name == "reply" && sure)
}

fn variable(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) => Some(&name.ident),
        _ => None,
    }
}

/// Returns whether a type is surely not a function's. A generic parameter of the fn may be one.
fn is_no_function(ty: &Type) -> bool {
    const KNOWN: [&str; 19] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "bool", "char", "str",
        "String", "Vec", "Bytes", "BytesMut",
    ];
    match bare_type(ty) {
        Type::Array(_) | Type::Slice(_) | Type::Tuple(_) => true,
        Type::Reference(reference) => is_no_function(&reference.elem),
        ty => last_segment(ty).is_some_and(|segment| KNOWN.iter().any(|known| segment.ident == known)),
    }
}

/// Returns whether a value is surely not a function.
fn makes_no_function(expr: &Expr) -> bool {
    match bare_expr(expr) {
        Expr::Lit(_) | Expr::Binary(_) | Expr::Array(_) | Expr::Tuple(_) | Expr::Repeat(_) | Expr::Struct(_) => true,
        Expr::Reference(reference) => makes_no_function(&reference.expr),
        Expr::Macro(call) => ["format", "format_args", "vec"]
            .iter()
            .any(|name| call.mac.path.is_ident(name)),
        Expr::MethodCall(call) => ["len", "to_string", "to_vec"].iter().any(|name| call.method == name),
        _ => false,
    }
}

/// Returns whether these statements call `reply`, and never give its name to something else.
pub(super) fn is_called(statements: &mut [Stmt]) -> bool {
    #[derive(Default)]
    struct Calls {
        called: bool,
        bound: bool,
    }

    impl Walk for Calls {
        fn walk(&mut self) -> &mut dyn Walk {
            self
        }

        fn expr(&mut self, expr: &mut Expr) {
            if let Expr::Call(call) = expr {
                self.called |= word(&call.func).is_some_and(|name| name == "reply");
            }
            visit_mut::visit_expr_mut(self.walk(), expr);
        }

        fn pat_ident(&mut self, pattern: &mut PatIdent) {
            self.bound |= pattern.ident == "reply";
            visit_mut::visit_pat_ident_mut(self.walk(), pattern);
        }

        // An inner fn can't see the variables outside it.
        fn item_fn(&mut self, _: &mut ItemFn) {}
    }

    let mut calls = Calls::default();
    for statement in statements {
        calls.walk().visit_stmt_mut(statement);
    }
    calls.called && !calls.bound
}
