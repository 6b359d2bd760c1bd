//! The ways on from a piece of code: the states that it leads to, as far as its words tell.
//!
//! An action leads on where it is the value of a callback, and `set_state` where the socket is. So
//! only these are followed. Where something else decides, the answer is open.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit_mut::{self, VisitMut as _};
use syn::{
    Arm, Block, Expr, ExprCall, ExprMethodCall, Ident, ImplItem, ItemFn, ItemImpl, Macro, Pat, Stmt, TypePath, UnOp,
};

use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, mentions, word};
use crate::table::closes::{self, Returns};
use crate::table::state;
use crate::words::next::{acts, sockets};
use kai_tcp_server_spec::words;

/// The fns of the block that ways lead through.
pub(crate) struct Acting<'b> {
    pub(crate) states: &'b TypePath,
    fns: HashMap<String, Own>,
    sockets: Vec<Ident>,
}

/// A fn of the block.
#[derive(Default)]
struct Own {
    /// True if it returns an action.
    acts: bool,
    /// True if it takes the socket.
    takes_socket: bool,
    ways: Ways,
}

/// The states that code leads to.
#[derive(Clone, Default)]
pub(crate) struct Ways {
    /// Those that it names.
    pub(crate) names: Vec<String>,
    /// All names in the code that may be states.
    pub(crate) mentions: BTreeSet<String>,
    /// True if it may lead to others.
    pub(crate) open: bool,
    /// True if it may end in an error, which closes.
    pub(crate) fails: bool,
    /// The fns of the block through which it leads on.
    calls: Vec<String>,
}

impl Ways {
    /// Returns the ways of code that isn't understood.
    pub(crate) fn anywhere() -> Self {
        Ways {
            open: true,
            ..Ways::default()
        }
    }

    /// Adds the ways of other code.
    fn join(&mut self, other: &Ways) {
        self.names.extend(other.names.iter().cloned());
        self.mentions.extend(other.mentions.iter().cloned());
        self.open |= other.open;
        self.fails |= other.fails;
        other.calls.iter().for_each(|name| self.call(name));
    }

    fn call(&mut self, name: &str) {
        if !self.calls.iter().any(|own| own == name) {
            self.calls.push(name.to_owned());
        }
    }
}

impl<'b> Acting<'b> {
    pub(crate) fn of(block: &ItemImpl, states: &'b TypePath) -> Self {
        let mut acting = Acting {
            states,
            fns: HashMap::new(),
            sockets: Vec::new(),
        };
        let fns = || {
            block.items.iter().filter_map(|item| match item {
                ImplItem::Fn(function) => Some(function),
                _ => None,
            })
        };
        for function in fns() {
            let sockets = sockets(&function.sig);
            // Under `cfg`s there may be two of a name.
            let own = acting.fns.entry(function.sig.ident.to_string()).or_default();
            own.acts |= acts(&function.sig);
            own.takes_socket |= !sockets.is_empty();
            acting.sockets.extend(sockets);
        }
        for function in fns() {
            let mut ways = Ways::default();
            if acts(&function.sig) {
                acting.last(&function.block, &mut ways);
            }
            let mut block = function.block.clone();
            acting.look(&mut ways, |walk| walk.visit_block_mut(&mut block));
            let own = acting.fns.entry(function.sig.ident.to_string()).or_default();
            own.ways.join(&ways);
        }
        acting
    }

    /// Returns the ways on from code whose value is the action, as an arm's.
    pub(crate) fn action(&self, value: &Expr) -> Ways {
        let mut ways = Ways::default();
        self.value(value, &mut ways);
        let mut copy = value.clone();
        self.look(&mut ways, |walk| walk.visit_expr_mut(&mut copy));
        self.follow(ways)
    }

    /// Returns the ways on from an arm whose value is the action.
    pub(crate) fn arm(&self, arm: &Arm) -> Ways {
        let mut ways = Ways::default();
        self.value(&arm.body, &mut ways);
        let mut copy = arm.clone();
        self.look(&mut ways, |walk| walk.visit_arm_mut(&mut copy));
        self.follow(ways)
    }

    /// Returns the ways on from code whose value is something else.
    pub(crate) fn code(&self, statement: &Stmt) -> Ways {
        let mut ways = Ways::default();
        let mut copy = statement.clone();
        self.look(&mut ways, |walk| walk.visit_stmt_mut(&mut copy));
        self.follow(ways)
    }

    /// Returns the ways on from a fn of the block.
    pub(crate) fn function(&self, name: &str) -> Ways {
        let mut ways = Ways::default();
        ways.call(name);
        self.follow(ways)
    }

    /// Returns whether a fn of the block returns an action.
    pub(crate) fn acts(&self, name: &str) -> bool {
        self.fns.get(name).is_some_and(|own| own.acts)
    }

    /// Adds the ways of the fns that are called, each once.
    fn follow(&self, mut ways: Ways) -> Ways {
        let mut at = 0;
        while let Some(own) = ways.calls.get(at).and_then(|name| self.fns.get(name)) {
            ways.join(&own.ways);
            at += 1;
        }
        let mut known = BTreeSet::new();
        ways.names.retain(|name| known.insert(name.clone()));
        ways
    }

    /// Adds the ways of each `return`, and those in the middle of code.
    fn look(&self, ways: &mut Ways, mut visit: impl FnMut(&mut dyn Walk)) {
        visit(Returns(&mut |value| self.value(value, ways)).walk());
        let mut look = Look {
            acting: self,
            ways,
            apart: false,
        };
        visit(look.walk());
    }

    fn value(&self, value: &Expr, ways: &mut Ways) {
        match bare_expr(value) {
            Expr::MethodCall(call) if is_next(call) => self.state(&call.args[0], ways),
            Expr::Call(call) if closes::is_ok(call) && call.args.len() == 1 => self.value(&call.args[0], ways),
            Expr::Call(call) if word(&call.func).as_deref() == Some("Err") => ways.fails = true,
            Expr::Call(call) => self.called(call, ways),
            Expr::MethodCall(call) => match own_method(call) {
                Some(name) if self.acts(&name) => ways.call(&name),
                _ => ways.open = true,
            },
            Expr::Await(waits) => self.value(&waits.base, ways),
            Expr::Try(tried) => {
                ways.fails = true;
                self.value(&tried.expr, ways);
            }
            Expr::Block(block) if block.label.is_none() => self.last(&block.block, ways),
            Expr::Unsafe(block) => self.last(&block.block, ways),
            Expr::If(condition) => {
                self.last(&condition.then_branch, ways);
                match &condition.else_branch {
                    Some((_, other)) => self.value(other, ways),
                    None => ways.open = true,
                }
            }
            Expr::Match(table) => table.arms.iter().for_each(|arm| self.value(&arm.body, ways)),
            Expr::Return(returned) if returned.expr.is_some() => {} // met where it stands
            Expr::Macro(call) if panics(&call.mac) => {}
            value if word(value).is_some_and(|word| words::bare(&word).is_some()) => {}
            _ => ways.open = true,
        }
    }

    fn last(&self, block: &Block, ways: &mut Ways) {
        match block.stmts.last() {
            Some(Stmt::Expr(value, None)) => self.value(value, ways),
            Some(Stmt::Expr(Expr::Return(returned), Some(_))) if returned.expr.is_some() => {}
            Some(Stmt::Macro(call)) if panics(&call.mac) => {}
            _ => ways.open = true,
        }
    }

    fn called(&self, call: &ExprCall, ways: &mut Ways) {
        match closes::action(&call.func).as_deref() {
            Some("next") if call.args.len() == 2 => self.state(&call.args[1], ways),
            Some(name) if ACTIONS.contains(&name) => {}
            _ => match own_fn(call) {
                Some(name) if self.acts(&name) => ways.call(&name),
                _ => ways.open = true,
            },
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

/// The fns that make an action, beside those of the block. None leads to a state.
const ACTIONS: [&str; 6] = [
    "reply",
    "noreply",
    "close",
    "close_with",
    "reply_item",
    "close_with_item",
];

/// Returns whether it is `….next(state)`. An iterator's takes nothing.
fn is_next(call: &ExprMethodCall) -> bool {
    call.method == "next" && call.args.len() == 1
}

/// Returns the name of a method that is called on `self`.
fn own_method(call: &ExprMethodCall) -> Option<String> {
    (word(&call.receiver).as_deref() == Some("self")).then(|| call.method.to_string())
}

/// Returns the name of a fn that is called as `Self::name`.
fn own_fn(call: &ExprCall) -> Option<String> {
    let Expr::Path(path) = bare_expr(&call.func) else {
        return None;
    };
    let mut segments = path.path.segments.iter();
    match (segments.next()?, segments.next()?, segments.next()) {
        (own, name, None) if own.ident == "Self" => Some(name.ident.to_string()),
        _ => None,
    }
}

fn panics(call: &Macro) -> bool {
    let last = call.path.segments.last().map(|last| last.ident.to_string());
    last.is_some_and(|last| ["panic", "todo", "unimplemented", "unreachable"].contains(&last.as_str()))
}

/// Looks for what leads to a state in the middle of code: `set_state`, a socket that is handed out, an
/// error, a macro that may return.
struct Look<'l, 'b> {
    acting: &'l Acting<'b>,
    ways: &'l mut Ways,
    /// True in a closure or an `async` block, whose `return` is its own.
    apart: bool,
}

impl Look<'_, '_> {
    /// Adds a name, if it is written as states are.
    fn mention(&mut self, name: &Ident) {
        let name = name.to_string();
        let name = name.trim_start_matches("r#");
        if name.starts_with(char::is_uppercase) {
            self.ways.mentions.insert(name.to_owned());
        }
    }

    /// Returns whether it is the socket, or a reference to it.
    fn is_socket(&self, expr: &Expr) -> bool {
        match bare_expr(expr) {
            Expr::Reference(lent) => self.is_socket(&lent.expr),
            Expr::Unary(lent) if matches!(lent.op, UnOp::Deref(_)) => self.is_socket(&lent.expr),
            expr => word(expr).is_some_and(|name| self.acting.sockets.iter().any(|socket| *socket == name)),
        }
    }

    /// Looks at what a fn is called with. A fn of the block is followed, if it takes the socket.
    fn arguments<'e>(&mut self, function: Option<&str>, arguments: impl Iterator<Item = &'e mut Expr>) {
        let fns = &self.acting.fns;
        let taker = function.filter(|name| fns.get(*name).is_some_and(|own| own.takes_socket));
        for argument in arguments {
            match taker {
                Some(name) if self.is_socket(argument) => self.ways.call(name),
                _ => self.expr(argument),
            }
        }
    }

    fn is_a_state(&self, side: &Expr) -> bool {
        matches!(bare_expr(side), Expr::Path(path) if state::name(&path.path, self.acting.states).is_some())
    }
}

impl Walk for Look<'_, '_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::MethodCall(call) => {
                match &call.args.first() {
                    Some(state) if call.method == "set_state" && call.args.len() == 1 => {
                        self.acting.state(state, self.ways);
                    }
                    _ if call.method == "set_state" => self.ways.open = true,
                    _ => {}
                }
                if !self.is_socket(&call.receiver) {
                    self.expr(&mut call.receiver);
                } else if !SOCKET.contains(&call.method.to_string().as_str()) {
                    self.ways.open = true;
                }
                let own = own_method(call);
                return self.arguments(own.as_deref(), call.args.iter_mut());
            }
            Expr::Call(call) => {
                let own = own_fn(call);
                self.expr(&mut call.func);
                return self.arguments(own.as_deref(), call.args.iter_mut());
            }
            Expr::Binary(both) if matches!(both.op, syn::BinOp::Eq(_) | syn::BinOp::Ne(_)) => {
                for side in [&mut both.left, &mut both.right] {
                    if !self.is_a_state(side) {
                        self.expr(side);
                    }
                }
                return;
            }
            Expr::Path(path) => {
                if let Some(last) = path.path.segments.last() {
                    self.mention(&last.ident);
                }
                self.ways.open |= self.is_socket(expr);
            }
            Expr::Closure(_) | Expr::Async(_) => {
                let before = std::mem::replace(&mut self.apart, true);
                visit_mut::visit_expr_mut(self.walk(), expr);
                self.apart = before;
                return;
            }
            Expr::Try(_) => self.ways.fails = true,
            _ => {}
        }
        visit_mut::visit_expr_mut(self.walk(), expr);
    }

    /// A pattern holds no code but its guard's.
    fn pat(&mut self, pattern: &mut Pat) {
        match pattern {
            Pat::Guard(guarded) => {
                self.pat(&mut guarded.pat);
                self.expr(&mut guarded.guard);
            }
            Pat::Macro(_) => {}
            pattern => visit_mut::visit_pat_mut(self.walk(), pattern),
        }
    }

    fn item_fn(&mut self, _: &mut ItemFn) {}

    fn macro_call(&mut self, call: &mut Macro) {
        let tokens = call.tokens.clone();
        let told = ["next", "set_state", "return"].map(str::to_owned);
        let hands_out = self.acting.sockets.iter().map(ToString::to_string);
        let told: Vec<String> = hands_out.chain(told).collect();
        let may_return = !self.apart && !closes::is_known(call) && !panics(call);
        self.ways.open |= may_return || mentions(tokens.clone(), &told);
        if call.path.segments.last().is_none_or(|last| last.ident != "matches") {
            names(tokens, &mut |name| self.mention(name));
        }
    }
}

/// The socket's own methods, and those of tokio's `AsyncRead` and `AsyncWrite`. A method of another
/// name comes from a trait of the user's, and may set the state.
pub(super) const SOCKET: [&str; 31] = [
    "closed",
    "flush",
    "id",
    "local_addr",
    "packet",
    "peer_addr",
    "proxy",
    "read",
    "read_buf",
    "read_exact",
    "read_to_end",
    "read_to_string",
    "recv",
    "recv_exact",
    "recv_item",
    "send",
    "send_item",
    "server",
    "set_active",
    "set_call_timeout",
    "set_frame_timeout",
    "set_packet",
    "set_recv_timeout",
    "set_send_timeout",
    "set_state",
    "shutdown",
    "start_tls",
    "stopping",
    "tls",
    "write",
    "write_all",
];

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
