//! Reads the attribute's item into the model. It reports the mistakes within each callback; `check`
//! reports those between callbacks.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{ImplItem, ImplItemFn, Item, ItemImpl, Type};

use crate::model::callbacks::{self, Kind};
use crate::model::roles::Role;
use crate::model::signature;
use crate::model::{Callback, Missed, Server};
use crate::options::Options;
use crate::report::Report;
use crate::syntax::{alike, first_argument, is_unit, last_segment, text};

/// Returns the impl block of an item, or reports why the item isn't one.
pub(crate) fn of(item: Item, report: &mut Report) -> Option<ItemImpl> {
    let (what, span) = match item {
        Item::Impl(block) => return inherent(block, report),
        Item::Struct(item) => ("a struct", item.struct_token.span),
        Item::Enum(item) => ("an enum", item.enum_token.span),
        Item::Fn(item) => ("a fn", item.sig.fn_token.span),
        Item::Mod(item) => ("a module", item.mod_token.span),
        Item::Trait(item) => ("a trait", item.trait_token.span),
        other => ("this", other.span()),
    };
    let message =
        format!("`#[tcp_server]` can't stand on {what}: it stands on an `impl` block, as `impl Echo {{ … }}`");
    report.error_at(span, message);
    None
}

fn inherent(mut block: ItemImpl, report: &mut Report) -> Option<ItemImpl> {
    let Some((path, _)) = &block.trait_ else {
        once(&mut block, report);
        return Some(block);
    };
    let message = format!(
        "`#[tcp_server]` stands on a type's own `impl` block, and this one implements `{}`: write the callbacks into \
         `impl {} {{ … }}`",
        text(path),
        text(&block.self_ty)
    );
    report.error(path, message);
    None
}

/// Reports and removes the attribute if it is on the block a second time.
fn once(block: &mut ItemImpl, report: &mut Report) {
    block.attrs.retain(|attribute| {
        let again = attribute
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "tcp_server");
        if again {
            let message =
                "`#[tcp_server]` stands on this block twice: one block is one server, so write all options into one";
            report.error(attribute, message);
        }
        !again
    });
}

/// Reads the block.
pub(crate) fn read(block: &ItemImpl, options: &Options, report: &mut Report) -> Server {
    let mut callbacks: Vec<Callback> = Vec::new();
    let mut others = Vec::new();
    for item in &block.items {
        let ImplItem::Fn(function) = item else { continue };
        match callbacks::find(&function.sig.ident.to_string()) {
            // rustc reports the second one, because its name is taken.
            Some(spec) if callbacks.iter().any(|earlier| earlier.spec.kind == spec.kind) => {}
            Some(spec) => callbacks.push(signature::read(spec, function, options, report)),
            None => others.push(function),
        }
    }
    let missed = others
        .into_iter()
        .filter_map(|function| near_miss(function, block, &callbacks, report));
    let missed = missed.collect();
    let session = session(&callbacks);
    let message = message(&callbacks);
    Server {
        callbacks,
        codec: options.codec().cloned(),
        missed,
        session,
        message,
    }
}

/// Reports a name that is nearly a callback's, and returns that callback. If the callback exists,
/// or the fn is called, the name is the user's own.
fn near_miss(function: &ImplItemFn, block: &ItemImpl, callbacks: &[Callback], report: &mut Report) -> Option<Missed> {
    let name = function.sig.ident.to_string();
    let meant = callbacks::meant(&name)?;
    if callbacks.iter().any(|callback| callback.spec.kind == meant.kind) || is_called(&name, block) {
        return None;
    }
    let message = format!(
        "there is no callback `{name}`: it's called `{}`; a method of your own with this name can stand in another `impl` \
         block",
        meant.name
    );
    report.error(&function.sig.ident, message);
    Some(Missed { name, spec: meant })
}

/// Returns whether the block names a fn anywhere but at its definition.
fn is_called(name: &str, block: &ItemImpl) -> bool {
    fn count(name: &str, tokens: TokenStream) -> usize {
        let counts = tokens.into_iter().map(|token| match token {
            TokenTree::Ident(ident) => usize::from(ident == name),
            TokenTree::Group(group) => count(name, group.stream()),
            _ => 0,
        });
        counts.sum()
    }
    let tokens = block.items.iter().map(|item| count(name, item.to_token_stream()));
    tokens.sum::<usize>() > 1
}

/// Returns the session's type. If the callbacks seem to disagree, it is the type that `connected`
/// returns, or else the one that most callbacks take. rustc checks whether they are the same.
fn session(callbacks: &[Callback]) -> Option<Type> {
    let find = |kind| callbacks.iter().find(|callback| callback.spec.kind == kind);
    let returned_by = |kind| find(kind).and_then(Callback::returned).and_then(succeeded);
    let returned = returned_by(Kind::Connected);
    let mut taken = Vec::new();
    for kind in [
        Kind::Closed,
        Kind::HandleCall,
        Kind::HandleInfo,
        Kind::Passive,
        Kind::Failed,
        Kind::Stopping,
        Kind::TakenOver,
        Kind::Freeze,
    ] {
        taken.extend(find(kind).and_then(Callback::session));
    }
    let agreement = |ty: &&Type| {
        let is_returned = returned.is_some_and(|returned| alike(returned, ty));
        (is_returned, taken.iter().filter(|other| alike(other, ty)).count())
    };
    // Of equals, take the first.
    let session = taken.iter().copied().rev().max_by_key(agreement);
    let session = session.or(returned).or_else(|| returned_by(Kind::Thaw));
    session.filter(|ty| !is_unit(ty)).cloned()
}

/// Returns the `T` of a `Result<T>`, and of any alias that is named `Result`; any other type is
/// returned itself.
pub(crate) fn succeeded(ty: &Type) -> Option<&Type> {
    match last_segment(ty) {
        Some(segment) if segment.ident.to_string().ends_with("Result") => first_argument(segment),
        _ => Some(ty),
    }
}

/// Returns the message's type: the one that `handle_info` takes.
fn message(callbacks: &[Callback]) -> Option<Type> {
    let info = callbacks
        .iter()
        .find(|callback| callback.spec.kind == Kind::HandleInfo)?;
    match info.parameter(Role::Message) {
        Some(parameter) => Some(parameter.ty.clone()),
        None => callbacks.iter().find_map(Callback::peers_message).cloned(),
    }
}
