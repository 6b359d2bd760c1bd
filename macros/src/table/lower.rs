//! Lowers a template to a slice pattern of its head and conditions over the rest.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitStr, Path, Type};

use crate::table::template::{Capture, Flag, Kind, Piece, Template, is_blank};

/// A template as Rust code.
pub(crate) struct Code {
    /// A pattern for the frame as `&[u8]`.
    pub(crate) pattern: TokenStream,
    /// The conditions, which `&&` joins.
    pub(crate) conditions: Vec<TokenStream>,
    /// The names that it binds, in order.
    pub(crate) bindings: Vec<Ident>,
}

/// The context of a template: its span, its variables and its comparison.
pub(crate) struct Lower<'k> {
    pub(crate) krate: &'k Path,
    /// The literal's span.
    pub(crate) span: Span,
    /// Whether letters are compared without their case.
    pub(crate) ignore_case: bool,
    /// The variable for the unmatched rest.
    pub(crate) rest: Ident,
    /// The variable for the bytes that a capture takes.
    pub(crate) taken: Ident,
}

impl Lower<'_> {
    pub(crate) fn template(&self, template: &Template) -> Code {
        let mut code = Code {
            pattern: TokenStream::new(),
            conditions: Vec::new(),
            bindings: template
                .pieces
                .iter()
                .filter_map(Piece::name)
                .map(|name| self.variable(name))
                .collect(),
        };
        let (head, tail) = (template.head(), template.tail());
        if tail.is_empty() {
            self.literal(head, &mut code);
            return code;
        }
        let rest = &self.rest;
        if self.ignores_case_of(head) {
            let head = Literal::byte_string(head);
            code.pattern = quote!(#rest);
            code.conditions
                .push(self.some(&quote!(#rest), "after_ignoring_case", &quote!(#rest, #head)));
        } else {
            code.pattern = self.begins_with(head, tail);
            if is_open_bytes(tail) {
                return code; // any bytes will do
            }
        }
        if are_text(tail) {
            let rest = &self.rest;
            code.conditions.push(self.some(&quote!(#rest), "text", &quote!(#rest)));
        }
        self.tail(tail, &mut code.conditions);
        code
    }

    fn literal(&self, text: &[u8], code: &mut Code) {
        let mut literal = Literal::byte_string(text);
        literal.set_span(self.span);
        if self.ignores_case_of(text) {
            let rest = &self.rest;
            code.pattern = quote!(#rest);
            code.conditions
                .push(self.call("is_ignoring_case", &quote!(#rest, #literal)));
        } else {
            code.pattern = quote!(#literal);
        }
    }

    fn ignores_case_of(&self, text: &[u8]) -> bool {
        self.ignore_case && text.iter().any(u8::is_ascii_alphabetic)
    }

    /// Makes a pattern that binds what follows the head.
    fn begins_with(&self, head: &[u8], tail: &[Piece]) -> TokenStream {
        let rest = match tail {
            [Piece::Capture(capture)] if is_open_bytes(tail) => capture.name.as_deref().map(|name| self.variable(name)),
            _ => Some(self.rest.clone()),
        };
        if head.is_empty() {
            return rest.map_or_else(|| quote!(_), |rest| quote!(#rest));
        }
        let head = head.iter().map(|&byte| {
            let mut byte = Literal::byte_character(byte);
            byte.set_span(self.span);
            byte
        });
        let rest = rest.map(|rest| quote!(#rest @));
        quote_spanned!(self.span=> [#(#head,)* #rest ..])
    }

    fn tail(&self, mut pieces: &[Piece], conditions: &mut Vec<TokenStream>) {
        let rest = &self.rest;
        while let Some((piece, behind)) = pieces.split_first() {
            pieces = behind;
            match piece {
                Piece::Text(text) if behind.is_empty() => {
                    let text = Literal::byte_string(text);
                    conditions.push(self.call(self.case("is", "is_ignoring_case"), &quote!(#rest, #text)));
                    return;
                }
                Piece::Text(text) => {
                    let text = Literal::byte_string(text);
                    let after = self.case("after", "after_ignoring_case");
                    conditions.push(self.some(&quote!(#rest), after, &quote!(#rest, #text)));
                }
                Piece::Flag(flag) => conditions.push(self.flag(flag)),
                Piece::Capture(capture) if behind.is_empty() => {
                    conditions.push(self.value(capture, false, rest));
                    return;
                }
                Piece::Capture(capture) => pieces = self.capture(capture, behind, conditions),
            }
        }
        conditions.push(quote!(#rest.is_empty()));
    }

    fn flag(&self, flag: &Flag) -> TokenStream {
        let (rest, text) = (&self.rest, Literal::byte_string(&flag.text));
        let name = self.pattern(flag.name.as_deref());
        self.some(
            &quote!((#name, #rest)),
            self.case("flag", "flag_ignoring_case"),
            &quote!(#rest, #text),
        )
    }

    /// Lowers a capture that other pieces follow. Returns the remaining pieces.
    fn capture<'p>(&self, capture: &Capture, behind: &'p [Piece], conditions: &mut Vec<TokenStream>) -> &'p [Piece] {
        let (rest, taken) = (&self.rest, &self.taken);
        let split = quote!((#taken, #rest));
        if let [Piece::Text(text), left @ ..] = behind {
            let at_blank = !capture.open && text.first().copied().is_some_and(is_blank);
            let until = if at_blank {
                self.case("word_until", "word_until_ignoring_case")
            } else {
                self.case("until", "until_ignoring_case")
            };
            let text = Literal::byte_string(text);
            conditions.push(self.some(&split, until, &quote!(#rest, #text)));
            conditions.push(self.value(capture, at_blank, taken));
            return left;
        }
        let mut ends = Vec::new();
        for piece in behind {
            match piece {
                Piece::Flag(flag) => ends.push(Literal::byte_string(&flag.text)),
                Piece::Text(text) => {
                    ends.push(Literal::byte_string(text));
                    break;
                }
                Piece::Capture(_) => break, // two captures with nothing between were refused
            }
        }
        let first = self.case("first", "first_ignoring_case");
        conditions.push(self.some(&split, first, &quote!(#rest, &[#(&#ends[..]),*])));
        conditions.push(self.value(capture, false, taken));
        behind
    }

    /// Makes the value of a capture's bytes. `is_word` says that they have no blank.
    fn value(&self, capture: &Capture, is_word: bool, taken: &Ident) -> TokenStream {
        let name = self.pattern(capture.name.as_deref());
        let function = match (&capture.kind, capture.open, is_word) {
            (Kind::Text, true, _) => "text",
            (Kind::Text, false, true) => "known_word",
            (Kind::Text, false, false) => "word",
            (Kind::Bytes, true, _) => "bytes",
            (Kind::Bytes, false, true) => "known_word_bytes",
            (Kind::Bytes, false, false) => "word_bytes",
            (Kind::Parsed(ty), open, is_word) => {
                let function = match (open, is_word) {
                    (true, _) => "parsed",
                    (false, true) => "known_word_parsed",
                    (false, false) => "word_parsed",
                };
                return self.parsed(&name, function, ty, taken);
            }
        };
        self.some(&name, function, &quote!(#taken))
    }

    fn parsed(&self, name: &TokenStream, function: &str, ty: &str, taken: &Ident) -> TokenStream {
        let (krate, span) = (self.krate, self.span);
        let function = Ident::new(function, span);
        // It was parsed successfully before.
        let ty = LitStr::new(ty, span).parse::<Type>().ok();
        quote_spanned!(span=> let ::core::option::Option::Some(#name) = #krate::__private::arms::#function::<#ty>(#taken))
    }

    fn some(&self, pattern: &TokenStream, function: &str, arguments: &TokenStream) -> TokenStream {
        let call = self.call(function, arguments);
        quote!(let ::core::option::Option::Some(#pattern) = #call)
    }

    fn call(&self, function: &str, arguments: &TokenStream) -> TokenStream {
        let krate = self.krate;
        let function = Ident::new(function, Span::call_site());
        quote!(#krate::__private::arms::#function(#arguments))
    }

    fn case<'n>(&self, exact: &'n str, ignoring: &'n str) -> &'n str {
        if self.ignore_case { ignoring } else { exact }
    }

    fn pattern(&self, name: Option<&str>) -> TokenStream {
        name.map(|name| self.variable(name))
            .map_or_else(|| quote!(_), |name| quote!(#name))
    }

    fn variable(&self, name: &str) -> Ident {
        match name.strip_prefix("r#") {
            Some(name) => Ident::new_raw(name, self.span),
            None => Ident::new(name, self.span),
        }
    }
}

/// Returns whether the whole tail is checked as text at once, which is cheaper than capture by
/// capture. If all captures are text, the result is the same, because the text between them is
/// text, too.
fn are_text(tail: &[Piece]) -> bool {
    let mut captures = 0;
    for piece in tail {
        match piece {
            Piece::Capture(capture) if matches!(capture.kind, Kind::Bytes) => return false,
            Piece::Capture(_) => captures += 1,
            Piece::Text(_) | Piece::Flag(_) => {}
        }
    }
    captures > 1
}

/// Returns whether the tail takes any bytes.
fn is_open_bytes(tail: &[Piece]) -> bool {
    matches!(
        tail,
        [Piece::Capture(Capture {
            open: true,
            kind: Kind::Bytes,
            ..
        })]
    )
}
