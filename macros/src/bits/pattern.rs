//! Lowers a layout that is a pattern to conditions: one check of the length for each run of fields
//! with known positions, then plain loads.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Path};

use super::field::{Field, Form, Size, Value};
use super::literal;
use super::lowered::Lowered;
use super::number::{Class, Number};
use super::places::{self, Content, Part, Step};

/// Lowers the pattern of these fields.
pub(crate) fn lower(fields: Vec<Field>, input: &Ident, krate: &Path) -> Lowered {
    let mut known = Vec::new();
    let mut exact = true;
    for field in &fields {
        let Value::Constant(bits) = &field.value else {
            exact = false;
            break;
        };
        known.extend_from_slice(bits);
    }
    let head: Vec<u8> = known.chunks_exact(8).map(literal::value).collect();
    let (min, max) = places::lengths(&fields);
    let named = || fields.iter().filter_map(|field| Some((field.name()?, &field.form)));
    let values: Option<Vec<_>> = named().map(|(_, form)| values(form)).collect();
    let conditions = if exact {
        TokenStream::new()
    } else {
        Conditions::of(&places::steps(&fields), head.len() * 8, input, krate)
    };
    Lowered {
        complete: values.is_some() && is_complete(&fields, head.len() * 8),
        values: values.unwrap_or_default(),
        head,
        exact,
        conditions,
        bindings: named().map(|(name, _)| name.clone()).collect(),
        min,
        max,
        fields,
    }
}

/// Returns two values that a name of this form can be matched with. Returns `None` if there aren't
/// two, or if they aren't known here.
fn values(form: &Form) -> Option<[TokenStream; 2]> {
    Some(match form {
        Form::Number(number, _) if number.class != Class::Float => {
            let storage = format_ident!("{}", number.storage());
            [0_u8, 1].map(|value| {
                let value = Literal::u8_unsuffixed(value);
                quote!(#value as ::core::primitive::#storage)
            })
        }
        Form::Bytes(Size::Fixed(length @ 1..)) => {
            [0_u8, 1].map(|value| quote!(&[#value as ::core::primitive::u8; #length]))
        }
        Form::Bytes(Size::Open) => [
            quote!(&[] as &[::core::primitive::u8]),
            quote!(&[0_u8] as &[::core::primitive::u8]),
        ],
        _ => return None,
    })
}

/// Returns whether no bits behind the head are compared, if the names are variables.
fn is_complete(fields: &[Field], head: usize) -> bool {
    let constant: usize = fields
        .iter()
        .filter(|field| matches!(field.value, Value::Constant(_)))
        .filter_map(Field::bits)
        .sum();
    let may_compare = |field: &Field| match &field.form {
        Form::Number(number, _) if number.class == Class::Float => true,
        Form::Bytes(Size::Computed(_)) => true,
        _ => false,
    };
    constant == head && !fields.iter().any(may_compare)
}

struct Conditions {
    /// The runtime's module.
    bits: TokenStream,
    /// The variable for the unmatched rest.
    rest: Ident,
    /// The number of bits that need no comparison, because they are the head's.
    head: usize,
    all: Vec<TokenStream>,
}

impl Conditions {
    fn of(steps: &[Step], head: usize, input: &Ident, krate: &Path) -> TokenStream {
        let mut conditions = Conditions {
            bits: quote!(#krate::__private::bits),
            rest: input.clone(),
            head,
            all: Vec::new(),
        };
        for (at, step) in steps.iter().enumerate() {
            conditions.step(at, step, at + 1 == steps.len());
        }
        if !matches!(steps.last(), Some(Step::Run { .. } | Step::Rest(_))) {
            let rest = &conditions.rest;
            conditions.all.push(quote!(#rest.is_empty()));
        }
        let all = conditions.all;
        quote!(#(#all)&&*)
    }

    fn step(&mut self, at: usize, step: &Step, last: bool) {
        let (bits, rest) = (self.bits.clone(), self.rest.clone());
        let behind = || format_ident!("__rest{}", at, span = Span::mixed_site());
        match step {
            Step::Run { bytes, parts } => {
                let run = format_ident!("__run{}", at, span = Span::mixed_site());
                self.all.push(if last {
                    quote!(let ::core::option::Option::Some(#run) = #rest.as_array::<#bytes>())
                } else {
                    self.rest = behind();
                    let behind = &self.rest;
                    quote!(let ::core::option::Option::Some((#run, #behind)) = #rest.split_first_chunk::<#bytes>())
                });
                let head = std::mem::take(&mut self.head);
                for part in parts {
                    self.all.extend(part_conditions(part, head, &run, &bits));
                }
            }
            Step::Take(value, length) => {
                let (name, length) = (binding(value), length.lower(&bits));
                self.rest = behind();
                let behind = &self.rest;
                let taken = quote!(let ::core::option::Option::Some((#name, #behind)) = #bits::take(#rest, #length));
                self.all.push(taken);
            }
            // rustc warns of a condition that is only a binding.
            Step::Rest(Value::Name(name)) if self.all.is_empty() => {
                let option = quote!(::core::option::Option::Some);
                self.all.push(quote!(let #option(#name) = #option(#rest)));
            }
            Step::Rest(Value::Name(name)) => self.all.push(quote!(let #name = #rest)),
            Step::Rest(_) => {}
        }
    }
}

fn binding(value: &Value) -> TokenStream {
    if let Value::Name(name) = value {
        quote!(#name)
    } else {
        quote!(_)
    }
}

fn part_conditions(part: &Part, head: usize, run: &Ident, bits: &TokenStream) -> Vec<TokenStream> {
    let at = part.at;
    match &part.content {
        Content::Constant(constant) if at == 0 => comparisons(head, &constant[head..], run, bits),
        Content::Constant(constant) => comparisons(at, constant, run, bits),
        Content::Number(value, number) if number.class == Class::Float => {
            let raw = read(
                at,
                Number {
                    class: Class::Unsigned,
                    ..*number
                },
                run,
                bits,
            );
            let finite = format_ident!("finite_f{}", number.width);
            let name = binding(value);
            vec![quote!(let ::core::option::Option::Some(#name) = #bits::#finite(#raw))]
        }
        Content::Number(Value::Name(name), number) => {
            let read = read(at, *number, run, bits);
            vec![quote!(let #name = #read)]
        }
        Content::Array(Value::Name(name), length) => {
            let at = at / 8;
            vec![quote!(let #name = #bits::array::<#at, #length, _>(#run))]
        }
        Content::Number(..) | Content::Array(..) => Vec::new(),
    }
}

/// Makes the expression that reads the integer at the bit `at`.
fn read(at: usize, number: Number, run: &Ident, bits: &TokenStream) -> TokenStream {
    let storage = format_ident!("{}", number.storage());
    if at.is_multiple_of(8) && number.is_whole() {
        let (at, bytes) = (at / 8, number.width as usize / 8);
        let from = format_ident!("from_{}_bytes", if number.little { "le" } else { "be" });
        return quote!(::core::primitive::#storage::#from(*#bits::array::<#at, #bytes, _>(#run)));
    }
    let (order, width) = (
        format_ident!("{}", if number.little { "little" } else { "big" }),
        number.width,
    );
    quote!(#bits::#order::<::core::primitive::#storage, #at, #width, _>(#run))
}

/// Makes the comparisons of constant bits: first up to a whole byte, then whole bytes, then the
/// remaining bits.
fn comparisons(at: usize, constant: &[bool], run: &Ident, bits: &TokenStream) -> Vec<TokenStream> {
    let (first, others) = constant.split_at((at.next_multiple_of(8) - at).min(constant.len()));
    let (whole, last) = others.split_at(others.len() / 8 * 8);
    let few = |at: usize, some: &[bool]| {
        let (width, value) = (u32::try_from(some.len()).unwrap_or(0), literal::value(some));
        quote!(#bits::big::<::core::primitive::u8, #at, #width, _>(#run) == #value)
    };
    let mut comparisons = Vec::new();
    if !first.is_empty() {
        comparisons.push(few(at, first));
    }
    if !whole.is_empty() {
        let (at, length) = ((at + first.len()) / 8, whole.len() / 8);
        let bytes = whole.chunks_exact(8).map(literal::value);
        comparisons.push(quote!(*#bits::array::<#at, #length, _>(#run) == [#(#bytes),*]));
    }
    if !last.is_empty() {
        comparisons.push(few(at + first.len() + whole.len(), last));
    }
    comparisons
}
