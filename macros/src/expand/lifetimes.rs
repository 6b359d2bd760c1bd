//! Adds the lifetimes that a reply borrows for, where the user wrote none.
//!
//! In a callback `self`, the frame, the session and `Action` get one lifetime, so that a reply may
//! borrow from all of them. The socket keeps its own, or a call couldn't receive while it holds a
//! reply. In any other fn of the block `Action` is completed by the rules of elision.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut as _};
use syn::{
    FnArg, GenericParam, Generics, ImplItem, ItemImpl, Lifetime, LifetimeParam, Path, PathArguments, ReceiverKind,
    ReturnType, Signature, Type, TypeReference, parse_quote, parse_quote_spanned,
};

use crate::model::Server;
use crate::model::callbacks::{self, Spec};
use crate::model::parameters;
use crate::model::roles::{Frame, Role};
use crate::options::Options;
use crate::syntax::walk::Walk;

/// Writes the lifetimes in every fn of the block.
pub(crate) fn rewrite(block: &mut ItemImpl, server: &Server, options: &Options) {
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        let name = function.sig.ident.to_string();
        // A misspelled callback was reported. Its signature is completed anyway, so that it isn't a
        // second mistake.
        let missed = || server.missed.iter().find(|missed| missed.name == name);
        match callbacks::find(&name).or_else(|| missed().map(|missed| missed.spec)) {
            Some(spec) if spec.acts && !has_lifetimes(&function.sig.generics) => {
                callback(spec, &mut function.sig, options);
            }
            _ if is_elided(&function.sig) => {
                // rustc would suggest replacing a lifetime written here, and say `-> 'a`.
                let allow = parse_quote!(#[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]);
                function.attrs.push(allow);
            }
            _ => helper(&mut function.sig),
        }
    }
}

fn callback(spec: &Spec, signature: &mut Signature, options: &Options) {
    let call = call(signature);
    for argument in &mut signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => match &mut receiver.kind {
                ReceiverKind::Reference(_, lifetime, _) => set(lifetime, &call),
                ReceiverKind::Typed(_, ty) => tie(ty, &call),
                _ => {}
            },
            FnArg::Typed(argument) => match parameters::role(spec, &argument.ty) {
                Some(Role::Socket) => {}
                // A codec's item may have that name.
                Some(Role::Frame)
                    if options.codec().is_none() && parameters::frame(&argument.ty) == Some(Frame::Http) =>
                {
                    tie_line(&mut argument.ty, &call);
                }
                _ => tie(&mut argument.ty, &call),
            },
        }
    }
    declare(signature, call);
}

/// Returns whether a helper's `Action` borrows by Rust's rules of elision.
fn follows_elision(signature: &Signature) -> bool {
    let has_self = signature
        .receiver()
        .is_some_and(|receiver| !matches!(receiver.kind, ReceiverKind::Value));
    has_self || has_lifetimes(&signature.generics) || References::count(signature) == 1
}

/// Returns whether a helper needs no written lifetime. An `async fn` needs one.
fn is_elided(signature: &Signature) -> bool {
    signature.asyncness.is_none() && Actions::of(&signature.output) && follows_elision(signature)
}

fn helper(signature: &mut Signature) {
    if !Actions::of(&signature.output) {
        return;
    }
    if follows_elision(signature) {
        complete(signature, &elided());
    } else {
        // Elision has no rule for several references, or for none.
        let call = call(signature);
        References::tie(signature, &call);
        declare(signature, call);
    }
}

/// Declares a lifetime and completes `Action` with it.
fn declare(signature: &mut Signature, lifetime: Lifetime) {
    if Actions::of(&signature.output) {
        complete(signature, &lifetime);
    }
    let generics = &mut signature.generics;
    generics
        .params
        .insert(0, GenericParam::Lifetime(LifetimeParam::new(lifetime)));
    generics.lt_token.get_or_insert_with(Default::default);
    generics.gt_token.get_or_insert_with(Default::default);
}

/// Returns the lifetime of one call, at the span of the fn's name. It is hygienic, so it conflicts
/// with no name of the user's.
fn call(signature: &Signature) -> Lifetime {
    Lifetime::new("'call", Span::mixed_site().located_at(signature.ident.span()))
}

fn elided() -> Lifetime {
    Lifetime::new("'_", Span::call_site())
}

fn has_lifetimes(generics: &Generics) -> bool {
    generics.lifetimes().next().is_some()
}

fn set(lifetime: &mut Option<Lifetime>, call: &Lifetime) {
    if lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_") {
        *lifetime = Some(call.clone());
    }
}

/// Ties a line of HTTP to the call's lifetime.
fn tie_line(ty: &mut Type, call: &Lifetime) {
    match ty {
        Type::Group(group) => tie_line(&mut group.elem, call),
        Type::Paren(paren) => tie_line(&mut paren.elem, call),
        Type::Path(path) => {
            if let Some(last) = path.path.segments.last_mut().filter(|last| is_open(&last.arguments)) {
                last.arguments = of_lifetime(call, last.ident.span());
            }
        }
        _ => {}
    }
}

/// Ties a parameter that is a reference to the call's lifetime.
fn tie(ty: &mut Type, call: &Lifetime) {
    match ty {
        Type::Group(group) => tie(&mut group.elem, call),
        Type::Paren(paren) => tie(&mut paren.elem, call),
        Type::Reference(reference) => set(&mut reference.lifetime, call),
        _ => {}
    }
}

/// Writes `lifetime` into each `Action` of the signature that has none.
fn complete(signature: &mut Signature, lifetime: &Lifetime) {
    let mut actions = Actions {
        lifetime: Some(lifetime),
        found: false,
    };
    actions.walk().visit_return_type_mut(&mut signature.output);
}

/// A visitor that finds, and completes, each `Action` in a type.
struct Actions<'l> {
    lifetime: Option<&'l Lifetime>,
    found: bool,
}

impl Actions<'_> {
    fn of(output: &ReturnType) -> bool {
        let mut actions = Actions {
            lifetime: None,
            found: false,
        };
        actions.walk().visit_return_type_mut(&mut output.clone());
        actions.found
    }
}

impl Walk for Actions<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn path(&mut self, path: &mut Path) {
        if let Some(last) = path.segments.last_mut().filter(|last| last.ident == "Action") {
            let open = is_open(&last.arguments);
            self.found |= open;
            if let (true, Some(lifetime)) = (open, self.lifetime) {
                last.arguments = of_lifetime(lifetime, last.ident.span());
            }
        }
        visit_mut::visit_path_mut(self.walk(), path);
    }
}

/// Returns whether a type's lifetime isn't written yet.
fn is_open(arguments: &PathArguments) -> bool {
    match arguments {
        PathArguments::None => true,
        PathArguments::AngleBracketed(given) => {
            matches!(given.args.first(), Some(syn::GenericArgument::Lifetime(lifetime)) if lifetime.ident == "_")
        }
        PathArguments::Parenthesized(_) => false,
    }
}

/// Makes a lifetime a type's argument. As the last token of the signature it gets the user's span,
/// or rustc would report that the attribute wrote the fn.
fn of_lifetime(lifetime: &Lifetime, span: Span) -> PathArguments {
    let mut lifetime = lifetime.clone();
    lifetime.set_span(lifetime.span().located_at(span));
    PathArguments::AngleBracketed(parse_quote_spanned!(span=> <#lifetime>))
}

/// A visitor that counts, or ties, the references in the parameters that have no lifetime.
struct References<'l> {
    lifetime: Option<&'l Lifetime>,
    count: usize,
}

impl References<'_> {
    fn count(signature: &Signature) -> usize {
        let mut references = References {
            lifetime: None,
            count: 0,
        };
        signature
            .inputs
            .clone()
            .iter_mut()
            .for_each(|input| references.walk().visit_fn_arg_mut(input));
        references.count
    }

    fn tie(signature: &mut Signature, lifetime: &Lifetime) {
        let mut references = References {
            lifetime: Some(lifetime),
            count: 0,
        };
        signature
            .inputs
            .iter_mut()
            .for_each(|input| references.walk().visit_fn_arg_mut(input));
    }
}

impl Walk for References<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn type_reference(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_") {
            self.count += 1;
            if let Some(lifetime) = self.lifetime {
                reference.lifetime = Some(lifetime.clone());
            }
        }
        visit_mut::visit_type_reference_mut(self.walk(), reference);
    }
}
