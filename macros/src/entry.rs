//! The entry of the attribute: calls its phases in order.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemImpl};

use crate::check::{self, awaited, handover};
use crate::expand::{self, layouts, lifetimes};
use crate::model::{block, owned};
use crate::options::Options;
use crate::report::Report;
use crate::{client, options, table, transcripts, words};

/// Expands `#[tcp_server(options)] item`.
///
/// Every phase continues after a mistake, and the user's code is always emitted, with an impl of
/// the behaviour. So one compile reports all mistakes, and no mistake causes another.
pub(crate) fn tcp_server(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let options = options::read(attribute, &mut report);
    let expansion = match parse(item.clone(), &mut report) {
        Some(block) => server(block, &options, &mut report),
        None => item,
    };
    let reported = report.into_tokens();
    quote!(#reported #expansion)
}

fn parse(item: TokenStream, report: &mut Report) -> Option<ItemImpl> {
    match syn::parse2::<Item>(item) {
        Ok(item) => block::of(item, report),
        Err(error) => {
            report.push(error);
            None
        }
    }
}

fn server(mut block: ItemImpl, options: &Options, report: &mut Report) -> TokenStream {
    let mistakes = report.len();
    let server = block::read(&block, options, report);
    check::callbacks(&server, &block, report);
    handover::check(&server, options, report);
    check::frame(&server, options, report);
    check::codec(&block, options, report);
    owned::check(&block, report);
    awaited::check(&block, report);
    let can_serve = report.len() == mistakes && !options.packet_is_wrong && !options.refused.contains(&"state");
    if can_serve {
        check::goes_on(&server, options, report);
    }
    // A wrong option may have been `active`.
    if report.len() == 0 {
        check::passive_is_called(&server, options, report);
    }
    let transcripts = transcripts::take(&mut block);
    let protocol = table::compile(&mut block, &server, options, report);
    words::rewrite(&mut block, options, report);
    let layouts = layouts::import(&block, options);
    lifetimes::rewrite(&mut block, &server, options);
    let behaviour = if can_serve {
        expand::behaviour(&block, &server, &protocol, options)
    } else {
        expand::stub(&block, options)
    };
    let shared: Vec<_> = expand::shared_attributes(&block).collect();
    let tests = if can_serve {
        transcripts::tests(&transcripts, &block, &shared, options, report)
    } else {
        TokenStream::new()
    };
    let client = if can_serve {
        client::declare(&block, &server, &protocol, options, report)
    } else {
        client::stub(&block, options)
    };
    expand::allow_lints(&mut block);
    expand::constants(&mut block, &protocol, options);
    quote!(#layouts #block #behaviour #client #tests)
}
