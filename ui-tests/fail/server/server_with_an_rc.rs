use kai_tcp_server::{Action, tcp_server};

use std::cell::RefCell;
use std::rc::Rc;

struct Demo {
    log: Rc<RefCell<Vec<String>>>,
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    fn handle_call(&self, data: &str) -> Action {
        self.log.borrow_mut().push(data.to_owned());
        noreply
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Demo { log: Default::default() })
}
