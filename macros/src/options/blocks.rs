//! Options that are blocks of addresses: texts in CIDR notation.

use kai_tcp_server_spec::cidr::{self, Mistake, width};
use kai_tcp_server_spec::option::Row;
use syn::{Expr, Lit};

use crate::options::literal::{constant, constant_of, literal_text, wrong};
use crate::options::value::{Block, Value};
use crate::syntax::{bare_expr, text};

/// Judges the value of an option that takes blocks. Each block is judged separately, so that no
/// mistake hides another.
pub(super) fn judge(row: &Row, value: &Expr) -> syn::Result<Value> {
    let (name, example) = (row.word(), row.example);
    let list = match bare_expr(value) {
        Expr::Array(list) => list,
        Expr::Lit(literal) => {
            let way_out = match &literal.lit {
                Lit::Str(_) => format!("[{}]", text(literal)),
                _ => (*example).to_owned(),
            };
            return Err(wrong(
                value,
                format_args!("`{name}` takes a list, like `{name} = {way_out}`"),
            ));
        }
        _ => return constant_of(row, value, "a list of blocks, like [\"10.0.0.0/8\"]"),
    };
    let mut blocks = Vec::new();
    let mut mistakes: Option<syn::Error> = None;
    for item in &list.elems {
        match block(name, item) {
            Ok(block) => blocks.push(block),
            Err(error) => match &mut mistakes {
                Some(mistakes) => mistakes.combine(error),
                None => mistakes = Some(error),
            },
        }
    }
    mistakes.map_or(Ok(Value::Blocks(blocks)), Err)
}

fn block(name: &str, item: &Expr) -> syn::Result<Block> {
    match literal_text(item) {
        Some(Ok(spelling)) => {
            let text = spelling.value();
            cidr::Block::parse(&text)
                .map(Block::Literal)
                .map_err(|mistake| wrong(item, told(mistake, &text)))
        }
        Some(Err(literal)) => Err(wrong(
            item,
            format_args!(
                "`{name}` lists addresses as text, like \"10.0.0.0/8\", not `{}`",
                text(literal)
            ),
        )),
        None => {
            constant(item, name, "addresses as text, like \"10.0.0.0/8\"")?;
            Ok(Block::Constant(item.clone()))
        }
    }
}

/// Describes what is wrong with a text, and what to write.
fn told(mistake: Mistake, text: &str) -> String {
    match mistake {
        Mistake::NoBlock if text == "localhost" => {
            "this takes addresses, not the name of a host: \"127.0.0.1\"".to_owned()
        }
        Mistake::NoBlock => {
            format!("`\"{text}\"` is no block of addresses: one looks like \"10.0.0.0/8\", \"192.0.2.1\" or \"::1\"")
        }
        Mistake::Port(addr) => format!("a block of addresses has no port: \"{addr}\""),
        Mistake::PrefixLength(addr) => {
            let most = width(addr);
            format!("the prefix of `\"{text}\"` has from 0 to {most} bits: \"{addr}/{most}\" is one address")
        }
        Mistake::BitsBehindPrefix { block, addr, .. } => {
            format!("`\"{text}\"` has bits behind its prefix: the block is \"{block}\", the address \"{addr}\"")
        }
    }
}
