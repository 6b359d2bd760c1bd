//! The ledger example, with a client that knows its protocol and none of its types.

use kai_tcp_server_tests::{Client, Example};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

/// Puts the length before JSON.
fn frame(json: &str) -> Vec<u8> {
    let length = u32::try_from(json.len()).expect("a test's frame is short");
    [&length.to_be_bytes(), json.as_bytes()].concat()
}

/// Sends a request, and expects this reply.
async fn ask(client: &mut Client, request: Value, reply: Value) {
    client.send(frame(&request.to_string())).await;
    assert_eq!(answer(client).await, reply, "{request}");
}

async fn answer(client: &mut Client) -> Value {
    let mut length = [0; 4];
    client.stream().read_exact(&mut length).await.expect("a length comes");
    let mut json = vec![0; u32::from_be_bytes(length) as usize];
    client.stream().read_exact(&mut json).await.expect("a reply comes");
    serde_json::from_slice(&json).expect("it is JSON")
}

#[tokio::test]
async fn what_is_transferred_is_here_or_there() {
    let example = Example::start("ledger", &["0"]);
    let mut client = Client::connect(example.addr()).await;
    ask(
        &mut client,
        json!({"open": {"account": "ann", "balance": 10}}),
        json!({"balance": 10}),
    )
    .await;
    ask(
        &mut client,
        json!({"open": {"account": "bob", "balance": 0}}),
        json!({"balance": 0}),
    )
    .await;
    ask(&mut client, json!("accounts"), json!({"accounts": 2})).await;
    let transfer = |amount: u64, from: &str| json!({"transfer": {"from": from, "to": "bob", "amount": amount}});
    ask(&mut client, transfer(3, "ann"), json!({"balance": 7})).await;
    ask(
        &mut client,
        transfer(8, "ann"),
        json!({"refused": "not so much is there"}),
    )
    .await;
    ask(&mut client, transfer(1, "eve"), json!({"refused": "no such account"})).await;
    ask(&mut client, transfer(3, "bob"), json!({"balance": 3})).await;
    ask(
        &mut client,
        json!({"balance": {"account": "ann"}}),
        json!({"balance": 7}),
    )
    .await;
    ask(
        &mut client,
        json!({"balance": {"account": "bob"}}),
        json!({"balance": 3}),
    )
    .await;
    let taken = json!({"open": {"account": "ann", "balance": 1}});
    ask(&mut client, taken, json!({"refused": "there is such an account"})).await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_connection_goes_on() {
    let example = Example::start("ledger", &["0"]);
    let mut client = Client::connect(example.addr()).await;
    for json in [
        "",
        "{",
        "7",
        "\"nothing\"",
        "{\"balance\":{}}",
        "{\"open\":{\"account\":\"a\",\"balance\":-1}}",
        "\u{0}",
    ] {
        client.send(frame(json)).await;
        let reply = answer(&mut client).await;
        assert!(reply["refused"].is_string(), "{json:?}: {reply}");
    }
    // As deep as a frame can be.
    client.send(frame(&"[".repeat(4096))).await;
    assert!(answer(&mut client).await["refused"].is_string());
    ask(&mut client, json!("accounts"), json!({"accounts": 0})).await;
}

#[tokio::test]
async fn requests_may_come_together_or_byte_by_byte() {
    let example = Example::start("ledger", &["0"]);
    let mut client = Client::connect(example.addr()).await;
    let request = frame("\"accounts\"");
    client.send(request.repeat(3)).await;
    client.stream().set_nodelay(true).expect("the option is known");
    for byte in &request {
        client.send([*byte]).await;
    }
    for _ in 0..4 {
        assert_eq!(answer(&mut client).await, json!({"accounts": 0}));
    }
}

#[tokio::test]
async fn a_length_that_is_too_long_ends_its_own_connection() {
    let example = Example::start("ledger", &["0"]);
    let addr = example.addr();
    let mut hostile = Client::connect(addr).await;
    hostile.send([0xff; 8]).await;
    hostile.expect_eof().await;
    let line = example.line_with("the codec refuses what came");
    assert!(line.contains("WARN") && line.contains("frame size too big"), "{line}");
    let mut honest = Client::connect(addr).await;
    ask(&mut honest, json!("accounts"), json!({"accounts": 0})).await;
}
