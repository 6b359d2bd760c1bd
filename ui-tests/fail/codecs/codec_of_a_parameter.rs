use kai_tcp_server::{Action, tcp_server};
use tokio_util::codec::AnyDelimiterCodec;

struct Codec<T>(AnyDelimiterCodec, T);

struct Server<T>(T);

#[tcp_server(port = 10000, packet = Codec<T>)]
impl<T: Send + Sync + 'static> Server<T> {
    fn handle_call(&self, frame: Vec<u8>) -> Action {
        reply(frame)
    }
}

struct Parameter<T>(T);

#[tcp_server(port = 10000, packet = Codec::<T>)]
impl<T: Send + Sync + 'static> Parameter<T> {
    fn handle_call(&self, frame: Vec<u8>) -> Action {
        reply(frame)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Server(1))
}
