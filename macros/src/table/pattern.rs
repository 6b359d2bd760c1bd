//! Converts the pattern of an arm to a Rust pattern and conditions.
//!
//! Longer than other files, as one type converts each form of a pattern by itself.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut as _};
use syn::{Lit, LitStr, Pat, PatIdent, PatLit, PatMacro, PatOr, PatTuple, Path};

use crate::bits;
use crate::report::Report;
use crate::syntax::walk::Walk;
use crate::syntax::{Ends, text};
use crate::table::frame::Frame;
use crate::table::lower::Lower;
use crate::table::model::{Beside, Case};
use crate::table::shape::{Name, Shape, may_be_constant, string};
use crate::table::site::{Data, Mode, Place, is_of_bytes, position_of};
use crate::table::state::{self, States};
use crate::table::template::{self, Piece};
use crate::table::written::part;

/// A Rust pattern with its conditions.
pub(crate) struct Converted {
    pub(crate) pattern: TokenStream,
    /// The conditions, which `&&` joins.
    pub(crate) conditions: Vec<TokenStream>,
}

/// The state of a conversion.
pub(crate) struct Convert<'c> {
    pub(crate) krate: &'c Path,
    pub(crate) ignore_case: bool,
    /// The data parameter, whose name can't be a constant's.
    pub(crate) data: Option<&'c Data>,
    pub(crate) report: &'c mut Report,
    /// True if frames are values of their own, which rustc alone knows.
    pub(crate) is_typed: bool,
    /// The state, if it is in the tuple, and its position.
    pub(crate) state: Option<(&'c state::Parameter, usize)>,
    /// The states of the alternative that is read.
    pub(crate) states: States,
    /// The alternatives, with what each matches.
    pub(crate) cases: Vec<Case>,
    /// The forms of their frames.
    pub(crate) frames: Vec<Frame>,
}

/// The pattern of one position, for the pair of the whole and the bytes: one pattern for each, or a
/// variable for both.
struct Parts {
    /// A pattern for the whole, which a name binds.
    whole: Option<TokenStream>,
    /// A pattern for the bytes.
    bytes: Option<TokenStream>,
    /// A variable for both.
    both: Option<Ident>,
    conditions: Vec<TokenStream>,
    names: Names,
}

/// The names that a pattern binds, in order.
#[derive(Clone, Default)]
struct Names {
    variables: Vec<Ident>,
    /// The names that may be constants; rustc knows.
    perhaps: Vec<Ident>,
}

impl Names {
    fn variables(variables: Vec<Ident>) -> Self {
        Names {
            variables,
            perhaps: Vec::new(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Ident> {
        self.variables.iter().chain(&self.perhaps)
    }

    fn find(&self, name: &Ident) -> Option<&Ident> {
        self.all().find(|own| *own == name)
    }
}

impl Parts {
    fn whole(pattern: impl ToTokens, names: Names) -> Self {
        Parts {
            whole: Some(pattern.to_token_stream()),
            bytes: None,
            both: None,
            conditions: Vec::new(),
            names,
        }
    }

    fn bytes(pattern: impl ToTokens, conditions: Vec<TokenStream>, names: Names) -> Self {
        Parts {
            whole: None,
            bytes: Some(pattern.to_token_stream()),
            both: None,
            conditions,
            names,
        }
    }

    fn pattern(&self, mode: Mode) -> TokenStream {
        let wild = || quote!(_);
        match (&self.both, &self.whole, &self.bytes, mode) {
            (Some(both), ..) => both.to_token_stream(),
            (None, None, None, _) => wild(),
            (None, whole, bytes, Mode::Pair) => {
                // rustc shows errors about the pair at its pattern.
                let span = Ends::of(bytes.as_ref().or(whole.as_ref())).first;
                let whole = whole.clone().unwrap_or_else(wild);
                let bytes = bytes.clone().unwrap_or_else(wild);
                quote_spanned!(span=> (#whole, #bytes))
            }
            (None, Some(whole), None, _) => whole.clone(),
            (None, None, Some(bytes), _) => bytes.clone(),
            (None, Some(whole), Some(bytes), _) => quote!(#whole @ (#bytes)),
        }
    }
}

impl Convert<'_> {
    /// Converts the pattern of an arm, without its guard. Returns `None` after a mistake.
    pub(crate) fn arm(&mut self, pattern: &Pat, place: &Place, length: usize) -> Option<Converted> {
        match place {
            Place::Whole(mode) => {
                let parts = self.position(pattern, *mode, 0, &[])?;
                Some(Converted {
                    pattern: parts.pattern(*mode),
                    conditions: parts.conditions,
                })
            }
            Place::Tuple(positions) => self.tuple(pattern, positions, length),
        }
    }

    fn tuple(&mut self, pattern: &Pat, positions: &[(usize, Mode)], length: usize) -> Option<Converted> {
        match pattern {
            Pat::Paren(paren) => self.tuple(&paren.pat, positions, length),
            Pat::Tuple(tuple) => self.elements(tuple, positions, length),
            Pat::Or(either) => self.tuples(either, positions, length),
            Pat::Ident(PatIdent {
                attrs: _,
                by_ref,
                mutability,
                ident,
                subpat: Some((at, inner)),
            }) => {
                let Converted { pattern, conditions } = self.tuple(inner, positions, length)?;
                let pattern = quote!(#by_ref #mutability #ident #at (#pattern));
                Some(Converted { pattern, conditions })
            }
            other => {
                let shape = match self.shape(other) {
                    Shape::Anything => Shape::Anything,
                    _ => Shape::Unknown,
                };
                let frame = self.frame(other, &self.shape(other));
                self.case(other.span(), shape, frame, &[]);
                Some(Converted {
                    pattern: other.to_token_stream(),
                    conditions: Vec::new(),
                })
            }
        }
    }

    fn elements(&mut self, tuple: &PatTuple, positions: &[(usize, Mode)], length: usize) -> Option<Converted> {
        let rest = tuple.elems.iter().position(|element| matches!(element, Pat::Rest(_)));
        let count = tuple.elems.len();
        let mut mode_of: Vec<Option<Mode>> = Vec::new();
        for index in 0..count {
            let at = position_of(count, rest, index, length);
            let found = positions.iter().find(|(position, _)| *position == at);
            mode_of.push(found.map(|&(_, mode)| mode).filter(|_| Some(index) != rest));
        }
        let is_state = |index| {
            let is_there = Some(index) != rest;
            self.state
                .filter(|&(_, at)| is_there && position_of(count, rest, index, length) == at)
                .map(|(parameter, _)| parameter)
        };
        let state = (0..count).find_map(|index| Some((index, is_state(index)?)));
        let outer = self.states.clone();
        if let Some((index, parameter)) = state {
            self.states = parameter.read(&tuple.elems[index]).within(&outer);
        }
        let beside: Vec<Beside> = tuple
            .elems
            .iter()
            .zip(&mode_of)
            .enumerate()
            .filter(|(_, (_, mode))| mode.is_none() || positions.len() > 1)
            .map(|(index, (element, _))| match state {
                Some((at, _)) if at == index => Beside::Anything,
                _ => self.beside(element),
            })
            .collect();
        let known = self.cases.len();
        let mut patterns = Vec::new();
        let mut conditions = Vec::new();
        for (index, (element, mode)) in tuple.elems.iter().zip(mode_of).enumerate() {
            match mode {
                Some(mode) => {
                    let parts = self.position(element, mode, index, &beside)?;
                    patterns.push(parts.pattern(mode));
                    conditions.extend(parts.conditions);
                }
                None => patterns.push(element.to_token_stream()),
            }
        }
        if self.cases.len() == known {
            // A `..` stands for the frame.
            self.case(tuple.span(), Shape::Unknown, Frame::Rest, &beside);
        }
        self.states = outer;
        let pattern = match &patterns[..] {
            [one] => quote!((#one,)),
            patterns => quote!((#(#patterns),*)),
        };
        Some(Converted { pattern, conditions })
    }

    fn tuples(&mut self, either: &PatOr, positions: &[(usize, Mode)], length: usize) -> Option<Converted> {
        let mut patterns = Vec::new();
        for case in &either.cases {
            let Converted { pattern, conditions } = self.tuple(case, positions, length)?;
            if !conditions.is_empty() {
                self.report.error(
                    case,
                    "a template that captures can't stand in one of several tuples: write an arm for each, or the alternatives \
                     inside of the tuple, like `(State::Open, \"get {key}\" | \"fetch {key}\")`",
                );
                return None;
            }
            patterns.push(pattern);
        }
        Some(Converted {
            pattern: quote!(#(#patterns)|*),
            conditions: Vec::new(),
        })
    }

    /// Converts the pattern of bytes.
    fn position(&mut self, pattern: &Pat, mode: Mode, at: usize, beside: &[Beside]) -> Option<Parts> {
        if let Some(literal) = string(pattern).filter(|_| mode != Mode::AsIs) {
            return self.template(literal, at, beside);
        }
        match pattern {
            Pat::Macro(call) if bits::is_layout(call) => self.bits(call, at, beside),
            Pat::Paren(paren) => self.position(&paren.pat, mode, at, beside),
            Pat::Or(either) => self.alternatives(either, mode, at, beside),
            Pat::Ident(PatIdent {
                subpat: Some((_, inner)),
                ..
            }) if mode != Mode::AsIs => self.named(pattern, inner, mode, at, beside),
            pattern => {
                if let Some(written) = template_as_bytes(pattern) {
                    let message = format!(
                        "`{written}` is no template, but the bytes that it says, braces and all: write `{}`, or, if it is meant so, `\\x7b` for \
                         the `{{`",
                        &written[1..]
                    );
                    self.report.warning(pattern.span(), message);
                }
                let shape = self.shape(pattern);
                let frame = self.frame(pattern, &shape);
                self.case(pattern.span(), shape, frame, beside);
                Some(plain(pattern, mode))
            }
        }
    }

    fn template(&mut self, literal: &LitStr, at: usize, beside: &[Beside]) -> Option<Parts> {
        let span = literal.span();
        let template = match template::parse(&literal.value()) {
            Ok(template) => template,
            Err(mistakes) => {
                for mistake in mistakes {
                    self.report.error_at(span, mistake);
                }
                return None;
            }
        };
        let lower = Lower {
            krate: self.krate,
            span,
            ignore_case: self.ignore_case,
            rest: variable("__rest", at, span),
            taken: variable("__taken", at, span),
        };
        let code = lower.template(&template);
        let frame = Frame::of_template(&template, self.ignore_case);
        self.case(span, Shape::Template(template), frame, beside);
        let names = Names::variables(code.bindings);
        Some(Parts::bytes(code.pattern, code.conditions, names))
    }

    fn bits(&mut self, call: &PatMacro, at: usize, beside: &[Beside]) -> Option<Parts> {
        let span = call.span();
        let input = variable("__input", at, span);
        let lowered = bits::pattern(call.mac.tokens.clone(), span, &input, self.krate, self.report)?;
        let head = &lowered.head;
        let pattern = if lowered.exact {
            quote!([#(#head),*])
        } else if lowered.conditions.is_empty() {
            quote!([#(#head,)* ..])
        } else if head.is_empty() {
            quote!(#input)
        } else {
            quote!(#input @ [#(#head,)* ..])
        };
        let conditions = Some(lowered.conditions).filter(|conditions| !conditions.is_empty());
        let names = lowered.bindings.iter().cloned().zip(lowered.values);
        let names = names.map(|(ident, values)| Name { ident, values });
        let shape = Shape::Bits {
            head: lowered.head,
            exact: lowered.exact,
            min: lowered.min,
            max: lowered.max,
            complete: lowered.complete,
            names: names.collect(),
        };
        self.case(span, shape, Frame::Bits(lowered.fields), beside);
        Some(Parts::bytes(
            pattern,
            conditions.into_iter().collect(),
            Names {
                variables: Vec::new(),
                perhaps: lowered.bindings,
            },
        ))
    }

    /// Converts `name @ "…"`, where the name is the whole frame.
    fn named(&mut self, pattern: &Pat, inner: &Pat, mode: Mode, at: usize, beside: &[Beside]) -> Option<Parts> {
        let Pat::Ident(name) = pattern else { return None };
        let mut parts = self.position(inner, mode, at, beside)?;
        let PatIdent {
            by_ref,
            mutability,
            ident,
            ..
        } = name;
        let binding = quote!(#by_ref #mutability #ident);
        match (&parts.both, &parts.whole) {
            (Some(both), _) => {
                let value = if mode == Mode::Pair {
                    quote!(#both.0)
                } else {
                    quote!(#both)
                };
                parts
                    .conditions
                    .push(quote!(let ::core::option::Option::Some(#binding) = ::core::option::Option::Some(#value)));
            }
            (None, Some(whole)) => parts.whole = Some(quote!(#binding @ (#whole))),
            (None, None) => parts.whole = Some(binding),
        }
        parts.names.variables.push(ident.clone());
        Some(parts)
    }

    /// Converts alternatives. Those without conditions stay as they are; others are tried one after
    /// the other, and return their bindings.
    fn alternatives(&mut self, either: &PatOr, mode: Mode, at: usize, beside: &[Beside]) -> Option<Parts> {
        let mut cases = Vec::new();
        for case in &either.cases {
            cases.push((case, self.position(case, mode, at, beside)));
        }
        let cases: Vec<(&Pat, Parts)> = cases
            .into_iter()
            .map(|(case, parts)| parts.map(|parts| (case, parts)))
            .collect::<Option<_>>()?;
        let names = self.agree(&cases)?;
        let simple = |parts: &Parts| parts.conditions.is_empty() && parts.both.is_none();
        if cases.iter().all(|(_, parts)| simple(parts) && parts.whole.is_none()) {
            let patterns = cases.iter().map(|(_, parts)| &parts.bytes);
            return Some(Parts::bytes(quote!(#(#patterns)|*), Vec::new(), names));
        }
        if mode != Mode::Pair && cases.iter().all(|(_, parts)| simple(parts)) {
            let patterns = cases.iter().map(|(_, parts)| parts.pattern(mode));
            return Some(Parts::bytes(quote!(#(#patterns)|*), Vec::new(), names));
        }
        let frame = variable("__frame", at, either.span());
        // Passing a binding on isn't a use of it.
        let bindings: Vec<&Ident> = names.all().collect();
        let silenced = bindings.iter().any(|name| name.to_string().starts_with('_'));
        let allow = silenced.then(|| quote!(#[allow(clippy::used_underscore_binding)]));
        let tries = cases.iter().map(|(case, parts)| {
            let pattern = parts.pattern(mode);
            let conditions = join(&parts.conditions);
            let own = bindings.iter().map(|name| parts.names.find(name).unwrap_or(name));
            let span = case.span();
            quote_spanned!(span=> #allow #pattern #conditions => ::core::option::Option::Some((#(#own,)*)),)
        });
        let condition = quote! {
            let ::core::option::Option::Some((#(#bindings,)*)) = match #frame {
                #(#tries)*
                #[allow(unreachable_patterns)]
                _ => ::core::option::Option::None,
            }
        };
        Some(Parts {
            whole: None,
            bytes: None,
            both: Some(frame),
            conditions: vec![condition],
            names,
        })
    }

    /// Checks that all alternatives bind the same names. A name that only some of them have is
    /// taken as a constant, if it can be one.
    fn agree(&mut self, cases: &[(&Pat, Parts)]) -> Option<Names> {
        let first = &cases.first()?.1.names;
        let is_variable = |name: &Ident| cases.iter().any(|(_, parts)| parts.names.variables.contains(name));
        let mut agree = true;
        for (case, Parts { names, .. }) in cases {
            let missing = first.all().find(|name| is_variable(name) && names.find(name).is_none());
            let added = names.variables.iter().find(|name| first.find(name).is_none());
            let message = match (missing, added) {
                (Some(name), _) => format!(
                    "this alternative doesn't bind `{name}`, as the first one does: each has to bind the same names"
                ),
                (None, Some(name)) => format!(
                    "this alternative binds `{name}`, and the first one doesn't: each has to bind the same names"
                ),
                (None, None) => continue,
            };
            self.report.error_at(case.span(), message);
            agree = false;
        }
        let in_all = |name: &&Ident| cases.iter().all(|(_, parts)| parts.names.find(name).is_some());
        let (variables, perhaps) = first.all().filter(in_all).cloned().partition(is_variable);
        agree.then_some(Names { variables, perhaps })
    }

    /// Returns the shape of a pattern that is Rust's own.
    fn shape(&self, pattern: &Pat) -> Shape {
        match Shape::of(pattern) {
            // A parameter's name isn't a constant's.
            Shape::Named(name) if self.data.is_some_and(|data| name == data.name) => Shape::Anything,
            shape => shape,
        }
    }

    /// Returns the form of the frames that a pattern of Rust's own matches.
    fn frame(&self, pattern: &Pat, shape: &Shape) -> Frame {
        match Frame::of_pattern(pattern, shape) {
            Frame::Rest => Frame::Rest,
            _ if self.is_typed => Frame::Rust(part(pattern)),
            frame => frame,
        }
    }

    /// Returns the pattern beside the frame in a tuple.
    fn beside(&self, pattern: &Pat) -> Beside {
        match self.shape(pattern) {
            Shape::Anything => Beside::Anything,
            _ => Beside::Pattern(text(pattern)),
        }
    }

    fn case(&mut self, span: Span, shape: Shape, frame: Frame, beside: &[Beside]) {
        let beside = beside.to_vec();
        self.frames.push(frame);
        let states = self.states.clone();
        self.cases.push(Case {
            span,
            shape,
            beside,
            states,
        });
    }
}

/// Makes `if a && b`, or nothing.
fn join(conditions: &[TokenStream]) -> TokenStream {
    if conditions.is_empty() {
        TokenStream::new()
    } else {
        quote!(if #(#conditions)&&*)
    }
}

/// Returns what looks like a template in a byte string. A raw one is always meant literally.
fn template_as_bytes(pattern: &Pat) -> Option<String> {
    let Pat::Lit(PatLit {
        lit: Lit::ByteStr(bytes),
        ..
    }) = pattern
    else {
        return None;
    };
    let written = bytes.token().to_string();
    let inner = written.strip_prefix("b\"")?.strip_suffix('"')?;
    let template = template::parse(inner).ok()?;
    (!template.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))).then_some(written)
}

/// Converts a pattern that is Rust's own.
fn plain(pattern: &Pat, mode: Mode) -> Parts {
    let names = names(pattern);
    match pattern {
        Pat::Wild(_) => Parts {
            whole: None,
            bytes: None,
            both: None,
            conditions: Vec::new(),
            names,
        },
        pattern if mode == Mode::Pair && is_of_bytes(pattern) => Parts::bytes(pattern, Vec::new(), names),
        pattern => Parts::whole(pattern, names),
    }
}

impl Walk for Names {
    fn walk(&mut self) -> &mut dyn Walk {
        self
    }

    fn pat_ident(&mut self, pattern: &mut PatIdent) {
        let names = if may_be_constant(pattern) {
            &mut self.perhaps
        } else {
            &mut self.variables
        };
        names.push(pattern.ident.clone());
        visit_mut::visit_pat_ident_mut(self.walk(), pattern);
    }
}

/// Returns the names that a pattern of Rust's own binds.
fn names(pattern: &Pat) -> Names {
    let mut names = Names::default();
    names.walk().visit_pat_mut(&mut pattern.clone());
    names
}

/// Makes a variable of the expansion's own.
fn variable(name: &str, at: usize, span: Span) -> Ident {
    format_ident!("{name}{at}", span = Span::mixed_site().located_at(span))
}
