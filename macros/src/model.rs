//! The impl block as the expansion needs it: which callbacks there are, what each takes, the session's and the message's
//! type. Reading it finds the mistakes of each callback by itself; those between callbacks are `check`'s.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned as _;
use syn::{
    FnArg, GenericParam, ImplItem, ImplItemFn, Item, ItemImpl, PatType, Receiver, ReceiverKind, ReturnType, Safety,
    Signature, Type,
};

use crate::callbacks::{self, Kind, Spec};
use crate::parameters;
use crate::report::Report;
use crate::roles::{Frame, Role};
use crate::syntax::{bare_type, first_argument, last_segment, text};

/// A server, as its block declares it.
pub(crate) struct Server {
    /// In the order in which they stand in the block.
    pub(crate) callbacks: Vec<Callback>,
    /// Those that were meant by the names of other fns.
    pub(crate) missed: Vec<Kind>,
    /// One connection's own state; None is `()`.
    pub(crate) session: Option<Type>,
    /// What other tasks send to a connection; None where nothing takes it.
    pub(crate) message: Option<Type>,
}

/// One callback.
pub(crate) struct Callback {
    pub(crate) spec: &'static Spec,
    /// Where its name stands.
    pub(crate) span: Span,
    pub(crate) is_async: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: ReturnType,
}

/// One parameter, but for `self`.
pub(crate) struct Parameter {
    pub(crate) role: Role,
    pub(crate) ty: Type,
    /// Its name, where it is one.
    pub(crate) name: Option<syn::Ident>,
}

impl Server {
    pub(crate) fn callback(&self, kind: Kind) -> Option<&Callback> {
        self.callbacks.iter().find(|callback| callback.spec.kind == kind)
    }

    /// How `handle_call` takes its frame, and the parameter, if it takes it.
    pub(crate) fn frame(&self) -> (Frame, Option<&Parameter>) {
        let parameter = self
            .callback(Kind::HandleCall)
            .and_then(|call| call.parameter(Role::Frame));
        let frame = parameter.and_then(|parameter| parameters::frame(&parameter.ty));
        (frame.unwrap_or(Frame::Slice), parameter)
    }
}

impl Callback {
    pub(crate) fn parameter(&self, role: Role) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.role == role)
    }

    /// The type that it returns, if it says one.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.output {
            ReturnType::Type(_, ty) => Some(ty),
            ReturnType::Default => None,
        }
    }
}

/// Reads the block.
pub(crate) fn read(block: &ItemImpl, report: &mut Report) -> Server {
    let mut callbacks: Vec<Callback> = Vec::new();
    let mut missed = Vec::new();
    for item in &block.items {
        let ImplItem::Fn(function) = item else { continue };
        match callbacks::find(&function.sig.ident.to_string()) {
            Some(spec) => callbacks.push(callback(spec, function, report)),
            None => missed.extend(near_miss(function, report)),
        }
    }
    let session = session(&callbacks);
    let message = message(&callbacks);
    Server {
        callbacks,
        missed,
        session,
        message,
    }
}

/// Reports a name that is nearly a callback's, and returns that callback.
fn near_miss(function: &ImplItemFn, report: &mut Report) -> Option<Kind> {
    let name = function.sig.ident.to_string();
    let meant = callbacks::meant(&name)?;
    let message = format!(
        "there is no callback `{name}`: it's called `{}`; a method of your own with this name can stand in another `impl` \
         block",
        meant.name
    );
    report.error(&function.sig.ident, message);
    Some(meant.kind)
}

fn callback(spec: &'static Spec, function: &ImplItemFn, report: &mut Report) -> Callback {
    let signature = &function.sig;
    attributes(spec, function, report);
    qualifiers(spec, signature, report);
    receiver(spec, signature, report);
    output(spec, signature, report);
    Callback {
        spec,
        span: signature.ident.span(),
        is_async: signature.asyncness.is_some(),
        parameters: parameters(spec, signature, report),
        output: signature.output.clone(),
    }
}

fn attributes(spec: &Spec, function: &ImplItemFn, report: &mut Report) {
    for attribute in function
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
    {
        let message = format!(
            "`#[cfg]` can't stand on `{}`, as the attribute reads the block before it is decided: put it on the whole block, or \
             inside of the body",
            spec.name
        );
        report.error(attribute, message);
    }
}

fn qualifiers(spec: &Spec, signature: &Signature, report: &mut Report) {
    let name = spec.name;
    let mut refuse = |token: &dyn ToTokens, word: &str| {
        report.error(
            token.to_token_stream(),
            format_args!("`{name}` can't be `{word}`: it is a `fn` or an `async fn`"),
        );
    };
    if let Some(token) = &signature.constness {
        refuse(token, "const");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        refuse(token, "unsafe");
    }
    if let Some(abi) = &signature.abi {
        refuse(abi, "extern");
    }
    for generic in &signature.generics.params {
        if !matches!(generic, GenericParam::Lifetime(_)) {
            let message = format!(
                "`{name}` can't be generic, as nobody would say what `{}` is: use a type, or make the server generic, as \
                 `impl<T> Server<T>`",
                text(generic)
            );
            report.error(generic, message);
        }
    }
}

fn receiver(spec: &Spec, signature: &Signature, report: &mut Report) {
    let Spec {
        name, receiver: wanted, ..
    } = spec;
    let Some(receiver) = signature.receiver() else {
        report.error(
            &signature.ident,
            format_args!("`{name}` needs `{wanted}`: `fn {name}({wanted}, …)`"),
        );
        return;
    };
    match passing(receiver) {
        Some(Exclusive(false)) => {}
        Some(Exclusive(true)) if spec.kind == Kind::Init => {}
        Some(Exclusive(true)) => report.error(
            receiver,
            format_args!(
                "`{name}` takes `&self`: it is the server's state, shared by all connections. What belongs to one connection \
                 goes into a session, `&mut T`; what all of them change goes into a `Mutex` or an atomic in `self`"
            ),
        ),
        None => report.error(receiver, format_args!("`{name}` takes `{wanted}`, not `{}`", text(receiver))),
    }
}

/// A reference to self: whether it is exclusive.
struct Exclusive(bool);

fn passing(receiver: &Receiver) -> Option<Exclusive> {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(Exclusive(mutability.is_some())),
        ReceiverKind::Typed(_, ty) => match bare_type(ty) {
            Type::Reference(reference) if last_segment(&reference.elem).is_some_and(|s| s.ident == "Self") => {
                Some(Exclusive(reference.mutability.is_some()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn output(spec: &Spec, signature: &Signature, report: &mut Report) {
    let name = spec.name;
    match &signature.output {
        ReturnType::Default if spec.acts => {
            let message = format!("`{name}` returns what to do next: write `-> Action`, or `-> Result<Action>`");
            report.error_at(signature.paren_token.span.close(), message);
        }
        ReturnType::Type(_, ty) if spec.acts && matches!(bare_type(ty), Type::Tuple(unit) if unit.elems.is_empty()) => {
            report.error(
                ty,
                format_args!("`{name}` returns what to do next: `Action`, or `Result<Action>`"),
            );
        }
        ReturnType::Type(_, ty) if matches!(bare_type(ty), Type::ImplTrait(_)) => {
            report.error(
                ty,
                format_args!(
                    "`{name}` can't return `{}`: write `async fn` and the type that it comes to",
                    text(ty)
                ),
            );
        }
        _ => {}
    }
}

fn parameters(spec: &'static Spec, signature: &Signature, report: &mut Report) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for argument in &signature.inputs {
        let FnArg::Typed(argument) = argument else { continue };
        let Some(role) = parameters::role(spec, &argument.ty) else {
            report.error(argument, unplaceable(spec, argument));
            continue;
        };
        if let Some(earlier) = parameters.iter().find(|earlier| earlier.role == role) {
            let message = format!(
                "`{}` takes {} once: here are `{}` and `{}`",
                spec.name,
                role.description(),
                text(&earlier.ty),
                text(&argument.ty)
            );
            report.error(argument, message);
            continue;
        }
        parameters.push(Parameter {
            role,
            ty: (*argument.ty).clone(),
            name: name(argument),
        });
    }
    parameters
}

fn name(argument: &PatType) -> Option<syn::Ident> {
    match &*argument.pat {
        syn::Pat::Ident(pattern) => Some(pattern.ident.clone()),
        _ => None,
    }
}

/// What is wrong with a parameter, and what can stand there.
fn unplaceable(spec: &Spec, argument: &PatType) -> String {
    let (name, written) = (spec.name, text(&argument.ty));
    let otherwise = parameters::intended(&argument.ty).filter(|&role| spec.can_take(role));
    if let Some(role) = otherwise {
        return format!("`{name}` takes {}, not `{written}`", role.description());
    }
    if spec.kind == Kind::HandleCall && parameters::is_like_a_frame(&argument.ty) {
        return format!(
            "`{written}` is not how a frame comes: take {}",
            Role::Frame.description().replacen("the frame as ", "", 1)
        );
    }
    if spec.kind == Kind::Closed && matches!(bare_type(&argument.ty), Type::Reference(_)) {
        let session = text(parameters::lent(&argument.ty));
        return format!("`closed` takes the session by value, as it ends here: `{session}`, not `{written}`");
    }
    format!("`{written}` can't stand in `{name}`, which takes {}", spec.parameters())
}

/// The session's type: from those that take it, or else what `connected` returns.
fn session(callbacks: &[Callback]) -> Option<Type> {
    let find = |kind| callbacks.iter().find(|callback| callback.spec.kind == kind);
    let taken = [Kind::Closed, Kind::HandleCall, Kind::HandleInfo, Kind::Failed]
        .into_iter()
        .find_map(|kind| find(kind)?.session());
    let session = taken.or_else(|| find(Kind::Connected)?.returned().and_then(succeeded));
    session.filter(|ty| !is_unit(ty)).cloned()
}

impl Callback {
    /// The type of the session that it takes.
    pub(crate) fn session(&self) -> Option<&Type> {
        let owned = self.parameter(Role::OwnedSession).map(|parameter| &parameter.ty);
        owned.or_else(|| {
            self.parameter(Role::Session)
                .map(|parameter| parameters::lent(&parameter.ty))
        })
    }
}

/// The `T` of a `Result<T>`, of whatever alias that is called so; another type is itself.
fn succeeded(ty: &Type) -> Option<&Type> {
    match last_segment(ty) {
        Some(segment) if segment.ident.to_string().ends_with("Result") => first_argument(segment),
        _ => Some(ty),
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(bare_type(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The message's type: what `handle_info` takes.
fn message(callbacks: &[Callback]) -> Option<Type> {
    let info = callbacks
        .iter()
        .find(|callback| callback.spec.kind == Kind::HandleInfo)?;
    match info.parameter(Role::Message) {
        Some(parameter) => Some(parameter.ty.clone()),
        None => callbacks.iter().find_map(peers_message).cloned(),
    }
}

/// The `M` of the `Peer<M>` that a callback takes.
pub(crate) fn peers_message(callback: &Callback) -> Option<&Type> {
    let peer = callback.parameter(Role::Peer)?;
    first_argument(last_segment(&peer.ty)?)
}

/// Takes the block out of an item, or says why it is none.
pub(crate) fn block(item: Item, report: &mut Report) -> Option<ItemImpl> {
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

fn inherent(block: ItemImpl, report: &mut Report) -> Option<ItemImpl> {
    let Some((path, _)) = &block.trait_ else {
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
