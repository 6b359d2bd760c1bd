//! The edges between states: what the block's code leads to, piece by piece, each with the states
//! in which it runs.
//!
//! Only `handle_call` is taken apart, by each `match` on the state whose value is the action. Other
//! code counts as if it ran in any state.

use quote::ToTokens as _;
use syn::{Block, Expr, ExprMatch, FnArg, Ident, ImplItem, ItemImpl, Pat, Signature, Stmt};

use crate::model::callbacks;
use crate::syntax::{bare_expr, mentions};
use crate::table::closes::{self, Closes};
use crate::table::model::Edge;
use crate::table::rewrite::split;
use crate::table::site::binds;
use crate::table::state::{Parameter, States};
use crate::table::ways::{Acting, Ways};

/// Returns the edges of a block. `state` is the parameter of `handle_call` that is the state.
pub(super) fn of(block: &ItemImpl, acting: &Acting, state: Option<Parameter>) -> Vec<Edge> {
    let mut pieces = Pieces {
        acting,
        state,
        context: States::Any,
        edges: Vec::new(),
    };
    for item in &block.items {
        match item {
            ImplItem::Fn(function) if function.sig.ident == "handle_call" => {
                let assigned = pieces
                    .state
                    .as_ref()
                    .is_some_and(|state| is_mut(&function.sig, &state.name));
                if assigned {
                    pieces.push(Ways::anywhere(), Closes::Unknown);
                }
                pieces.block(&function.block);
            }
            ImplItem::Fn(function) => {
                let name = function.sig.ident.to_string();
                // The action of a fn that is no callback leads on where the fn is called.
                if callbacks::find(&name).is_some() || !acting.acts(&name) {
                    pieces.push(acting.function(&name), Closes::Never);
                }
            }
            ImplItem::Macro(_) => pieces.push(Ways::anywhere(), Closes::Unknown),
            _ => {}
        }
    }
    pieces.edges
}

/// Returns whether a parameter is a variable that the code may change.
fn is_mut(signature: &Signature, name: &Ident) -> bool {
    signature.inputs.iter().any(|input| match input {
        FnArg::Typed(argument) => {
            matches!(&*argument.pat, Pat::Ident(pattern) if pattern.ident == *name && pattern.mutability.is_some())
        }
        FnArg::Receiver(_) => false,
    })
}

struct Pieces<'p> {
    acting: &'p Acting<'p>,
    /// The parameter that is the state, unless another variable hides it here.
    state: Option<Parameter>,
    /// The states in which this code runs.
    context: States,
    edges: Vec<Edge>,
}

impl Pieces<'_> {
    fn push(&mut self, ways: Ways, closes: Closes) {
        self.edges.push(Edge {
            from: self.context.clone(),
            ways,
            closes,
        });
    }

    /// Adds a block whose value is the action.
    fn block(&mut self, block: &Block) {
        let outer = self.state.clone();
        let last = block.stmts.last();
        for statement in &block.stmts[..block.stmts.len().saturating_sub(1)] {
            self.statement(statement);
            if let Stmt::Local(local) = statement {
                self.hide(&local.pat);
            }
        }
        match last {
            Some(Stmt::Expr(value, None)) => self.value(value),
            Some(Stmt::Expr(value @ Expr::Return(returned), Some(_))) if returned.expr.is_some() => self.value(value),
            Some(statement) => self.statement(statement),
            None => {}
        }
        self.state = outer;
    }

    /// Adds code whose value isn't the action.
    fn statement(&mut self, statement: &Stmt) {
        let returns = mentions(statement.to_token_stream(), &["return".to_owned()]);
        let ways = self.acting.code(statement);
        self.push(ways, if returns { Closes::Unknown } else { Closes::Never });
    }

    fn code(&mut self, code: &Expr) {
        self.statement(&Stmt::Expr(code.clone(), None));
    }

    /// Adds code whose value is the action.
    fn value(&mut self, value: &Expr) {
        match bare_expr(value) {
            Expr::Match(table) => self.table(table),
            Expr::If(condition) => {
                let outer = self.state.clone();
                self.code(&condition.cond);
                self.state = self
                    .state
                    .take()
                    .filter(|state| !may_bind(&condition.cond, &state.name));
                self.block(&condition.then_branch);
                self.state = outer;
                if let Some((_, other)) = &condition.else_branch {
                    self.value(other);
                }
            }
            Expr::Block(block) if block.label.is_none() => self.block(&block.block),
            Expr::Unsafe(block) => self.block(&block.block),
            Expr::Call(call) if closes::is_ok(call) && call.args.len() == 1 => self.value(&call.args[0]),
            Expr::Return(returned) => returned.expr.iter().for_each(|value| self.value(value)),
            value => {
                let ways = self.acting.action(value);
                self.push(ways, closes::closes(value).0);
            }
        }
    }

    fn table(&mut self, table: &ExprMatch) {
        self.code(&table.expr);
        let outer = (self.state.clone(), self.context.clone());
        for arm in &table.arms {
            let (pattern, guard) = split(&arm.pat);
            if let Some(state) = &self.state {
                self.context = read(&table.expr, &pattern, state).within(&outer.1);
            }
            self.hide(&pattern);
            if let Some(guard) = guard {
                self.code(&guard);
            }
            self.value(&arm.body);
            (self.state, self.context) = outer.clone();
        }
    }

    /// Forgets the state, if a pattern has a variable of its name.
    fn hide(&mut self, pattern: &Pat) {
        self.state = self.state.take().filter(|state| !binds(pattern, &state.name));
    }
}

/// Returns whether the patterns of a condition may have a variable of this name.
fn may_bind(condition: &Expr, name: &Ident) -> bool {
    let says = |name: &str| mentions(condition.to_token_stream(), &[name.to_owned()]);
    says("let") && says(&name.to_string())
}

/// Reads the states that a pattern takes, of what is matched with it: the state, or a tuple that
/// has it.
fn read(matched: &Expr, pattern: &Pat, state: &Parameter) -> States {
    match bare_expr(matched) {
        matched if state.is(matched) => state.read(pattern),
        Expr::Tuple(tuple) => match tuple.elems.iter().position(|element| state.is(element)) {
            Some(at) => element(pattern, at, tuple.elems.len(), state),
            None => States::Any,
        },
        _ => States::Any,
    }
}

/// Reads the states that the pattern of a tuple of this length takes, in which the state is at a
/// place.
fn element(pattern: &Pat, at: usize, length: usize, state: &Parameter) -> States {
    match pattern {
        Pat::Tuple(tuple) => {
            let rest = tuple.elems.iter().position(|element| matches!(element, Pat::Rest(_)));
            let from_the_end = length - at;
            let found = match rest {
                Some(rest) if rest <= at => {
                    let behind = tuple.elems.len() - rest - 1;
                    (from_the_end <= behind).then(|| tuple.elems.len() - from_the_end)
                }
                _ => Some(at),
            };
            let found = found.and_then(|at| tuple.elems.get(at));
            found.map_or(States::Any, |element| state.read(element))
        }
        Pat::Or(either) => {
            let cases = either.cases.iter().map(|case| element(case, at, length, state));
            cases.reduce(States::or).unwrap_or_default()
        }
        Pat::Paren(paren) => element(&paren.pat, at, length, state),
        Pat::Guard(guarded) => element(&guarded.pat, at, length, state),
        Pat::Wild(_) => States::Any,
        Pat::Ident(name) => match &name.subpat {
            Some((_, inner)) => element(inner, at, length, state),
            None => States::Any,
        },
        _ => States::Unknown,
    }
}
