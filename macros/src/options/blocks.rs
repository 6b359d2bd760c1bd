//! Blocks of addresses: texts in CIDR notation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use syn::{Expr, Lit};

use crate::options::table::Spec;
use crate::options::value::{Value, constant, constant_of, literal_text, wrong};
use crate::syntax::{bare_expr, text};

/// One block of a list.
pub(crate) enum Block {
    /// An address and how many of its bits count.
    Literal(IpAddr, u8),
    /// An expression that only the compiler can evaluate.
    Constant(Expr),
}

/// Judges the value of an option that takes blocks. Each is on its own, so that one mistake hides no other.
pub(super) fn judge(spec: &Spec, value: &Expr) -> syn::Result<Value> {
    let Spec { name, example, .. } = spec;
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
        _ => return constant_of(spec, value, "a list of blocks, like [\"10.0.0.0/8\"]"),
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
        Some(Ok(spelling)) => parse(&spelling.value())
            .map(|(addr, prefix_len)| Block::Literal(addr, prefix_len))
            .map_err(|problem| wrong(item, problem)),
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

/// Reads a block; an error says what to write.
fn parse(text: &str) -> Result<(IpAddr, u8), String> {
    let (before, prefix_len) = match text.split_once('/') {
        Some((addr, prefix_len)) => (addr, Some(prefix_len)),
        None => (text, None),
    };
    let Ok(addr) = before.parse::<IpAddr>() else {
        return Err(match text.parse::<SocketAddr>() {
            Ok(both) => format!("a block of addresses has no port: \"{}\"", both.ip()),
            Err(_) if text == "localhost" => "this takes addresses, not the name of a host: \"127.0.0.1\"".to_owned(),
            Err(_) => format!(
                "`\"{text}\"` is no block of addresses: one looks like \"10.0.0.0/8\", \"192.0.2.1\" or \"::1\""
            ),
        });
    };
    let most: u8 = if addr.is_ipv4() { 32 } else { 128 };
    let Some(prefix_len) = prefix_len else {
        return Ok((addr, most));
    };
    let digits = prefix_len.bytes().all(|byte| byte.is_ascii_digit());
    let Some(prefix_len) = prefix_len.parse().ok().filter(|&n: &u8| digits && n <= most) else {
        return Err(format!(
            "the prefix of `\"{text}\"` has from 0 to {most} bits: \"{addr}/{most}\" is one address"
        ));
    };
    let masked = mask(addr, u32::from(most - prefix_len));
    if masked == addr {
        Ok((addr, prefix_len))
    } else {
        Err(format!(
            "`\"{text}\"` has bits behind its prefix: the block is \"{masked}/{prefix_len}\", the address \"{addr}\""
        ))
    }
}

/// The address without its last `behind` bits.
fn mask(addr: IpAddr, behind: u32) -> IpAddr {
    match addr {
        IpAddr::V4(addr) => Ipv4Addr::from_bits(addr.to_bits() & u32::MAX.checked_shl(behind).unwrap_or(0)).into(),
        IpAddr::V6(addr) => Ipv6Addr::from_bits(addr.to_bits() & u128::MAX.checked_shl(behind).unwrap_or(0)).into(),
    }
}
