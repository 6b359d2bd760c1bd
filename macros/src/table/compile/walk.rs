//! Walks through the code of a block, and finds its tables.

use quote::ToTokens as _;
use syn::visit_mut;
use syn::{Block, Expr, FnArg, ItemFn, Macro, Pat, Stmt};

use super::Tables;
use crate::syntax::walk::Walk;
use crate::syntax::{bare_expr, says};
use crate::table::outside;
use crate::table::site::binds;
use crate::table::state::States;

impl Walk for Tables<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        if let Expr::Let(binding) = expr {
            outside::check(&mut binding.pat, &mut binding.expr, self.visible(), self.report);
        }
        if let (Expr::If(condition), Some(state)) = (&*expr, &self.state)
            && says(condition.cond.to_token_stream(), &state.name.to_string())
        {
            let outer = std::mem::replace(&mut self.context, States::Unknown);
            let patterns = let_patterns(&condition.cond);
            self.under(&patterns, &mut |tables| visit_mut::visit_expr_mut(tables, expr));
            self.context = outer;
            return;
        }
        let patterns = match expr {
            Expr::Match(table) => return self.matched(table),
            Expr::Closure(closure) => closure.inputs.iter().cloned().collect(),
            Expr::ForLoop(each) => vec![(*each.pat).clone()],
            Expr::If(condition) => let_patterns(&condition.cond),
            Expr::While(condition) => let_patterns(&condition.cond),
            _ => Vec::new(),
        };
        self.under(&patterns, &mut |tables| visit_mut::visit_expr_mut(tables, expr));
    }

    fn block(&mut self, block: &mut Block) {
        let before = (self.shadowed, self.state.clone());
        visit_mut::visit_block_mut(self.walk(), block);
        (self.shadowed, self.state) = before;
    }

    fn macro_call(&mut self, call: &mut Macro) {
        outside::check_macro(call, self.visible(), self.report);
    }

    fn stmt(&mut self, statement: &mut Stmt) {
        if let Stmt::Local(local) = statement
            && let Some(init) = &mut local.init
        {
            outside::check(&mut local.pat, &mut init.expr, self.visible(), self.report);
        }
        visit_mut::visit_stmt_mut(self.walk(), statement);
        if let (Stmt::Local(local), Some(data)) = (&*statement, self.data) {
            self.shadowed |= binds(&local.pat, &data.name);
            self.state = self.state.take().filter(|state| !binds(&local.pat, &state.name));
        }
    }

    fn item_fn(&mut self, function: &mut ItemFn) {
        let inputs = function.sig.inputs.iter();
        let patterns: Vec<Pat> = inputs
            .filter_map(|input| match input {
                FnArg::Typed(typed) => Some((*typed.pat).clone()),
                FnArg::Receiver(_) => None,
            })
            .collect();
        self.under(&patterns, &mut |tables| visit_mut::visit_item_fn_mut(tables, function));
    }
}

/// Returns the patterns of the `let`s in a condition.
fn let_patterns(condition: &Expr) -> Vec<Pat> {
    match bare_expr(condition) {
        Expr::Let(binding) => vec![(*binding.pat).clone()],
        Expr::Binary(both) => {
            let mut patterns = let_patterns(&both.left);
            patterns.extend(let_patterns(&both.right));
            patterns
        }
        _ => Vec::new(),
    }
}
