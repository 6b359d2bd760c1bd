use kai_tcp_server::{Action, tcp_server};

struct Greeter<'a>(&'a str);

#[tcp_server(port = 10000)]
impl<'a> Greeter<'a> {
    fn handle_call(&self) -> Action {
        reply(self.0)
    }
}

struct Echo<'a, T>(&'a T);

#[tcp_server(port = 10001)]
impl Echo<'_, &str> {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run((Greeter("hello"), Echo(&"echo")))
}
