//! The checks between callbacks, and of callbacks against options.

pub(crate) mod awaited;
pub(crate) mod handover;

use quote::ToTokens as _;
use syn::{ImplItem, ItemImpl, Type};

use crate::model::block::succeeded;
use crate::model::callbacks::Kind;
use crate::model::roles::{Frame, Role};
use crate::model::{Callback, Server};
use crate::options::{Active, Options, Value};
use crate::report::Report;
use crate::syntax::{alike, bare_type, is_unit, last_segment, mentions, parameter_names, text};

/// The constants that the attribute makes.
pub(crate) const CONSTANTS: [&str; 2] = ["OPTIONS", "PROTOCOL"];

/// Checks that the callbacks agree with each other.
pub(crate) fn callbacks(server: &Server, block: &ItemImpl, report: &mut Report) {
    if server.callback(Kind::HandleCall).is_none() && !is_missed(server, Kind::HandleCall) {
        report.error(
            &block.self_ty,
            "`handle_call` is missing in this block: `fn handle_call(&self, data: &[u8]) -> Action`; it is what the server does \
             with a frame",
        );
    }
    for item in &block.items {
        if let ImplItem::Const(constant) = item
            && let Some(name) = CONSTANTS.into_iter().find(|name| constant.ident == name)
        {
            let message = format!("`{name}` is the constant that the attribute makes: choose another name");
            report.error(&constant.ident, message);
        }
    }
    greeting(server, report);
    sessions(server, report);
    messages(server, report);
}

/// Returns whether a fn was meant as this callback, and has another name.
fn is_missed(server: &Server, kind: Kind) -> bool {
    server.missed.iter().any(|missed| missed.spec.kind == kind)
}

/// Checks that a codec names no parameter of the block: the expansion names it beside the block,
/// too, where those aren't known.
pub(crate) fn codec(block: &ItemImpl, options: &Options, report: &mut Report) {
    if let Some(codec) = options.codec()
        && mentions(codec.to_token_stream(), &parameter_names(&block.generics))
    {
        let message = format!(
            "`{}` depends on a parameter of this block, and a codec can't: make it a type of its own, without parameters of the \
             server's",
            text(codec)
        );
        report.error(codec, message);
    }
}

/// Checks that the packet mode has the frames that `handle_call` takes.
pub(crate) fn frame(server: &Server, options: &Options, report: &mut Report) {
    let (Frame::Http, Some(parameter)) = server.frame() else {
        return;
    };
    if options.packet().is_some_and(|packet| !packet.is_lines()) {
        let message = format!(
            "`{}` is what a line of HTTP says: write `packet = http`, or `packet = httph` for headers alone, or take the frame as \
             `&[u8]`, `&str` or `Bytes`",
            text(&parameter.ty)
        );
        report.error(&parameter.ty, message);
    }
}

/// Reports a return value of `connected` that isn't a session but a greeting, which should be sent
/// to the peer.
fn greeting(server: &Server, report: &mut Report) {
    let connected = server.callback(Kind::Connected);
    let Some(returned) = connected.and_then(Callback::returned).and_then(succeeded) else {
        return;
    };
    let taken = || server.callbacks.iter().filter_map(Callback::session);
    let is_action = last_segment(returned).is_some_and(|segment| segment.ident == "Action")
        && !taken().any(|ty| alike(ty, returned));
    let is_borrowed = matches!(bare_type(returned), Type::Reference(reference) if reference.lifetime.as_ref().is_none_or(|l| l.ident != "static"));
    if is_action || is_borrowed {
        let message = format!(
            "`connected` returns the session, one connection's own state, which `{}` can't be: to greet write `async fn connected(&self, socket: \
             &mut Socket) -> Result` and in it `socket.send(…).await`",
            text(returned)
        );
        report.error(returned, message);
    }
}

fn sessions(server: &Server, report: &mut Report) {
    let Some(session) = &server.session else {
        return;
    };
    let session = text(session);
    for (kind, way_out) in [
        (Kind::Connected, format!("`-> {session}`, or leave `connected` out")),
        (Kind::Thaw, format!("`-> {session}`, or `-> Result<{session}>`")),
    ] {
        let Some(callback) = server.callback(kind) else {
            continue;
        };
        let message = format!("`{}` returns the session: write {way_out}", callback.spec.name);
        match callback.returned() {
            None => report.error_at(callback.span, message),
            Some(nothing) if is_unit(nothing) => report.error(nothing, message),
            Some(_) => {}
        }
    }
}

fn messages(server: &Server, report: &mut Report) {
    if let (Some(info), None) = (server.callback(Kind::HandleInfo), &server.message) {
        report.error_at(
            info.span,
            "`handle_info` takes a message: `fn handle_info(&self, message: M) -> Action`",
        );
    }
    for kind in [Kind::Connected, Kind::TakenOver] {
        if let Some(callback) = server.callback(kind) {
            peer(server, callback, report);
        }
    }
}

/// Checks the messages of the peer that a callback takes.
fn peer(server: &Server, callback: &Callback, report: &mut Report) {
    let (peer, sent) = (callback.parameter(Role::Peer), callback.peers_message());
    match (server.callback(Kind::HandleInfo), &server.message) {
        (None, _) => {
            if let Some(sent) = sent.filter(|sent| !is_infallible(sent)) {
                let message = format!(
                    "nothing takes these messages: add `fn handle_info(&self, message: {}) -> Action`, or take a `Peer` alone",
                    text(sent)
                );
                report.error(sent, message);
            }
        }
        (Some(_), None) => {}
        (Some(_), Some(message)) => match (peer, sent) {
            (Some(peer), None) => {
                report.error(
                    &peer.ty,
                    format_args!(
                        "this handle sends no messages: write `Peer<{0}>`, as `handle_info` takes `{0}`",
                        text(message)
                    ),
                );
            }
            (_, Some(sent)) if !alike(sent, message) => {
                report.error(
                    sent,
                    format_args!("`handle_info` takes `{0}`, so this is `Peer<{0}>`", text(message)),
                );
            }
            _ => {}
        },
    }
}

/// Checks that a server that takes a limited number of frames can become active again.
pub(crate) fn goes_on(server: &Server, options: &Options, report: &mut Report) {
    let (value, frames) = match options.get("active") {
        Some(Value::Active(Active::Once(value))) => (value, "one frame"),
        Some(Value::Active(Active::Count(value))) => (value, "so many frames"),
        _ => return,
    };
    let told = [Kind::HandleInfo, Kind::Passive].map(|kind| server.callback(kind));
    if sets_active(server) || told.iter().any(Option::is_some) {
        return;
    }
    let message = format!(
        "after {frames} this server would be deaf, as nothing makes it active again: leave `active` out, and frame after frame \
         is taken; or call `set_active`, by a `&mut Socket` in `handle_call`, or, for a count, in `passive`"
    );
    report.error(value, message);
}

/// Checks that a `passive` can be called at all.
pub(crate) fn passive_is_called(server: &Server, options: &Options, report: &mut Report) {
    let Some(passive) = server.callback(Kind::Passive) else {
        return;
    };
    let why = match options.get("active") {
        Some(Value::Active(Active::Count(_))) => return,
        _ if sets_active(server) => return,
        Some(Value::Active(Active::Once(_))) => "under `once` the frame itself tells: write `active = 1`",
        _ => {
            "it tells that a count of frames has run out, and here none is set: write `active = N`, or call `set_active` in a \
             callback that takes `&mut Socket`"
        }
    };
    report.error_at(passive.span, format_args!("`passive` is never called: {why}"));
}

/// Returns whether a callback has a socket, and so can set how frames are taken. `passive` is too
/// late for the first time, `stopping` for any time, and `taken_over` may never be called.
fn sets_active(server: &Server) -> bool {
    let mut others = server
        .callbacks
        .iter()
        .filter(|callback| !matches!(callback.spec.kind, Kind::Passive | Kind::Stopping | Kind::TakenOver));
    others.any(|callback| callback.parameter(Role::Socket).is_some())
}

fn is_infallible(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Infallible")
}
