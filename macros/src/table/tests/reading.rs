//! The model of a table, as it is read.

use quote::quote;
use syn::{ItemImpl, parse_quote};

use crate::model::block;
use crate::options;
use crate::report::Report;
use crate::table::compile;

#[test]
fn names_patterns_docs_and_actions() {
    let mut report = Report::default();
    let options = options::read(quote!(port = 0, packet = raw), &mut report);
    let mut block: ItemImpl = parse_quote! {
        impl Server {
            fn handle_call(&self, data: &[u8]) -> Action {
                match data {
                    /// Gets a key.
                    ///
                    /// Or none.
                    "get {key}\r\n" => reply(key),
                    b"quit" | b"exit" => close,
                    "{n: u8}" => { let m = n; noreply }
                    [0x01, ..] => Ok(close("x")),
                    _ => self.other(),
                }
            }
        }
    };
    let server = block::read(&block, &options, &mut report);
    let protocol = compile(&mut block, &server, &options, &mut report);
    assert_eq!(report.len(), 0);
    let read: Vec<(&str, &str, String, Option<&str>)> = protocol.tables[0]
        .arms
        .iter()
        .map(|arm| {
            (
                &arm.name[..],
                &arm.pattern[..],
                arm.docs.join("|"),
                arm.action.map(|word| word.name),
            )
        })
        .collect();
    let none = String::new;
    assert_eq!(
        read,
        [
            (
                "get",
                "get {key}\r\n",
                "Gets a key.||Or none.".to_owned(),
                Some("reply")
            ),
            ("quit", "b\"quit\" | b\"exit\"", none(), Some("close")),
            ("arm_3", "{n: u8}", none(), Some("noreply")),
            ("arm_4", "[0x01, ..]", none(), Some("close")),
            ("arm_5", "_", none(), None),
        ]
    );
    assert!(!quote!(#block).to_string().contains("Gets a key"));
}
