//! The list of the servers that run in this process.

use kai_tcp_server::{Action, Server, servers, start, tcp_server, with};

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

async fn echo() -> Server {
    start(with(Echo, Echo::OPTIONS.in_memory())).await.unwrap()
}

/// Other tests of this program may have servers of their own.
fn listed(of: &[&Server]) -> Vec<u64> {
    let ours = |server: &Server| of.iter().any(|one| one.number() == server.number());
    servers()
        .iter()
        .filter(|server| ours(server))
        .map(Server::number)
        .collect()
}

#[tokio::test]
async fn a_server_without_a_name_is_listed_until_it_has_ended() {
    let (first, second) = (echo().await, echo().await);
    let both = [&first, &second];
    assert_eq!(listed(&both), [first.number(), second.number()]);
    first.stop().await;
    assert_eq!(listed(&both), [second.number()]);
    second.stop().await;
    assert!(listed(&both).is_empty());
}

#[test]
fn a_server_whose_runtime_ends_is_listed_no_more() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(echo());
    assert_eq!(listed(&[&server]).len(), 1);
    drop(runtime);
    assert!(listed(&[&server]).is_empty());
}
