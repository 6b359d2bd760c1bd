//! The cases in which an arm's action closes the connection, as far as the action words tell.
//!
//! Only what the words say is judged: where something else makes the action, the answer is that it
//! can't be told.

use kai_tcp_server_spec::words;
use syn::visit_mut::{self, VisitMut as _};
use syn::{Attribute, Block, Expr, ExprCall, ItemFn, Macro, Stmt, parse_quote};

use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, mentions, word};

/// The cases in which an arm's action closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closes {
    Always,
    Sometimes,
    Never,
    Unknown,
}

/// The cases in which a frame comes back for each call of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replies {
    /// One does, unless the connection ends.
    Always,
    Never,
    /// It can't be told, or the arm's code decides.
    Unknown,
}

/// The attribute that marks a `match` whose value is the function's, until its table is read.
const MARK: &str = "__kai_is_the_action";

/// Marks each `match` in a function's body whose value is the function's own.
pub(super) fn mark(body: &mut Block) {
    if let Some(Stmt::Expr(last, None)) = body.stmts.last_mut() {
        mark_value(last);
    }
    Returns(&mut |value| mark_value(value)).walk().visit_block_mut(body);
}

/// Removes the mark, and returns whether it was there.
pub(super) fn take_mark(attributes: &mut Vec<Attribute>) -> bool {
    let count = attributes.len();
    attributes.retain(|attribute| !attribute.path().is_ident(MARK));
    attributes.len() < count
}

fn mark_value(value: &mut Expr) {
    match value {
        Expr::Match(table) => {
            // A `return` inside the function's value was met before.
            if !take_mark(&mut table.attrs) {
                for arm in &mut table.arms {
                    mark_value(&mut arm.body);
                }
            }
            let mark = syn::Ident::new(MARK, proc_macro2::Span::call_site());
            table.attrs.push(parse_quote!(#[#mark]));
        }
        Expr::Block(block) if block.label.is_none() => mark_last(&mut block.block),
        Expr::Unsafe(block) => mark_last(&mut block.block),
        Expr::If(condition) => {
            mark_last(&mut condition.then_branch);
            if let Some((_, other)) = &mut condition.else_branch {
                mark_value(other);
            }
        }
        Expr::Call(call) if is_ok(call) => call.args.iter_mut().for_each(mark_value),
        Expr::Group(group) => mark_value(&mut group.expr),
        Expr::Paren(paren) => mark_value(&mut paren.expr),
        Expr::Return(returned) => {
            if let Some(value) = &mut returned.expr {
                mark_value(value);
            }
        }
        _ => {}
    }
}

fn mark_last(block: &mut Block) {
    if let Some(Stmt::Expr(last, _)) = block.stmts.last_mut() {
        mark_value(last);
    }
}

/// Returns whether the action of an arm of a marked `match` closes, and whether it replies.
pub(super) fn closes(body: &Expr) -> (Closes, Replies) {
    let mut ends = Ends::default();
    ends.value(body);
    // A `return` ends the call, too.
    let mut copy = body.clone();
    Returns(&mut |value| ends.value(value)).walk().visit_expr_mut(&mut copy);
    let mut hidden = Hidden(false);
    hidden.walk().visit_expr_mut(&mut copy);
    ends.unknown |= hidden.0;
    let replies = match ends {
        Ends { unknown: true, .. }
        | Ends {
            replies: true,
            silent: true,
            ..
        } => Replies::Unknown,
        Ends { replies: true, .. } => Replies::Always,
        _ => Replies::Never,
    };
    let closes = match ends {
        Ends { unknown: true, .. } => Closes::Unknown,
        Ends {
            closes: true,
            goes_on: true,
            ..
        } => Closes::Sometimes,
        Ends { closes: true, .. } => Closes::Always,
        Ends { goes_on: true, .. } => Closes::Never,
        Ends { .. } => Closes::Unknown,
    };
    (closes, replies)
}

/// The ways in which an arm ends.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way of its own")]
struct Ends {
    closes: bool,
    goes_on: bool,
    unknown: bool,
    replies: bool,
    /// It says nothing, and goes on.
    silent: bool,
}

impl Ends {
    fn value(&mut self, value: &Expr) {
        match bare_expr(value) {
            Expr::Call(call) if is_ok(call) && call.args.len() == 1 => self.value(&call.args[0]),
            // An error is no action.
            Expr::Call(call) if word(&call.func).as_deref() == Some("Err") => {}
            Expr::Call(call) => {
                self.replies |= !call.args.is_empty();
                self.action(action(&call.func).as_deref());
            }
            // The state that `next` leads to is another question.
            Expr::MethodCall(call) if call.method == "next" && call.args.len() == 1 => self.value(&call.receiver),
            Expr::Block(block) if block.label.is_none() => self.last(&block.block),
            Expr::Unsafe(block) => self.last(&block.block),
            Expr::If(condition) => {
                self.last(&condition.then_branch);
                match &condition.else_branch {
                    Some((_, other)) => self.value(other),
                    None => self.unknown = true,
                }
            }
            Expr::Match(table) => table.arms.iter().for_each(|arm| self.value(&arm.body)),
            Expr::Return(returned) if returned.expr.is_some() => {} // met where it stands
            value => self.action(word(value).and_then(|word| words::bare(&word)).map(|word| word.name)),
        }
    }

    fn last(&mut self, block: &Block) {
        match block.stmts.last() {
            Some(Stmt::Expr(value, None)) => self.value(value),
            Some(Stmt::Expr(Expr::Return(returned), Some(_))) if returned.expr.is_some() => {}
            _ => self.unknown = true,
        }
    }

    fn action(&mut self, name: Option<&str>) {
        match name {
            Some("close" | "close_with") => self.closes = true,
            Some("reply") => self.goes_on = true,
            Some("noreply") => (self.goes_on, self.silent) = (true, true),
            _ => self.unknown = true,
        }
    }
}

/// Returns the name of the action that a function makes: `reply`, or `Action::reply`.
pub(super) fn action(function: &Expr) -> Option<String> {
    if let Some(word) = word(function) {
        return words::find(&word).map(|word| word.name.to_owned());
    }
    let Expr::Path(path) = bare_expr(function) else {
        return None;
    };
    let mut segments = path.path.segments.iter().rev();
    let (name, ty) = (segments.next()?, segments.next()?);
    (ty.ident == "Action" && path.qself.is_none()).then(|| name.ident.to_string())
}

pub(super) fn is_ok(call: &ExprCall) -> bool {
    word(&call.func).as_deref() == Some("Ok")
}

/// Meets the value of each `return` of a function, and of no function or closure inside it.
pub(super) struct Returns<'f>(pub(super) &'f mut dyn FnMut(&mut Expr));

impl Walk for Returns<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Closure(_) | Expr::Async(_) => {}
            Expr::Return(returned) => {
                if let Some(value) = &mut returned.expr {
                    (self.0)(value);
                    self.expr(value);
                }
            }
            expr => visit_mut::visit_expr_mut(self.walk(), expr),
        }
    }

    fn item_fn(&mut self, _: &mut ItemFn) {}
}

/// Finds what may end the call unseen: a macro that isn't known to only make a value.
struct Hidden(bool);

impl Walk for Hidden {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Closure(_) | Expr::Async(_) => {}
            expr => visit_mut::visit_expr_mut(self.walk(), expr),
        }
    }

    fn item_fn(&mut self, _: &mut ItemFn) {}

    fn macro_call(&mut self, call: &mut Macro) {
        self.0 |= !is_known(call) || mentions(call.tokens.clone(), &["return".to_owned()]);
    }
}

/// Returns whether a macro is known to never return from the function around it, by its own tokens.
pub(super) fn is_known(call: &Macro) -> bool {
    let last = call.path.segments.last().map(|last| last.ident.to_string());
    last.is_some_and(|last| MACROS.contains(&last.as_str()))
}

/// Macros that make a value, write, log or panic, and never return from the function around them.
const MACROS: [&str; 40] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "bits",
    "cfg",
    "concat",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "debug_span",
    "env",
    "eprint",
    "eprintln",
    "error",
    "error_span",
    "event",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "info",
    "info_span",
    "matches",
    "panic",
    "print",
    "println",
    "span",
    "stringify",
    "todo",
    "trace",
    "trace_span",
    "unimplemented",
    "unreachable",
    "vec",
    "warn",
    "warn_span",
    "write",
    "writeln",
];
