use kai_tcp_server::{Action, tcp_server};

struct Counter<T>(std::marker::PhantomData<fn(T)>);

#[tcp_server(port = 10000, session_version = 1)]
impl<T: Default + Send + 'static> Counter<T> {
    fn handle_call(&self, data: &[u8], counts: &mut Vec<T>) -> Action {
        counts.push(T::default());
        reply(data)
    }
}

fn main() -> kai_tcp_server::Result {
    kai_tcp_server::run(Counter::<u64>(std::marker::PhantomData))
}
