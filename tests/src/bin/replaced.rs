//! A program that new versions of itself replace. The variable `FAULT` says what is wrong with it.
//! Without an argument it is the server `Replaced`; `both` are that one and `Carrying`.

use kai_tcp_server::{Result, run};
use kai_tcp_server_tests::replaced::{Carrying, Fault, Replaced};

fn main() -> Result {
    let fault = Fault::of_this_process();
    if let Some(fault) = fault {
        fault.begin();
    }
    match std::env::args().nth(1).as_deref() {
        None => run(Replaced(fault)),
        Some("carrying") => run(Carrying),
        Some("both") => run((Replaced(fault), Carrying)),
        Some(other) => Err(format!("no such server: {other}").into()),
    }
}
