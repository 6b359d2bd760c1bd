//! The page stands before `run`, and shows the servers that `run` starts.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use kai_tcp_server::{Action, tcp_server, whereis};
use kai_tcp_server_dashboard::Dashboard;

struct Later;

#[tcp_server(port = 0, name = "Later")]
impl Later {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

#[test]
fn a_page_that_was_there_first_finds_the_servers_of_run() {
    let page = Dashboard::new().port(0).start().unwrap();
    let mut viewer = TcpStream::connect(page.addr()).unwrap();
    write!(viewer, "GET /api/events HTTP/1.1\r\nHost: {}\r\n\r\n", page.addr()).unwrap();
    let mut events = BufReader::new(viewer).lines().map(Result::unwrap);
    let mut next = |wanted: &str| events.find(|line| line.contains(wanted)).unwrap();
    next("\"servers\":[]");
    let running = std::thread::spawn(|| kai_tcp_server::run(Later));
    next("\"name\":\"Later\"");
    // The program ends while the page is open.
    drop(whereis("Later").unwrap().stop());
    running.join().unwrap().unwrap();
    next("\"servers\":[]");
}
