//! From the attribute's item to the model. Reading finds the mistakes of each callback by itself; those between callbacks are
//! `check`'s.

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

/// Takes the block out of an item, or says why it is none.
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

/// Reports the attribute where it stands on the block again, and takes it away.
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
            // rustc says of the second one that the name is taken.
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

/// Reports a name that is nearly a callback's, and returns that callback. Where that is there, or the fn is called, it is the user's own.
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

/// Whether a fn of the block is named besides where it is written.
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

/// The session's type: from those that take it, or else what `connected` returns. Where they seem to disagree it is what
/// `connected` returns, or else what most take; rustc says whether it is the same.
fn session(callbacks: &[Callback]) -> Option<Type> {
    let find = |kind| callbacks.iter().find(|callback| callback.spec.kind == kind);
    let returned = find(Kind::Connected).and_then(Callback::returned).and_then(succeeded);
    let mut taken = Vec::new();
    for kind in [
        Kind::Closed,
        Kind::HandleCall,
        Kind::HandleInfo,
        Kind::Passive,
        Kind::Failed,
        Kind::Stopping,
    ] {
        taken.extend(find(kind).and_then(Callback::session));
    }
    let agreement = |ty: &&Type| {
        let is_returned = returned.is_some_and(|returned| alike(returned, ty));
        (is_returned, taken.iter().filter(|other| alike(other, ty)).count())
    };
    // The first of those that come as near.
    let session = taken.iter().copied().rev().max_by_key(agreement).or(returned);
    session.filter(|ty| !is_unit(ty)).cloned()
}

/// The `T` of a `Result<T>`, of whatever alias that is called so; another type is itself.
pub(crate) fn succeeded(ty: &Type) -> Option<&Type> {
    match last_segment(ty) {
        Some(segment) if segment.ident.to_string().ends_with("Result") => first_argument(segment),
        _ => Some(ty),
    }
}

/// The message's type: what `handle_info` takes.
fn message(callbacks: &[Callback]) -> Option<Type> {
    let info = callbacks
        .iter()
        .find(|callback| callback.spec.kind == Kind::HandleInfo)?;
    match info.parameter(Role::Message) {
        Some(parameter) => Some(parameter.ty.clone()),
        None => callbacks.iter().find_map(Callback::peers_message).cloned(),
    }
}
