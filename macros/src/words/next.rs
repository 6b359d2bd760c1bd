//! Makes the state in `reply(…).next(state)` one of the server's own enum. `Action::next` takes a
//! state of any, as it doesn't know the server.
//!
//! Only what is surely an action's `next` is changed: behind an action word, `Action::…`, or a fn of
//! the block that returns an action; and `set_state` of a parameter that is the socket.

use proc_macro2::{Ident, Span};
use quote::{ToTokens as _, quote_spanned};
use syn::visit_mut::{self, VisitMut as _};
use syn::{Expr, ExprMethodCall, FnArg, ImplItem, ImplItemFn, ItemImpl, Pat, Path, ReturnType, Signature, TypePath};

use kai_tcp_server_spec::words;

use crate::options::Options;
use crate::report::Report;
use crate::syntax::walk::Walk;
use crate::syntax::{Ends, bare_expr, last_segment, mentions, parent, word};

/// Changes every such state of the block. Reports the first one, if the server has no states.
pub(crate) fn rewrite(block: &mut ItemImpl, options: &Options, report: &mut Report) {
    let acting = acting(block);
    for item in &mut block.items {
        let ImplItem::Fn(ImplItemFn { sig, block, .. }) = item else {
            continue;
        };
        let mut nexts = Nexts {
            krate: &options.krate,
            states: options.state.as_ref(),
            acting: &acting,
            sockets: sockets(sig),
            stateless: None,
        };
        nexts.walk().visit_block_mut(block);
        // A wrong parameter or option may be the cause, and is said then.
        if let Some(state) = nexts.stateless.filter(|_| report.len() == 0) {
            report.error(&state, without_states(&state));
        }
    }
}

/// Returns the names of the block's fns that return an action.
pub(crate) fn acting(block: &ItemImpl) -> Vec<String> {
    let fns = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(&function.sig),
        _ => None,
    });
    fns.filter(|sig| acts(sig)).map(|sig| sig.ident.to_string()).collect()
}

/// Returns whether a fn returns an action, or a `Result` of one.
pub(crate) fn acts(signature: &Signature) -> bool {
    match &signature.output {
        ReturnType::Type(_, ty) => mentions(ty.to_token_stream(), &["Action".to_owned()]),
        ReturnType::Default => false,
    }
}

/// Returns the parameters of a fn that are the socket.
pub(crate) fn sockets(signature: &Signature) -> Vec<Ident> {
    let sockets = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => match (&*argument.pat, &*argument.ty) {
            (Pat::Ident(name), syn::Type::Reference(reference))
                if last_segment(&reference.elem).is_some_and(|segment| segment.ident == "Socket") =>
            {
                Some(name.ident.clone())
            }
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    sockets.collect()
}

/// Describes the mistake that an action leads to a state of a server that has none.
fn without_states(state: &Expr) -> String {
    let states = match bare_expr(state) {
        Expr::Path(path) if path.path.segments.len() > 1 => parent(&path.path),
        _ => "Phase".to_owned(),
    };
    format!(
        "this server has no states: write `state = {states}` into the attribute's parentheses, with the enum that derives `ProtocolState`"
    )
}

struct Nexts<'n> {
    krate: &'n Path,
    /// The enum of the states, if the server has some.
    states: Option<&'n TypePath>,
    acting: &'n [String],
    sockets: Vec<Ident>,
    /// The first state that is named though there are none.
    stateless: Option<Expr>,
}

impl Nexts<'_> {
    fn is_a_state(&self, call: &ExprMethodCall) -> bool {
        if call.method == "set_state" {
            return word(&call.receiver).is_some_and(|name| self.sockets.iter().any(|socket| *socket == name));
        }
        call.method == "next" && self.is_action(&call.receiver)
    }

    /// Returns whether an expression is surely an action.
    fn is_action(&self, expr: &Expr) -> bool {
        match bare_expr(expr) {
            Expr::Call(call) => match bare_expr(&call.func) {
                Expr::Path(path) if path.qself.is_none() => {
                    let segments: Vec<String> = path
                        .path
                        .segments
                        .iter()
                        .map(|segment| segment.ident.to_string())
                        .collect();
                    match &segments[..] {
                        [name] => words::find(name).is_some(),
                        [.., ty, name] => ty == "Action" || (ty == "Self" && self.acting.contains(name)),
                        [] => false,
                    }
                }
                _ => false,
            },
            Expr::MethodCall(call) if call.method == "next" && call.args.len() == 1 => self.is_action(&call.receiver),
            Expr::MethodCall(call) => {
                word(&call.receiver).as_deref() == Some("self") && self.acting.contains(&call.method.to_string())
            }
            Expr::Await(waits) => self.is_action(&waits.base),
            Expr::Try(tried) => self.is_action(&tried.expr),
            expr => word(expr).is_some_and(|name| words::bare(&name).is_some()),
        }
    }
}

impl Walk for Nexts<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self.walk(), expr);
        if let Expr::MethodCall(call) = expr
            && call.args.len() == 1
            && self.is_a_state(call)
            && let Some(state) = call.args.first_mut()
        {
            let Some(states) = self.states else {
                self.stateless.get_or_insert_with(|| state.clone());
                return;
            };
            let at = Ends::of(&*state).generated();
            let name = Ident::new("state", Span::mixed_site().located_at(at.first));
            let krate = self.krate;
            let made = quote_spanned! {at.first=> {
                #[allow(unused_imports)]
                use #krate::__private::states::Unknown as _;
                let #name: #states = #state;
                #krate::__private::states::Known::<#states>::state(#name)
            }};
            *state = Expr::Verbatim(made);
        }
    }
}
