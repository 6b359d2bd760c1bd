//! Describes an arm for the list of the protocol: its name, its pattern as it is written, its
//! documents.

use kai_tcp_server_spec::words::{self, Word};
use quote::ToTokens as _;
use syn::{Arm, Expr, Lit, Meta, Pat, Stmt};

use crate::syntax::{bare_expr, word};
use crate::table::model::Case;
use crate::table::shape::Shape;
use crate::table::site;
use crate::table::written::part;

/// Removes and returns the doc comment of an arm, where Rust allows none.
pub(super) fn docs(arm: &mut Arm) -> Vec<String> {
    let mut docs = Vec::new();
    arm.attrs.retain(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return true;
        };
        if !meta.path.is_ident("doc") {
            return true;
        }
        if let Expr::Lit(literal) = &meta.value
            && let Lit::Str(line) = &literal.lit
        {
            docs.extend(line.value().split('\n').map(|line| line.trim().to_owned()));
        }
        false
    });
    docs
}

/// Returns the first word of an arm's literal text.
pub(super) fn name(cases: &[Case]) -> Option<String> {
    let head = match &cases.first()?.shape {
        Shape::Template(template) => template.head(),
        Shape::Bytes(bytes) => bytes,
        _ => return None,
    };
    let word = head.split(u8::is_ascii_whitespace).find(|word| !word.is_empty())?;
    word.iter()
        .all(u8::is_ascii_graphic)
        .then(|| String::from_utf8_lossy(word).into_owned())
}

/// Formats the pattern as people write it.
pub(super) fn written(pattern: &Pat) -> String {
    match site::cases(pattern)[..] {
        [one] if matches!(pattern, Pat::Lit(_)) => match crate::table::shape::string(one) {
            Some(template) => template.value(),
            None => one.to_token_stream().to_string(),
        },
        _ => part(pattern),
    }
}

/// Returns the action word that a body evidently ends in.
pub(super) fn action(body: &Expr) -> Option<&'static Word> {
    let named = |expr| words::find(&word(expr)?);
    match bare_expr(body) {
        Expr::Call(call) => match &call.args.first() {
            Some(Expr::Call(_) | Expr::Path(_)) if word(&call.func).as_deref() == Some("Ok") => {
                action(call.args.first()?)
            }
            _ => named(&call.func),
        },
        Expr::MethodCall(call) if call.method == "next" && call.args.len() == 1 => action(&call.receiver),
        Expr::Block(block) => match block.block.stmts.last()? {
            Stmt::Expr(last, None) => action(last),
            _ => None,
        },
        expr => named(expr),
    }
}
