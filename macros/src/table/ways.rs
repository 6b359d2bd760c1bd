//! The ways on from an arm or a fn: the states that its action leads to, as far as its words tell.
//!
//! Only what the words say is judged: where something else decides, the answer is open.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut as _};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Ident, ImplItem, ItemFn, ItemImpl, Macro, Stmt, TypePath};

use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, mentions, word};
use crate::table::closes::{self, Returns};
use crate::table::state;
use crate::words::next::{acts, sockets};
use kai_tcp_server_spec::words;

/// The fns of the block that return an action.
pub(crate) struct Acting<'b> {
    pub(crate) states: &'b TypePath,
    fns: HashMap<String, Block>,
    sockets: Vec<Ident>,
}

/// The states that something leads to.
#[derive(Clone, Default)]
pub(crate) struct Ways {
    /// Those that it names.
    pub(crate) names: Vec<String>,
    /// All other names in the code, which may be states.
    pub(crate) mentions: Vec<String>,
    /// True if it may lead to others.
    pub(crate) open: bool,
    /// True if it may end in an error, which closes.
    pub(crate) fails: bool,
}

/// The depth to which calls of the block's own fns are followed.
const DEPTH: u8 = 4;

impl<'b> Acting<'b> {
    pub(crate) fn of(block: &ItemImpl, states: &'b TypePath) -> Self {
        let mut fns = HashMap::new();
        let mut all = Vec::new();
        for item in &block.items {
            let ImplItem::Fn(function) = item else { continue };
            if acts(&function.sig) {
                fns.insert(function.sig.ident.to_string(), function.block.clone());
            }
            all.extend(sockets(&function.sig));
        }
        Acting {
            states,
            fns,
            sockets: all,
        }
    }

    /// Returns the ways on from an arm.
    pub(crate) fn arm(&self, body: &Expr) -> Ways {
        let mut ways = Ways::default();
        let mut copy = body.clone();
        self.value(body, &mut ways, DEPTH);
        self.inside(&mut copy, &mut ways, DEPTH);
        ways
    }

    /// Returns the ways on from all of the block, and whatever states it names otherwise.
    pub(crate) fn block(&self, block: &ItemImpl) -> Ways {
        let mut ways = Ways::default();
        for item in &block.items {
            match item {
                ImplItem::Fn(function) => {
                    let mut body = function.block.clone();
                    if acts(&function.sig) {
                        self.body(&body, &mut ways, 0);
                    }
                    let mut look = Look {
                        acting: self,
                        ways: &mut ways,
                        all: true,
                    };
                    look.walk().visit_block_mut(&mut body);
                }
                ImplItem::Macro(_) => ways.open = true,
                _ => {}
            }
        }
        ways
    }

    fn body(&self, body: &Block, ways: &mut Ways, depth: u8) {
        self.last(body, ways, depth);
        let mut copy = body.clone();
        Returns(&mut |value| self.value(value, ways, depth))
            .walk()
            .visit_block_mut(&mut copy);
    }

    fn inside(&self, body: &mut Expr, ways: &mut Ways, depth: u8) {
        Returns(&mut |value| self.value(value, ways, depth))
            .walk()
            .visit_expr_mut(body);
        let mut look = Look {
            acting: self,
            ways,
            all: false,
        };
        look.walk().visit_expr_mut(body);
    }

    fn value(&self, value: &Expr, ways: &mut Ways, depth: u8) {
        match bare_expr(value) {
            Expr::MethodCall(call) if is_next(call) => self.state(&call.args[0], ways),
            Expr::Call(call) if closes::is_ok(call) && call.args.len() == 1 => self.value(&call.args[0], ways, depth),
            Expr::Call(call) if word(&call.func).as_deref() == Some("Err") => ways.fails = true,
            Expr::Call(call) => self.called(call, ways, depth),
            Expr::MethodCall(call) if word(&call.receiver).as_deref() == Some("self") => {
                self.follow(&call.method.to_string(), ways, depth);
            }
            Expr::Await(waits) => self.value(&waits.base, ways, depth),
            Expr::Try(tried) => {
                ways.fails = true;
                self.value(&tried.expr, ways, depth);
            }
            Expr::Block(block) if block.label.is_none() => self.last(&block.block, ways, depth),
            Expr::Unsafe(block) => self.last(&block.block, ways, depth),
            Expr::If(condition) => {
                self.last(&condition.then_branch, ways, depth);
                match &condition.else_branch {
                    Some((_, other)) => self.value(other, ways, depth),
                    None => ways.open = true,
                }
            }
            Expr::Match(table) => table.arms.iter().for_each(|arm| self.value(&arm.body, ways, depth)),
            Expr::Return(returned) if returned.expr.is_some() => {} // met where it stands
            Expr::Macro(call) if panics(&call.mac) => {}
            value if word(value).is_some_and(|word| words::bare(&word).is_some()) => {}
            _ => ways.open = true,
        }
    }

    fn last(&self, block: &Block, ways: &mut Ways, depth: u8) {
        match block.stmts.last() {
            Some(Stmt::Expr(value, None)) => self.value(value, ways, depth),
            Some(Stmt::Expr(Expr::Return(returned), Some(_))) if returned.expr.is_some() => {}
            Some(Stmt::Macro(call)) if panics(&call.mac) => {}
            _ => ways.open = true,
        }
    }

    fn called(&self, call: &ExprCall, ways: &mut Ways, depth: u8) {
        if closes::action(&call.func).is_some() {
            return;
        }
        match bare_expr(&call.func) {
            Expr::Path(path) if path.path.segments.first().is_some_and(|first| first.ident == "Self") => {
                let name = path.path.segments.last().map(|last| last.ident.to_string());
                self.follow(&name.unwrap_or_default(), ways, depth);
            }
            _ => ways.open = true,
        }
    }

    fn follow(&self, name: &str, ways: &mut Ways, depth: u8) {
        match (self.fns.get(name), depth.checked_sub(1)) {
            (Some(body), Some(depth)) => {
                self.body(body, ways, depth);
                let mut look = Look {
                    acting: self,
                    ways,
                    all: false,
                };
                look.walk().visit_block_mut(&mut body.clone());
            }
            // All of the block is looked at, one by one.
            (Some(_), None) if ways.names.is_empty() => {}
            _ => ways.open = true,
        }
    }

    /// Adds the states that an expression may be.
    fn state(&self, state: &Expr, ways: &mut Ways) {
        match bare_expr(state) {
            Expr::Path(path) if path.qself.is_none() => match state::name(&path.path, self.states) {
                Some(name) => ways.names.push(name.name),
                None => ways.open = true,
            },
            Expr::If(condition) => {
                let others = condition.else_branch.iter().map(|(_, other)| &**other);
                self.last_state(&condition.then_branch, ways);
                others.for_each(|other| self.state(other, ways));
            }
            Expr::Match(table) => table.arms.iter().for_each(|arm| self.state(&arm.body, ways)),
            Expr::Block(block) => self.last_state(&block.block, ways),
            _ => ways.open = true,
        }
    }

    fn last_state(&self, block: &Block, ways: &mut Ways) {
        match block.stmts.last() {
            Some(Stmt::Expr(state, None)) => self.state(state, ways),
            _ => ways.open = true,
        }
    }
}

/// Returns whether it is `….next(state)`. An iterator's takes nothing.
fn is_next(call: &ExprMethodCall) -> bool {
    call.method == "next" && call.args.len() == 1
}

fn panics(call: &Macro) -> bool {
    let last = call.path.segments.last().map(|last| last.ident.to_string());
    last.is_some_and(|last| ["panic", "todo", "unimplemented", "unreachable"].contains(&last.as_str()))
}

/// Looks for what leads to a state in the middle of code: `set_state`, a socket that is handed out, an
/// error.
struct Look<'l, 'b> {
    acting: &'l Acting<'b>,
    ways: &'l mut Ways,
    /// True if each `next` and each name of a state counts, wherever it stands.
    all: bool,
}

impl Look<'_, '_> {
    /// Adds a name, if it is written as states are.
    fn mention(&mut self, name: &Ident) {
        let name = name.to_string();
        if name.starts_with(char::is_uppercase) && !self.ways.mentions.contains(&name) {
            self.ways.mentions.push(name);
        }
    }

    fn is_socket(&self, expr: &Expr) -> bool {
        word(expr).is_some_and(|name| self.acting.sockets.iter().any(|socket| *socket == name))
    }
}

impl Walk for Look<'_, '_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::MethodCall(call) => {
                let is_way = call.method == "set_state" || is_next(call) && self.all;
                if is_way && call.args.len() == 1 {
                    self.acting.state(&call.args[0], self.ways);
                } else if call.method == "set_state" {
                    self.ways.open = true;
                }
                if !self.is_socket(&call.receiver) {
                    self.expr(&mut call.receiver);
                }
                let is_name = |argument: &Expr| matches!(bare_expr(argument), Expr::Path(_));
                for argument in call.args.iter_mut().filter(|argument| !(is_way && is_name(argument))) {
                    self.expr(argument);
                }
                return;
            }
            Expr::Binary(both) if matches!(both.op, syn::BinOp::Eq(_) | syn::BinOp::Ne(_)) => {
                let named = |side: &Expr| matches!(bare_expr(side), Expr::Path(path) if state::name(&path.path, self.acting.states).is_some());
                let (left, right) = (named(&both.left), named(&both.right));
                if !left {
                    self.expr(&mut both.left);
                }
                if !right {
                    self.expr(&mut both.right);
                }
                return;
            }
            Expr::Path(path) => {
                if self.is_socket(&Expr::Path(path.clone())) {
                    self.ways.open = true;
                }
                if self.all
                    && let Some(last) = path.path.segments.last()
                {
                    self.mention(&last.ident);
                }
            }
            Expr::Try(_) => self.ways.fails = true,
            _ => {}
        }
        visit_mut::visit_expr_mut(self.walk(), expr);
    }

    fn pat(&mut self, _: &mut syn::Pat) {}

    fn item_fn(&mut self, function: &mut ItemFn) {
        if self.all {
            visit_mut::visit_item_fn_mut(self.walk(), function);
        }
    }

    fn macro_call(&mut self, call: &mut Macro) {
        let tokens = call.tokens.clone();
        let hands_out = self.acting.sockets.iter().map(ToString::to_string).collect::<Vec<_>>();
        let told = ["next".to_owned(), "set_state".to_owned(), "return".to_owned()];
        if mentions(tokens.clone(), &hands_out) || mentions(tokens.clone(), &told) {
            self.ways.open = true;
        }
        if self.all && call.path.segments.last().is_none_or(|last| last.ident != "matches") {
            names(tokens, &mut |name| self.mention(name));
        }
    }
}

/// Adds all names in the tokens of a macro.
fn names(tokens: TokenStream, found: &mut dyn FnMut(&Ident)) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found(&ident),
            TokenTree::Group(group) => names(group.stream(), found),
            _ => {}
        }
    }
}

/// Returns whether a body has a `return` of its own beside the tables in its value.
pub(super) fn returns_before_its_value(body: &Block) -> bool {
    let before = body.stmts.len().saturating_sub(1);
    body.stmts[..before]
        .iter()
        .any(|statement| mentions(statement.to_token_stream(), &["return".to_owned()]))
}
