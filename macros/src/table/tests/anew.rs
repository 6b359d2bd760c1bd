//! Which arms borrow the session for themselves: those that use it, where another may change it,
//! and only where that means the same.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ItemImpl, parse_quote};

use crate::model::block;
use crate::options;
use crate::report::Report;
use crate::table::compile;

/// Returns whether the first of these arms borrows anew, before one that changes the session.
fn borrows_anew(scrutinee: &str, arm: &str) -> bool {
    let [scrutinee, arm] = [scrutinee, arm].map(|text| text.parse::<TokenStream>().expect("tokens"));
    let mut item: ItemImpl = parse_quote! {
        impl Login {
            fn handle_call(&self, data: &[u8], state: &mut State) -> Action {
                match #scrutinee {
                    #arm,
                    (_, "change") => { *state = State::New; noreply }
                    _ => close,
                }
            }
        }
    };
    let mut report = Report::default();
    let options = options::read(quote!(port = 0, packet = line(crlf)), &mut report);
    let server = block::read(&item, &options, &mut report);
    compile(&mut item, &server, &options, &mut report);
    assert!(!report.into_tokens().to_string().contains("compile_error"), "{arm}");
    item.to_token_stream().to_string().contains("unreachable !")
}

const STATE: &str = "(&*state, data)";

#[test]
fn what_the_body_uses_is_borrowed_for_it() {
    for (scrutinee, arm) in [
        (STATE, r#"(State::Named(name), "who") => reply(name)"#),
        (STATE, r#"(State::Named(name), "who {x}") if x == "y" => reply(name)"#),
        (
            STATE,
            r#"(State::Named(name), "who") if name != "x" => reply(format_args!("{name}"))"#,
        ),
        (
            STATE,
            r#"((State::Named(name) | State::Old { name }, "who")) => reply(name)"#,
        ),
        (STATE, r#"(state_of, "who") => reply(state_of.name())"#),
        ("(&mut *state, data)", r#"(State::Named(name), "who") => reply(&*name)"#),
        ("(data, &state.step)", r#"("who", Step::Named(name)) => reply(name)"#),
        ("(0, data, &(*state).steps.0)", "(.., Step::Named(name)) => reply(name)"),
    ] {
        assert!(borrows_anew(scrutinee, arm), "{scrutinee} {arm}");
    }
}

#[test]
fn nothing_else_is_touched() {
    for (scrutinee, arm) in [
        // Nothing of it is used.
        (STATE, r#"(State::Named(_), "who") => reply("x")"#),
        (STATE, r#"(State::Named(name), "who") if name == "x" => reply("x")"#),
        // The second time another alternative might match.
        (
            STATE,
            r#"(State::Two(a, _) | State::Two(_, a), "who") if a == "x" => reply(a)"#,
        ),
        // The body's name is another variable.
        (
            STATE,
            r#"(State::Named(name), "who") if let Some(name) = other(name) => reply(name)"#,
        ),
        (STATE, r#"(State::Named(name), "who {state}") => reply((name, state))"#),
        // Borrowing is a call, or borrows from something else.
        ("(state.step(), data)", r#"(Step::Named(name), "who") => reply(name)"#),
        (
            "(&state.steps[0], data)",
            r#"(Step::Named(name), "who") => reply(name)"#,
        ),
        ("(&self.step, data)", r#"(Step::Named(name), "who") => reply(name)"#),
        ("(*state, data)", r#"(State::Named(name), "who") => reply(name)"#),
        // A macro's names aren't known.
        (STATE, r#"(named!(name), "who") => reply(name)"#),
    ] {
        assert!(!borrows_anew(scrutinee, arm), "{scrutinee} {arm}");
    }
}
