use std::fmt::Write as _;

use proc_macro2::TokenStream;
use quote::quote;

use crate::entry;

/// Returns the documentation of a table with states, as rustdoc reads it.
fn docs(arms: &str) -> String {
    let arms: TokenStream = arms.parse().expect("arms");
    let item = quote! {
        impl Server {
            fn handle_call(&self, state: Phase, data: &[u8]) -> Action { match (state, data) { #arms _ => reply("?") } }
        }
    };
    let expansion = entry::tcp_server(quote!(port = 0, packet = line(crlf), state = Phase), item);
    let file: syn::File = syn::parse2(expansion).expect("items");
    let block = file.items.iter().find_map(|item| match item {
        syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
        _ => None,
    });
    let mut docs = String::new();
    for attribute in &block.expect("the block").attrs {
        if let syn::Meta::NameValue(meta) = &attribute.meta
            && let syn::Expr::Lit(literal) = &meta.value
            && let syn::Lit::Str(line) = &literal.lit
        {
            let _ = writeln!(docs, "{}", line.value());
        }
    }
    docs
}

/// Returns the picture.
fn picture(docs: &str) -> &str {
    let pictures: Vec<&str> = docs.lines().filter(|line| line.contains("<svg")).collect();
    let [picture] = pictures[..] else { panic!("{docs}") };
    picture
}

#[test]
fn a_table_with_states_has_a_picture_of_one_line_behind_a_blank_one() {
    let docs = docs(
        r#"(Phase::Hello, "ehlo {name}") => reply(name).next(Phase::Ready),
        (Phase::Ready, b"quit") => close("bye"),"#,
    );
    let picture = picture(&docs);
    assert!(docs.contains(&format!("\n\n{picture}")), "{docs}");
    assert!(
        picture.starts_with(" <div><svg role=\"img\" ") && picture.ends_with("</svg></div>"),
        "{picture}"
    );
    for part in [
        "<title>",
        ">Hello<",
        ">Ready<",
        ">closed<",
        ">ehlo<",
        ">quit<",
        "currentColor",
        "<circle ",
    ] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    for part in [
        "<script",
        "<style",
        "class=",
        " id=",
        "href",
        "url(",
        ">any state<",
        ">…<",
        "4 3",
    ] {
        assert!(!picture.contains(part), "{part}: {picture}");
    }
    assert!(
        docs.contains("| any |"),
        "the arm for the rest is tried in any state: {docs}"
    );
}

#[test]
fn names_in_a_picture_are_escaped() {
    let docs = docs(
        r#"(Phase::Hello, b"<b>&lt;\"']]>") => noreply.next(Phase::r#Type),
        #[cfg(feature = "more")]
        (Phase::Type, "x{y}") if y > "1" => noreply.next(Phase::Hello),"#,
    );
    let picture = picture(&docs);
    assert!(picture.contains(">&lt;b&gt;&amp;lt;\"']]&gt;<"), "{picture}");
    assert!(
        picture.contains(">Type<") && picture.contains(">x if … (cfg)<"),
        "{picture}"
    );
    assert!(picture.contains("4 3") && docs.contains("if …"), "{docs}");
}

#[test]
fn what_cannot_be_told_is_a_dashed_way_to_dots() {
    let docs = docs(
        r#"(Phase::Hello, b"else") => elsewhere(),
        (state, b"here") if state == Phase::Ready => if data.len() > 4 { noreply.next(Phase::Ready) } else { close },"#,
    );
    let picture = picture(&docs);
    for part in [">…<", ">any state<", ">else<", ">here if …<", "4 3"] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    assert!(docs.contains("`…` stands for states that can't be told."), "{docs}");
}

#[test]
fn a_graph_is_drawn_up_to_a_bound_and_then_the_table_stands_alone() {
    let ways = |states: usize, arms: usize| {
        let mut table = String::new();
        for arm in 0..arms {
            let (from, to) = (arm % states, (arm * 7 + 1) % states);
            let _ = writeln!(
                table,
                "(Phase::S{from}, \"command_{arm} {{_}}\") => reply(\"\").next(Phase::S{to}),"
            );
        }
        docs(&table)
    };
    let docs = ways(20, 40);
    let drawn = picture(&docs);
    assert!(drawn.len() < 16_000, "{}", drawn.len());
    // Many arms of one way are one line.
    let docs = ways(2, 100);
    let drawn = picture(&docs);
    assert!(
        drawn.contains("command_0, command_2, …") || drawn.contains("…<title>"),
        "{drawn}"
    );
    let docs = ways(30, 60);
    assert!(!docs.contains("<svg") && docs.contains("| S29 | S"), "{docs}");
}

#[test]
fn a_table_in_which_nothing_leads_on_has_no_picture() {
    assert!(!docs("(Phase::Hello, b\"stay\") => reply(\"\"),").contains("<svg"));
    assert!(!docs("").contains("<svg"));
}
