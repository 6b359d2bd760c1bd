//! Reads one callback's signature and reports its mistakes.

mod elsewhere;

use quote::ToTokens;
use syn::{
    FnArg, GenericParam, Ident, ImplItemFn, Pat, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type,
};

use crate::model::callbacks::{Kind, Spec};
use crate::model::owned;
use crate::model::parameters;
use crate::model::roles::Role;
use crate::model::{Callback, Parameter};
use crate::options::Options;
use crate::report::Report;
use crate::syntax::{bare_type, cfgs, is_unit, last_segment, text};

/// Reads one callback.
pub(crate) fn read(spec: &'static Spec, function: &ImplItemFn, options: &Options, report: &mut Report) -> Callback {
    let signature = &function.sig;
    attributes(spec, function, report);
    qualifiers(spec, signature, report);
    receiver(spec, signature, report);
    output(spec, signature, report);
    Callback {
        spec,
        span: signature.ident.span(),
        is_async: signature.asyncness.is_some(),
        takes_self: signature.receiver().is_some(),
        parameters: parameters(spec, signature, options, report),
        output: signature.output.clone(),
    }
}

fn attributes(spec: &Spec, function: &ImplItemFn, report: &mut Report) {
    let parameters = function.sig.inputs.iter().flat_map(|input| match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(argument) => &argument.attrs,
    });
    let on = function.attrs.iter().map(|attribute| (attribute, ""));
    for (attribute, what) in on.chain(parameters.map(|attribute| (attribute, "a parameter of "))) {
        if cfgs(attribute).is_empty() {
            continue;
        }
        let message = format!(
            "`#[cfg]` can't stand on {what}`{}`, as the attribute reads the block before it is decided: put it on the whole block, or \
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

/// A reference to self, and whether it is exclusive.
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
    match (&signature.output, spec.returns()) {
        (ReturnType::Default, Some((wanted, what))) => {
            let message = format!("`{name}` returns {what}: write `-> {wanted}`, or `-> Result<{wanted}>`");
            report.error_at(signature.paren_token.span.close(), message);
        }
        (ReturnType::Type(_, ty), Some((wanted, what))) if is_unit(ty) => {
            report.error(
                ty,
                format_args!("`{name}` returns {what}: `{wanted}`, or `Result<{wanted}>`"),
            );
        }
        (ReturnType::Type(_, ty), _) if matches!(bare_type(ty), Type::ImplTrait(_)) => {
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

fn parameters(spec: &'static Spec, signature: &Signature, options: &Options, report: &mut Report) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for argument in &signature.inputs {
        let FnArg::Typed(argument) = argument else { continue };
        if let Some(by_value) = parameters::state(&argument.ty, options) {
            match state(spec, argument, by_value, &parameters) {
                Ok(parameter) => parameters.push(parameter),
                Err(message) => report.error(argument, message),
            }
            continue;
        }
        let role = parameters::role(spec, &argument.ty)
            .filter(|&role| role != Role::Frame || parameters::is_frame(&argument.ty, options));
        let Some(role) = role else {
            // It may be the state.
            if options.refused.contains(&"state") {
                continue;
            }
            let message = unplaceable(spec, signature, argument, options);
            report.error(argument, message);
            continue;
        };
        if let Some(earlier) = parameters.iter().find(|earlier| earlier.role == role) {
            // One of them was meant as the connection's handle.
            let [this, other] = [&*argument.ty, &earlier.ty].map(|ty| Some(ty).filter(|ty| parameters::is_peer(ty)));
            if let Some(peer) = this.xor(other) {
                report.error(peer, elsewhere::peer(spec, signature, "peer", peer));
                continue;
            }
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
        let kept = match role {
            Role::Session | Role::FrozenSession => Some(("session", parameters::lent(&argument.ty))),
            Role::OwnedSession => Some(("session", &*argument.ty)),
            Role::Message => Some(("message", &*argument.ty)),
            _ => None,
        };
        if let Some((what, ty)) = kept {
            owned::check_kept(what, ty, signature, report);
        }
        parameters.push(Parameter {
            role,
            ty: (*argument.ty).clone(),
            name: name(argument),
        });
    }
    parameters
}

/// Reads the parameter that is the protocol's state.
fn state(spec: &Spec, argument: &PatType, by_value: bool, earlier: &[Parameter]) -> Result<Parameter, String> {
    let (callback, ty) = (spec.name, text(parameters::lent(&argument.ty)));
    if spec.kind == Kind::Thaw {
        return Err(format!(
            "`{ty}` can't stand in `thaw`: the state goes over beside the session, and `taken_over` takes it"
        ));
    }
    if !spec.is_of_a_connection() {
        return Err(format!(
            "`{ty}` can't stand in `{callback}`: it is the state of a connection, and `{callback}` is about none"
        ));
    }
    if !by_value {
        return Err(format!(
            "the state comes by value, as `{ty}`: an action changes it, `reply(…).next({ty}::…)`, or `socket.set_state(…)`"
        ));
    }
    if earlier.iter().any(|parameter| parameter.role == Role::State) {
        return Err(format!("`{callback}` takes the state once"));
    }
    Ok(Parameter {
        role: Role::State,
        ty: (*argument.ty).clone(),
        name: name(argument),
    })
}

fn name(argument: &PatType) -> Option<Ident> {
    match &*argument.pat {
        Pat::Ident(pattern) => Some(pattern.ident.clone()),
        _ => None,
    }
}

/// Describes what is wrong with a parameter, and which ones are possible.
fn unplaceable(spec: &Spec, signature: &Signature, argument: &PatType, options: &Options) -> String {
    let (name, written) = (spec.name, text(&argument.ty));
    let codec = options.codec();
    let otherwise = parameters::intended(&argument.ty).filter(|&role| spec.can_take(role));
    if let Some(role) = otherwise {
        return format!("`{name}` takes {}, not `{written}`", role.description());
    }
    if parameters::is_peer(&argument.ty) {
        let peer = self::name(argument).map_or_else(|| "peer".to_owned(), |name| name.to_string());
        return elsewhere::peer(spec, signature, &peer, &argument.ty);
    }
    if let Some(codec) =
        codec.filter(|_| spec.kind == Kind::HandleCall && matches!(bare_type(&argument.ty), Type::Reference(_)))
    {
        let codec = text(codec);
        return format!(
            "`{written}` is not how a frame comes under `packet = {codec}`: it is what the codec's `Decoder` makes of the bytes, and \
             comes by value, as `<{codec} as Decoder>::Item`"
        );
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
    let is_a_session = parameters::intended(&argument.ty).is_none();
    if spec.kind == Kind::Freeze && is_a_session && !matches!(bare_type(&argument.ty), Type::Reference(_)) {
        return format!(
            "`freeze` only looks at the session, which goes on being used if the new program doesn't take it: `&{written}`, not \
             `{written}`"
        );
    }
    let elsewhere = parameters::intended(&argument.ty)
        .map(elsewhere::known)
        .unwrap_or_default();
    let state = match &options.state {
        _ if !elsewhere.is_empty() || !may_be_a_state(spec, &argument.ty) => String::new(),
        None => {
            format!(
                "; if `{written}` has the protocol's states, write `state = {written}` into the attribute's parentheses"
            )
        }
        Some(states) => format!(
            "; if it is the state, write `{}` here, as the option `state` says, or `state = {written}` there",
            text(states)
        ),
    };
    format!(
        "`{written}` can't stand in `{name}`, which takes {}{elsewhere}{state}",
        spec.parameters()
    )
}

/// Tells whether a type looks like the enum of the states, for which the option is missing.
fn may_be_a_state(spec: &Spec, ty: &Type) -> bool {
    let of_a_connection = spec.is_of_a_connection() && spec.kind != Kind::Thaw;
    let Type::Path(path) = bare_type(ty) else { return false };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    of_a_connection && last.arguments.is_empty() && last.ident.to_string().starts_with(char::is_uppercase)
}
