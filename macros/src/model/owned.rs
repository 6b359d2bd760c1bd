//! The check that a server owns its data, because connections share it
//! and may outlive the code that started it.
//!
//! Without this check, the 3 borrows in `ui-tests/fail/server_that_borrows.rs` are 9 errors of
//! rustc about conflicting lifetimes. None of them says that the server must own its data.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut as _};
use syn::{GenericParam, ItemImpl, Lifetime, Signature, Type, TypeReference};

use crate::report::Report;
use crate::syntax::text;
use crate::syntax::walk::Walk;

/// Reports each lifetime that the server's type borrows for.
pub(crate) fn check(block: &ItemImpl, report: &mut Report) {
    let parameters = block.generics.lifetimes();
    let mut borrows = Borrows {
        of_the_block: parameters.map(|parameter| parameter.lifetime.clone()).collect(),
        server: &block.self_ty,
        report,
    };
    borrows.walk().visit_type_mut(&mut block.self_ty.clone());
}

/// Reports the borrows of a session or a message, because it outlives the call.
pub(crate) fn check_kept(what: &str, ty: &Type, signature: &Signature, report: &mut Report) {
    struct Kept<'k> {
        what: &'k str,
        of_the_fn: Vec<Lifetime>,
        report: &'k mut Report,
    }

    impl Walk for Kept<'_> {
        fn walk(&mut self) -> &mut dyn Walk {
            self
        }

        fn lifetime(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident == "_" || self.of_the_fn.contains(lifetime) {
                let message = format!(
                    "the {} outlives the call, so it can't borrow for `{lifetime}`: let it own what it keeps, like a `String` or a `Vec<u8>`; a \
                     frame that is taken as `Bytes` is kept without a copy",
                    self.what
                );
                self.report.error(lifetime, message);
            }
        }
    }

    let lifetimes = signature.generics.lifetimes();
    let mut kept = Kept {
        what,
        of_the_fn: lifetimes.map(|parameter| parameter.lifetime.clone()).collect(),
        report,
    };
    kept.walk().visit_type_mut(&mut ty.clone());
}

/// Returns the block as if the server borrowed nothing.
pub(crate) fn of(block: &ItemImpl) -> ItemImpl {
    struct Static;

    impl Walk for Static {
        fn walk(&mut self) -> &mut dyn Walk {
            self
        }

        fn lifetime(&mut self, lifetime: &mut Lifetime) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }

        fn type_reference(&mut self, reference: &mut TypeReference) {
            let written = reference.lifetime.take();
            reference.lifetime = written.or_else(|| Some(Lifetime::new("'static", Span::call_site())));
            visit_mut::visit_type_reference_mut(self.walk(), reference);
        }
    }

    let mut owned = block.clone();
    let mut borrowed = Report::default();
    check(block, &mut borrowed);
    if borrowed.len() > 0 {
        let parameters = owned.generics.params.into_iter();
        owned.generics.params = parameters
            .filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)))
            .collect();
        Static.walk().visit_generics_mut(&mut owned.generics);
        Static.walk().visit_type_mut(&mut owned.self_ty);
    }
    owned
}

struct Borrows<'b> {
    of_the_block: Vec<Lifetime>,
    server: &'b Type,
    report: &'b mut Report,
}

impl Walk for Borrows<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn lifetime(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" || self.of_the_block.contains(lifetime) {
            let message = format!(
                "`{}` can't borrow for `{lifetime}`: a server is shared by its connections for as long as it runs, so it owns \
                 what it holds, like a `String` or an `Arc`, or borrows it for `'static`",
                text(self.server)
            );
            self.report.error(lifetime, message);
        }
    }

    fn type_reference(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            let message = format!(
                "`{}` can't borrow: a server is shared by its connections for as long as it runs, so it owns what it holds, \
                 like a `String` or an `Arc`, or borrows it for `'static`",
                text(self.server)
            );
            self.report.error(reference.and_token, message);
        }
        visit_mut::visit_type_reference_mut(self.walk(), reference);
    }
}
