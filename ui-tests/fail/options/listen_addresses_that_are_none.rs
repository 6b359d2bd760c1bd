use kai_tcp_server::{Action, tcp_server};

struct Echo;

#[tcp_server(
    listen = [
        "0.0.0.0",
        "localhost:10000",
        "10000",
        10000,
        "tcp://0.0.0.0:10000",
        "https://0.0.0.0:443",
        "::1:10000",
        "*:80",
        "unix:relative/path",
        "unix:///run/echo.sock",
        "/run/echo.sock",
        "systemd:",
        "https",
        "127.0.0.1:1, 127.0.0.1:2",
        "",
        echo,
        "nothing",
    ],
)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Echo)
}
