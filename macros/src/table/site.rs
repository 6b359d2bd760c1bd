//! The site of a `match`: whether it is on frames, on other bytes, or isn't a table.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::visit_mut::{self, VisitMut as _};
use syn::{Arm, Expr, Ident, LitStr, Macro, Pat, PatIdent, PatTuple, Path, UnOp};

use crate::bits;
use crate::model::roles::Frame;
use crate::syntax::walk::Walk;
use crate::syntax::{Ends, bare_expr, mentions};
use crate::table::shape::string;
use crate::table::template;

/// The data parameter of `handle_call`.
pub(crate) struct Data {
    pub(crate) name: Ident,
    pub(crate) frame: Frame,
}

impl Data {
    /// Returns whether an expression is the frame as bytes.
    pub(crate) fn is_as_bytes(&self, expr: &Expr) -> bool {
        let look = Look {
            data: Some(self),
            shadowed: false,
        };
        matches!(look.data(expr), Some((Frame::Slice | Frame::Shared, _)))
    }
}

/// The way the bytes of a table are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It has only Rust's own patterns.
    AsIs,
    /// A `&[u8]`.
    Slice,
    /// `Bytes`, which a name takes unchanged.
    Shared,
    /// A pair of what a name binds and the bytes.
    Pair,
}

/// The position of the bytes.
pub(crate) struct Site {
    /// The positions in a tuple, or the whole.
    pub(crate) place: Place,
    pub(crate) of_frames: bool,
    /// Whether a name in the position of the bytes is matched with a `&[u8]`.
    pub(crate) is_slice: bool,
    /// Whether it is matched with a `&str`.
    pub(crate) is_text: bool,
}

pub(crate) enum Place {
    Whole(Mode),
    Tuple(Vec<(usize, Mode)>),
}

/// Returns the site of a `match`, if it is a table.
pub(crate) fn of(scrutinee: &Expr, arms: &[Arm], data: Option<&Data>, shadowed: bool) -> Option<Site> {
    let look = Look { data, shadowed };
    let scrutinee = bare_expr(scrutinee);
    let mut patterns = Vec::new();
    for arm in arms {
        add_cases(&arm.pat, &mut patterns);
    }
    let Expr::Tuple(tuple) = scrutinee else {
        let (mode, of_frames) = look.mode(scrutinee, &patterns)?;
        return Some(Site {
            place: Place::Whole(mode),
            of_frames,
            is_slice: look.is_slice(scrutinee, mode),
            is_text: !shadowed && matches!(look.data(scrutinee), Some((Frame::Text, _))),
        });
    };
    let mut frames = Vec::new();
    let mut slices = Vec::new();
    let mut positions = Vec::new();
    for (at, element) in tuple.elems.iter().enumerate() {
        let mut elements = Vec::new();
        for pattern in &patterns {
            if let Some(pattern) = element_at(pattern, at, tuple.elems.len()) {
                add_cases(pattern, &mut elements);
            }
        }
        if let Some((mode, of_frames)) = look.mode(element, &elements) {
            positions.push((at, mode));
            frames.push(of_frames);
            slices.push(look.is_slice(element, mode));
        }
    }
    (!positions.is_empty()).then_some(Site {
        place: Place::Tuple(positions),
        of_frames: frames == [true],
        is_slice: slices == [true],
        is_text: false,
    })
}

/// Returns the alternatives of a pattern.
pub(crate) fn cases(pattern: &Pat) -> Vec<&Pat> {
    let mut cases = Vec::new();
    add_cases(pattern, &mut cases);
    cases
}

fn add_cases<'p>(pattern: &'p Pat, cases: &mut Vec<&'p Pat>) {
    match pattern {
        Pat::Guard(guarded) => add_cases(&guarded.pat, cases),
        Pat::Paren(paren) => add_cases(&paren.pat, cases),
        Pat::Or(either) => either.cases.iter().for_each(|case| add_cases(case, cases)),
        Pat::Ident(PatIdent {
            subpat: Some((_, inner)),
            ..
        }) => add_cases(inner, cases),
        pattern => cases.push(pattern),
    }
}

/// Returns the pattern at a position of a tuple of `length`.
pub(crate) fn element_at(pattern: &Pat, at: usize, length: usize) -> Option<&Pat> {
    let Pat::Tuple(tuple) = pattern else { return None };
    tuple.elems.get(index_of(tuple, at, length)?)
}

/// Returns the index in a tuple pattern of the element that matches a position of a tuple of
/// `length`. Returns `None` if `..` matches it.
pub(crate) fn index_of(tuple: &PatTuple, at: usize, length: usize) -> Option<usize> {
    let elements = &tuple.elems;
    let index = match elements.iter().position(|element| matches!(element, Pat::Rest(_))) {
        Some(rest) if at >= rest => {
            let from_the_end = length.checked_sub(at)?;
            let index = elements.len().checked_sub(from_the_end)?;
            (index > rest).then_some(index)?
        }
        _ => at,
    };
    (index < elements.len()).then_some(index)
}

/// Returns the position of an element of a tuple pattern, the reverse of [`index_of`].
pub(crate) fn position_of(elements: usize, rest: Option<usize>, index: usize, length: usize) -> usize {
    match rest {
        Some(rest) if index > rest => (length + index).saturating_sub(elements),
        _ => index,
    }
}

struct Look<'d> {
    data: Option<&'d Data>,
    shadowed: bool,
}

impl Look<'_> {
    fn mode(&self, scrutinee: &Expr, patterns: &[&Pat]) -> Option<(Mode, bool)> {
        let Some((frame, bare)) = self.data(scrutinee) else {
            let is_table = patterns.iter().any(|pattern| is_of_a_table(pattern));
            return is_table.then_some((Mode::Pair, false));
        };
        if self.shadowed {
            let is_table = patterns
                .iter()
                .any(|pattern| is_bits(pattern) || string(pattern).is_some());
            return is_table.then_some((Mode::Pair, false));
        }
        if frame.is_typed() {
            // The bytes in it may be a table.
            let is_table = patterns.iter().any(|pattern| is_of_a_table(pattern));
            return Some((if is_table { Mode::Pair } else { Mode::AsIs }, true));
        }
        let foreign = patterns
            .iter()
            .any(|pattern| is_bits(pattern) || string(pattern).is_some());
        let of_bytes = patterns.iter().any(|pattern| is_of_bytes(pattern));
        let mode = match frame {
            Frame::Text if foreign || of_bytes => Mode::Pair,
            Frame::Shared if bare && (foreign || of_bytes) => Mode::Shared,
            Frame::Slice | Frame::Shared if foreign => Mode::Slice,
            _ => Mode::AsIs,
        };
        Some((mode, true))
    }

    /// Returns whether a name is matched with a `&[u8]`.
    fn is_slice(&self, scrutinee: &Expr, mode: Mode) -> bool {
        let frame = self.data(scrutinee).filter(|_| !self.shadowed);
        match (frame, mode) {
            (Some((Frame::Slice, _)), _) => true,
            (Some((Frame::Shared, _)), mode) => matches!(mode, Mode::Slice | Mode::Shared),
            _ => false,
        }
    }

    /// Returns the type of the data parameter, and whether the expression is only its name.
    fn data(&self, scrutinee: &Expr) -> Option<(Frame, bool)> {
        let data = self.data?;
        match bare_expr(scrutinee) {
            Expr::Path(path) if path.path.is_ident(&data.name) => Some((data.frame, true)),
            Expr::Reference(reference) => match bare_expr(&reference.expr) {
                Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.data(&unary.expr),
                Expr::Index(index) if is_full_range(&index.index) => self.data(&index.expr),
                _ => None,
            }
            .map(|(frame, _)| (frame, false)),
            Expr::MethodCall(call) if call.method == "as_ref" => {
                self.data(&call.receiver).map(|(frame, _)| (frame, false))
            }
            // The bytes of a text.
            Expr::MethodCall(call) if call.method == "as_bytes" => self
                .data(&call.receiver)
                .filter(|(frame, _)| *frame == Frame::Text)
                .map(|_| (Frame::Slice, false)),
            _ => None,
        }
    }
}

fn is_full_range(index: &Expr) -> bool {
    matches!(index, Expr::Range(range) if range.start.is_none() && range.end.is_none())
}

/// Returns whether a pattern can only be a table's, whatever is matched.
fn is_of_a_table(pattern: &Pat) -> bool {
    is_bits(pattern) || string(pattern).is_some_and(|text| text.value().contains('{'))
}

fn is_bits(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Macro(call) if bits::is_layout(call))
}

/// Returns whether a pattern is of bytes: a byte string, a slice.
pub(crate) fn is_of_bytes(pattern: &Pat) -> bool {
    match pattern {
        Pat::Slice(_) => true,
        Pat::Lit(literal) => matches!(literal.lit, syn::Lit::ByteStr(_)),
        Pat::Paren(paren) => is_of_bytes(&paren.pat),
        _ => false,
    }
}

/// Returns the expression that the table matches instead of the written one.
pub(crate) fn scrutinee(written: &Expr, mode: Mode, krate: &Path) -> TokenStream {
    match mode {
        Mode::AsIs | Mode::Slice => quote!(#written),
        Mode::Shared => quote!(&#written[..]),
        Mode::Pair => {
            let span = Ends::of(written).generated();
            let function = Ident::new("frame", span.first);
            span.call(
                &quote_spanned!(span.first=> #krate::__private::arms::#function),
                quote!(#written),
            )
        }
    }
}

/// Returns whether a pattern binds a name: by itself, or by a template.
pub(crate) fn binds(pattern: &Pat, name: &Ident) -> bool {
    struct Finder<'n>(&'n Ident, bool);

    impl Walk for Finder<'_> {
        fn walk(&mut self) -> &mut dyn Walk {
            self
        }

        fn pat_ident(&mut self, pattern: &mut PatIdent) {
            self.1 |= pattern.ident == *self.0;
            visit_mut::visit_pat_ident_mut(self.walk(), pattern);
        }

        fn lit_str(&mut self, text: &mut LitStr) {
            let template = template::parse(&text.value());
            let name = self.0.to_string();
            self.1 |= template.is_ok_and(|template| template.pieces.iter().any(|piece| piece.name() == Some(&name)));
        }

        fn macro_call(&mut self, call: &mut Macro) {
            self.1 |= mentions(call.tokens.clone(), &[self.0.to_string()]);
        }
    }

    let mut finder = Finder(name, false);
    finder.walk().visit_pat_mut(&mut pattern.clone());
    finder.1
}
