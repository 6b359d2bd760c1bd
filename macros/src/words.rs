//! The action words: `reply(data)`, `noreply`, `close`, `close(data)`.
//!
//! A name can't be both a value and a function, so a bare `close` or `noreply` becomes a call of a
//! hidden function, at the word's own span. A `use` in the body of each fn that needs the words
//! imports them there, so that they conflict with no other name. It leaves out a word that is the
//! name of a parameter, because the `use` would hide the parameter.
//!
//! `close` and `noreply` can't be variables. `reply` can, because it is always called. It is
//! refused only if it is called where a variable of that name is surely not a function.

mod hiding;
pub(crate) mod next;

use kai_tcp_server_spec::words::{self, Word};
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut as _};
use syn::{
    Block, Expr, ExprCall, FieldValue, Generics, Ident, ImplItem, ImplItemFn, ItemImpl, Macro, PatIdent, Path, Stmt,
    Token, Type, TypePath, parse_quote,
};

use crate::options::Options;
use crate::report::Report;
use crate::syntax::walk::Walk;
use crate::syntax::{mentions, parameter_names, without_self};

/// Rewrites the words in every fn of the block.
pub(crate) fn rewrite(block: &mut ItemImpl, options: &Options, report: &mut Report) {
    next::rewrite(block, options, report);
    let import = |taken: &[Ident]| import(&block.generics, &block.self_ty, options, taken);
    for item in &mut block.items {
        let ImplItem::Fn(function) = item else { continue };
        let bound = bound(function, report);
        let taken = taken(function);
        let mut words = Words {
            bound,
            reply_is_taken: taken.iter().any(|name| name == "reply"),
            reply_is_hidden: false,
            said: false,
            krate: &options.krate,
            report,
        };
        if let Some(name) = hiding::by_a_parameter(function) {
            words.hidden_by(&name);
        }
        words.walk().visit_block_mut(&mut function.block);
        if words.said {
            function.block.stmts.insert(0, import(&taken));
        }
    }
}

/// Makes the `use` that imports the words into a fn, except those that are taken. Under a codec the
/// words are local fns that know the codec, because the type that it encodes is decided at their
/// call.
fn import(generics: &Generics, ty: &Type, options: &Options, taken: &[Ident]) -> Stmt {
    let krate = &options.krate;
    let name = |name| Ident::new(name, Span::call_site());
    let is_known = |codec: &TypePath| !mentions(codec.to_token_stream(), &parameter_names(generics));
    let names = if taken.is_empty() {
        None
    } else {
        let left = words::functions().filter(|name| taken.iter().all(|taken| taken != name));
        let left = left.map(name);
        Some(quote!({#(#left),*}))
    };
    // If the crate isn't found, rustc reports each use of a name from a glob, but not of a name
    // that is imported by itself. The hidden functions are imported by name, because no user has
    // such names.
    let bare = words::WORDS.iter().filter_map(|word| word.bare).map(name);
    let all = names.clone().unwrap_or_else(|| quote!({#(#bare,)* *}));
    match options.codec() {
        // It was reported, so the types that can be sent are unknown.
        codec if options.packet_is_wrong || !codec.is_none_or(is_known) => {
            parse_quote! { #[allow(unused_imports)] use #krate::__private::any_words::#all; }
        }
        None => parse_quote! { #[allow(unused_imports)] use #krate::__private::words::#all; },
        Some(codec) => {
            let codec = without_self(codec, ty);
            parse_quote! { #krate::__private::codec_words! { #codec #names } }
        }
    }
}

/// Returns the words that a fn's parameters bind.
fn taken(function: &mut ImplItemFn) -> Vec<Ident> {
    struct Names(Vec<Ident>);

    impl Walk for Names {
        fn walk(&mut self) -> &mut dyn Walk {
            self
        }

        fn pat_ident(&mut self, pattern: &mut PatIdent) {
            let name = &pattern.ident;
            if words::find(&name.to_string()).is_some() {
                self.0.push(name.clone());
            }
            visit_mut::visit_pat_ident_mut(self.walk(), pattern);
        }
    }

    let mut names = Names(Vec::new());
    names.walk().visit_signature_mut(&mut function.sig);
    names.0
}

/// Reports the words that a fn binds. The fn continues with its own binding, so no further errors
/// follow.
fn bound(function: &mut ImplItemFn, report: &mut Report) -> Vec<&'static Word> {
    struct Bindings<'r>(&'r mut Report, Vec<&'static Word>);

    impl Walk for Bindings<'_> {
        fn walk(&mut self) -> &mut dyn Walk {
            self
        }

        fn pat_ident(&mut self, pattern: &mut PatIdent) {
            if let Some(word) = bare(&pattern.ident) {
                let name = word.name;
                let message = format!("`{name}` is an action here, so it can't be a variable: choose another name");
                self.0.error(&pattern.ident, message);
                self.1.push(word);
            }
            visit_mut::visit_pat_ident_mut(self.walk(), pattern);
        }
    }

    let mut bindings = Bindings(report, Vec::new());
    bindings.walk().visit_impl_item_fn_mut(function);
    bindings.1
}

/// Returns the action word of this name, if it can be bare.
fn bare(ident: &Ident) -> Option<&'static Word> {
    words::bare(&ident.to_string())
}

/// Returns the function that a bare word becomes a call of, at the word's own span.
fn hidden(word: &Ident) -> Option<Ident> {
    bare(word)?.bare.map(|name| Ident::new(name, word.span()))
}

/// Returns the call that replaces a bare word.
fn call(word: &Ident) -> TokenStream {
    let function = hidden(word);
    let mut parentheses = Group::new(Delimiter::Parenthesis, TokenStream::new());
    parentheses.set_span(word.span());
    quote!(#function #parentheses)
}

struct Words<'r> {
    bound: Vec<&'static Word>,
    /// Whether `reply` is a parameter.
    reply_is_taken: bool,
    /// Whether `reply` is a variable here that was reported, so that its calls aren't reported,
    /// too.
    reply_is_hidden: bool,
    /// Whether the fn uses any word.
    said: bool,
    krate: &'r Path,
    report: &'r mut Report,
}

impl Words<'_> {
    fn hidden_by(&mut self, name: &Ident) {
        let message = "`reply` is an action here and called as one, so it can't be a variable: choose another name";
        self.report.error(name, message);
        self.reply_is_hidden = true;
    }

    fn bare<'i>(&mut self, expr: &'i Expr) -> Option<&'i Ident> {
        let Expr::Path(path) = expr else { return None };
        let ident = path.path.get_ident().filter(|_| path.qself.is_none())?;
        self.is_bare(ident).then_some(ident)
    }

    fn is_bare(&self, ident: &Ident) -> bool {
        bare(ident).is_some_and(|word| !self.bound.contains(&word))
    }

    fn is_word(&self, ident: &Ident) -> bool {
        (ident == "reply" && !self.reply_is_taken) || self.is_bare(ident)
    }

    /// Handles a word that is called: `reply(data)`, `close(data)`. A call without data is meant as
    /// the bare word.
    fn called(&mut self, call: &mut ExprCall) -> bool {
        let Expr::Path(function) = &*call.func else {
            return false;
        };
        if self.reply_is_hidden && function.path.is_ident("reply") {
            let krate = self.krate;
            *call.func = parse_quote!(#krate::__private::any_words::reply);
            return true;
        }
        let Some(word) = function.path.get_ident().cloned().filter(|word| self.is_word(word)) else {
            return false;
        };
        self.said = true;
        let takes_data = words::find(&word.to_string()).is_some_and(|word| word.takes_data);
        if let Some(hidden) = hidden(&word)
            && (!takes_data || call.args.is_empty())
        {
            let message = if call.args.is_empty() {
                format!("`{word}` is written without parentheses, as it sends nothing")
            } else {
                format!("`{word}` sends nothing: `reply(…)` sends what stands between its parentheses")
            };
            self.report.error(&*call, message);
            *call.func = parse_quote!(#hidden);
            call.args.clear();
        }
        true
    }

    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rewritten = TokenStream::new();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.tokens(group.stream()));
                    inner.set_span(group.span());
                    rewritten.extend([TokenTree::Group(inner)]);
                }
                TokenTree::Ident(word) if self.is_word(word) => {
                    self.said = true;
                    let value = self.is_bare(word) && is_value(&tokens[..at], &tokens[at + 1..]);
                    rewritten.extend(if value { call(word) } else { token.clone().into() });
                }
                token => rewritten.extend([token.clone()]),
            }
        }
        rewritten
    }
}

/// Returns whether a word between these tokens is a value: not a method, a path, a field, a call, a
/// binding or a pattern.
fn is_value(before: &[TokenTree], after: &[TokenTree]) -> bool {
    let introduces = match before {
        [.., TokenTree::Punct(colon), TokenTree::Punct(last)] if last.as_char() == ':' => {
            colon.as_char() == ':' && colon.spacing() == Spacing::Joint
        }
        [.., TokenTree::Punct(last)] => matches!(last.as_char(), '.' | '$' | '#' | '\'' | '@'),
        [.., TokenTree::Ident(keyword)] => ["fn", "let", "mut", "ref", "use", "mod", "as", "static", "const"]
            .iter()
            .any(|word| keyword == word),
        _ => false,
    };
    let continues = match after {
        [TokenTree::Punct(next), ..] => matches!(next.as_char(), ':' | '!' | '=' | '|' | '@'),
        [TokenTree::Group(next), ..] => next.delimiter() == Delimiter::Parenthesis,
        _ => false,
    };
    !introduces && !continues
}

impl Walk for Words<'_> {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn expr(&mut self, expr: &mut Expr) {
        if let Some(word) = self.bare(expr) {
            self.said = true;
            *expr = Expr::Verbatim(call(word));
            return;
        }
        if let Expr::Path(path) = expr {
            self.said |= path.path.is_ident("reply") && !self.reply_is_taken;
        }
        if let Expr::Call(call) = expr
            && self.called(call)
        {
            return call.args.iter_mut().for_each(|argument| self.expr(argument));
        }
        visit_mut::visit_expr_mut(self.walk(), expr);
    }

    fn block(&mut self, block: &mut Block) {
        let before = self.reply_is_hidden;
        for at in 0..block.stmts.len() {
            let (seen, rest) = block.stmts.split_at_mut(at + 1);
            let Some(statement) = seen.last_mut() else { continue };
            self.stmt(statement);
            if let Some(name) =
                hiding::by_a_variable(statement).filter(|_| !self.reply_is_hidden && hiding::is_called(rest))
            {
                self.hidden_by(name);
            }
        }
        self.reply_is_hidden = before;
    }

    fn field_value(&mut self, field: &mut FieldValue) {
        if field.colon_token.is_none() && self.bare(&field.expr).is_some() {
            field.colon_token = Some(Token![:](Span::call_site()));
        }
        visit_mut::visit_field_value_mut(self.walk(), field);
    }

    fn macro_call(&mut self, call: &mut Macro) {
        call.tokens = self.tokens(std::mem::take(&mut call.tokens));
    }
}
