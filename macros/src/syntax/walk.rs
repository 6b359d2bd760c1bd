//! The walk over syn's trees that all phases share.
//!
//! syn's own visitors are generic. Each phase would compile its own visitor, hundreds of functions,
//! in every build of a user.

use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, FieldValue, ItemFn, Lifetime, LitStr, Macro, ParenthesizedGenericArguments, Pat, PatIdent, Path, Stmt,
    TypeFnPtr, TypeReference,
};

/// The actions of a phase on the nodes that the walk meets. The walk descends into nodes for which
/// a phase has no method of its own.
pub(crate) trait Walk {
    /// Returns this phase as a walk.
    fn walk(&mut self) -> &mut dyn Walk;

    fn block(&mut self, block: &mut Block) {
        visit_mut::visit_block_mut(self.walk(), block);
    }

    fn expr(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self.walk(), expr);
    }

    fn field_value(&mut self, field: &mut FieldValue) {
        visit_mut::visit_field_value_mut(self.walk(), field);
    }

    fn item_fn(&mut self, function: &mut ItemFn) {
        visit_mut::visit_item_fn_mut(self.walk(), function);
    }

    fn lifetime(&mut self, _: &mut Lifetime) {}

    fn lit_str(&mut self, _: &mut LitStr) {}

    fn macro_call(&mut self, call: &mut Macro) {
        visit_mut::visit_macro_mut(self.walk(), call);
    }

    fn pat(&mut self, pattern: &mut Pat) {
        visit_mut::visit_pat_mut(self.walk(), pattern);
    }

    fn pat_ident(&mut self, pattern: &mut PatIdent) {
        visit_mut::visit_pat_ident_mut(self.walk(), pattern);
    }

    fn path(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self.walk(), path);
    }

    fn stmt(&mut self, statement: &mut Stmt) {
        visit_mut::visit_stmt_mut(self.walk(), statement);
    }

    fn type_reference(&mut self, reference: &mut TypeReference) {
        visit_mut::visit_type_reference_mut(self.walk(), reference);
    }
}

impl VisitMut for dyn Walk + '_ {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        self.expr(expr);
    }

    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        self.field_value(field);
    }

    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        self.item_fn(function);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        self.lifetime(lifetime);
    }

    fn visit_lit_str_mut(&mut self, text: &mut LitStr) {
        self.lit_str(text);
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        self.macro_call(call);
    }

    fn visit_pat_mut(&mut self, pattern: &mut Pat) {
        self.pat(pattern);
    }

    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        self.pat_ident(pattern);
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        self.path(path);
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        self.stmt(statement);
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        self.type_reference(reference);
    }

    // A fn type holds no code. Its lifetimes follow their own rules of elision, and nothing is
    // borrowed for them.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
}
