//! A server owns what it holds: it is shared by connections that outlive whoever started it.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{GenericParam, ItemImpl, Lifetime, ParenthesizedGenericArguments, Type, TypeFnPtr, TypeReference};

use crate::report::Report;
use crate::syntax::text;

/// Reports each lifetime that the server's type borrows for.
pub(crate) fn check(block: &ItemImpl, report: &mut Report) {
    let parameters = block.generics.lifetimes();
    let mut borrows = Borrows {
        of_the_block: parameters.map(|parameter| parameter.lifetime.clone()).collect(),
        server: &block.self_ty,
        report,
    };
    borrows.visit_type(&block.self_ty);
}

/// The block of the same server if it borrowed nothing.
pub(crate) fn of(block: &ItemImpl) -> ItemImpl {
    struct Static;

    impl VisitMut for Static {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }

        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            let written = reference.lifetime.take();
            reference.lifetime = written.or_else(|| Some(Lifetime::new("'static", Span::call_site())));
            visit_mut::visit_type_reference_mut(self, reference);
        }

        fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
    }

    let mut owned = block.clone();
    let mut borrowed = Report::default();
    check(block, &mut borrowed);
    if borrowed.len() > 0 {
        let parameters = owned.generics.params.into_iter();
        owned.generics.params = parameters
            .filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)))
            .collect();
        Static.visit_generics_mut(&mut owned.generics);
        Static.visit_type_mut(&mut owned.self_ty);
    }
    owned
}

struct Borrows<'b> {
    of_the_block: BTreeSet<Lifetime>,
    server: &'b Type,
    report: &'b mut Report,
}

impl Visit<'_> for Borrows<'_> {
    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if lifetime.ident == "_" || self.of_the_block.contains(lifetime) {
            let message = format!(
                "`{}` can't borrow for `{lifetime}`: a server is shared by its connections for as long as it runs, so it owns \
                 what it holds, like a `String` or an `Arc`, or borrows it for `'static`",
                text(self.server)
            );
            self.report.error(lifetime, message);
        }
    }

    fn visit_type_reference(&mut self, reference: &TypeReference) {
        if reference.lifetime.is_none() {
            let message = format!(
                "`{}` can't borrow: a server is shared by its connections for as long as it runs, so it owns what it holds, \
                 like a `String` or an `Arc`, or borrows it for `'static`",
                text(self.server)
            );
            self.report.error(reference.and_token, message);
        }
        visit::visit_type_reference(self, reference);
    }

    // Nothing is borrowed for the lifetimes of a fn's own parameters.
    fn visit_type_fn_ptr(&mut self, _: &TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments(&mut self, _: &ParenthesizedGenericArguments) {}
}
