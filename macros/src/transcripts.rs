//! Transcripts in documents: a fence of the language `transcript` in the documents of the block or
//! of an arm becomes a test beside the block.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Attribute, Expr, ExprLit, ImplItem, ItemImpl, Lit, LitStr, Meta, Type, parse_quote};

use crate::options::Options;
use crate::report::Report;
use crate::syntax::{cfgs, parameter_names, without_self};

/// The language of a fence.
const LANGUAGE: &str = "transcript";

/// A transcript.
pub(crate) struct Transcript {
    lines: Vec<Line>,
    /// The `cfg`s on its arm.
    cfgs: Vec<Attribute>,
}

/// A line of a document.
#[derive(Clone)]
struct Line {
    text: String,
    /// The span of its attribute, and how many lines into that it stands.
    span: Span,
    offset: u32,
}

/// Finds the transcripts of a block. It takes those of arms out of their documents, which are cells
/// of a table; those of the block and of its items stay in their documentation.
pub(crate) fn take(block: &mut ItemImpl) -> Vec<Transcript> {
    let (mut found, _) = split(lines(&block.attrs).collect(), &[]);
    for item in &block.items {
        let attributes = match item {
            ImplItem::Fn(function) => &function.attrs,
            ImplItem::Const(constant) => &constant.attrs,
            _ => continue,
        };
        let own: Vec<Attribute> = attributes.iter().flat_map(cfgs).collect();
        found.extend(split(lines(attributes).collect(), &own).0);
    }
    let mut arms = Arms { found: Vec::new() };
    arms.visit_item_impl_mut(block);
    found.extend(arms.found);
    found
}

struct Arms {
    found: Vec<Transcript>,
}

impl VisitMut for Arms {
    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        let documents: Vec<Line> = lines(&arm.attrs).collect();
        if documents.iter().any(|line| fence(&line.text) == Some(LANGUAGE)) {
            let cfgs: Vec<Attribute> = arm.attrs.iter().flat_map(cfgs).collect();
            let (found, left) = split(documents, &cfgs);
            self.found.extend(found);
            arm.attrs.retain(|attribute| text(attribute).is_none());
            arm.attrs.extend(left.iter().map(|Line { text, span, .. }| {
                let text = LitStr::new(text, *span);
                parse_quote!(#[doc = #text])
            }));
        }
        visit_mut::visit_arm_mut(self, arm);
    }
}

/// Returns the text of a doc comment.
fn text(attribute: &Attribute) -> Option<&LitStr> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn lines(attributes: &[Attribute]) -> impl Iterator<Item = Line> {
    attributes.iter().filter_map(text).flat_map(|text| {
        let value = text.value();
        let lines: Vec<String> = value.split('\n').map(str::to_owned).collect();
        lines.into_iter().zip(0..).map(|(line, offset)| Line {
            text: line,
            span: text.span(),
            offset,
        })
    })
}

/// Returns the language of a line that begins or ends a fence.
fn fence(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '*']);
    ['`', '~'].into_iter().find_map(|mark| {
        let rest = line.trim_start_matches(mark);
        (line.len() - rest.len() >= 3).then(|| rest.trim())
    })
}

/// Separates the transcripts of a document from its other lines.
fn split(document: Vec<Line>, cfgs: &[Attribute]) -> (Vec<Transcript>, Vec<Line>) {
    let (mut found, mut left): (Vec<Transcript>, Vec<Line>) = (Vec::new(), Vec::new());
    let mut inside: Option<Vec<Line>> = None;
    let mut in_other_fence = false;
    for line in document {
        match (fence(&line.text), inside.take()) {
            (Some(_), Some(lines)) => found.push(Transcript {
                lines,
                cfgs: cfgs.to_vec(),
            }),
            (None, Some(mut lines)) => {
                lines.push(line);
                inside = Some(lines);
            }
            (Some(LANGUAGE), None) if !in_other_fence => inside = Some(Vec::new()),
            (fence, None) => {
                in_other_fence ^= fence.is_some();
                left.push(line);
            }
        }
    }
    // Markdown ends a fence that is left open with the document.
    found.extend(inside.map(|lines| Transcript {
        lines,
        cfgs: cfgs.to_vec(),
    }));
    found.retain(|transcript| !transcript.lines.is_empty());
    (found, left)
}

/// Makes the tests.
pub(crate) fn tests(
    transcripts: &[Transcript],
    block: &ItemImpl,
    shared: &[Attribute],
    options: &Options,
    report: &mut Report,
) -> TokenStream {
    let generic = options.example.is_none() && !parameter_names(&block.generics).is_empty();
    if let (true, Some(first)) = (
        generic,
        transcripts.first().and_then(|transcript| transcript.lines.first()),
    ) {
        report.error_at(
            first.span,
            "a transcript of a generic server needs one to be played against: `example = Store::<u8>::new()` in the attribute",
        );
        return TokenStream::new();
    }
    let (ty, krate) = (&*block.self_ty, &options.krate);
    let several = transcripts.len() > 1;
    let tests = transcripts.iter().zip(1_u32..).map(|(transcript, number)| {
        let Transcript { lines, cfgs } = transcript;
        let name = name(ty, several.then_some(number));
        let server = options.example.as_ref().map_or_else(
            || quote!(<#ty as #krate::__private::Example>::example()),
            |example| without_self(example, ty),
        );
        let places = lines
            .iter()
            .map(|Line { span, offset, .. }| quote_spanned!(*span=> ::core::line!() + #offset));
        let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let text = text.join("\n");
        quote! {
            #krate::__private::transcript! {
                #(#shared)* #(#cfgs)* #name, #server, [#(#places),*], #text
            }
        }
    });
    tests.collect()
}

/// Names a test after its server's type.
fn name(ty: &Type, number: Option<u32>) -> Ident {
    let named =
        crate::syntax::last_segment(ty).map_or_else(|| "server".to_owned(), |segment| segment.ident.to_string());
    let mut name = String::new();
    for letter in named.trim_start_matches("r#").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name.push_str("_transcript");
    if let Some(number) = number {
        name = format!("{name}_{number}");
    }
    Ident::new(&name, Span::call_site())
}
