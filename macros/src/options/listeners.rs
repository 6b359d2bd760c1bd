//! The option `listen`: texts, each an address with words.

use kai_tcp_server_spec::listen::{Address, Entry, MOST, twice};
use kai_tcp_server_spec::option::Row;
use syn::{Expr, ExprArray, Lit};

use crate::options::literal::{constant, constant_of, literal_text, wrong};
use crate::options::value::Value;
use crate::syntax::{bare_expr, text};

/// Judges the value of an option that takes listeners. Each is judged separately, so that no
/// mistake hides another.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let Row { name, example, .. } = row;
    let list = match bare_expr(value) {
        Expr::Array(list) => list,
        Expr::Reference(reference) if matches!(bare_expr(&reference.expr), Expr::Array(_)) => {
            return Err(wrong(
                value,
                format_args!(
                    "`{name}` takes a list without `&`: `{name} = {}`",
                    text(&reference.expr)
                ),
            ));
        }
        Expr::Lit(literal) => {
            let way_out = match &literal.lit {
                Lit::Str(text) => way_out(&text.value()),
                _ => (*example).to_owned(),
            };
            return Err(wrong(
                value,
                format_args!("`{name}` takes a list, like `{name} = {way_out}`"),
            ));
        }
        _ => return constant_of(row, value, &format!("a list of listeners, like {example}")),
    };
    let mut mistakes: Vec<syn::Error> = list.elems.iter().filter_map(|item| mistake(name, item)).collect();
    mistakes.extend(of_the_list(row, list));
    let all = mistakes.into_iter().reduce(|mut all, another| {
        all.combine(another);
        all
    });
    all.map_or_else(|| Ok(Value::Texts(list.elems.iter().cloned().collect())), Err)
}

/// Returns the list that a text without brackets was meant as.
fn way_out(text: &str) -> String {
    let items: Vec<String> = text.split(',').map(|item| format!("{:?}", item.trim())).collect();
    format!("[{}]", items.join(", "))
}

fn mistake(name: &str, item: &Expr) -> Option<syn::Error> {
    match literal_text(item) {
        Some(Ok(spelling)) => {
            let text = spelling.value();
            Entry::parse(&text).err().map(|mistake| wrong(item, mistake))
        }
        Some(Err(literal)) => {
            let way_out = match literal {
                Lit::Int(port) => format!(r#"like "127.0.0.1:{}", not `{port}`"#, port.base10_digits()),
                _ => format!(r#"like "0.0.0.0:10000", not `{}`"#, text(literal)),
            };
            Some(wrong(item, format_args!("`{name}` lists addresses as text, {way_out}")))
        }
        None => constant(item, name, "addresses as text, like \"0.0.0.0:10000\"").err(),
    }
}

/// Returns what is wrong with the list as a whole.
fn of_the_list(row: &Row, list: &ExprArray) -> Option<syn::Error> {
    let Row { name, example, .. } = row;
    if list.elems.is_empty() {
        let message = format!("`{name}` lists no listener: leave it out, or write `{name} = {example}`");
        return Some(wrong(list, message));
    }
    if let Some(item) = list.elems.iter().nth(MOST) {
        return Some(wrong(item, format_args!("a server has at most {MOST} listeners")));
    }
    let texts: Vec<(&Expr, String)> = list.elems.iter().filter_map(spelled).collect();
    let places: Vec<(&Expr, Address<'_>)> = texts.iter().filter_map(|(item, text)| place(item, text)).collect();
    let addresses: Vec<Address<'_>> = places.iter().map(|(_, address)| *address).collect();
    let (at, address) = twice(&addresses)?;
    Some(wrong(
        places[at].0,
        format_args!("{address} is there twice: keep one of both"),
    ))
}

/// Returns a literal and its text.
pub(crate) fn spelled(item: &Expr) -> Option<(&Expr, String)> {
    Some((item, literal_text(item)?.ok()?.value()))
}

fn place<'a>(item: &'a Expr, text: &'a str) -> Option<(&'a Expr, Address<'a>)> {
    Some((item, Entry::parse(text).ok()?.address))
}
