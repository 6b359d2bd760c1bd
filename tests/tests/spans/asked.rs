//! The spans that a subscriber is told which asks for them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Action, CloseReason, Peer, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually, subscribe};
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Scope};

const TARGET: &str = "kai_tcp_server::span";

type Fields = BTreeMap<&'static str, String>;

/// An event of the program's own, and the spans around it, the outermost first.
#[derive(Clone, Debug)]
struct Told {
    what: String,
    spans: Vec<(&'static str, Fields)>,
}

/// Keeps the spans and the events of this test.
#[derive(Clone, Debug, Default)]
struct Kept {
    events: Arc<Mutex<Vec<Told>>>,
    /// The spans that have ended.
    closed: Arc<Mutex<Vec<(&'static str, Fields)>>>,
    made: Arc<Mutex<usize>>,
}

struct Reads<'f>(&'f mut Fields);

impl Visit for Reads<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0
            .insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Kept {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Reads(&mut fields));
        *self.made.lock().unwrap() += 1;
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(&mut Reads(span.extensions_mut().get_mut::<Fields>().unwrap()));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Reads(&mut fields));
        let spans = context.event_scope(event).into_iter().flat_map(Scope::from_root);
        let spans = spans.map(|span| (span.name(), span.extensions().get::<Fields>().unwrap().clone()));
        let told = Told {
            what: fields.get("message").cloned().unwrap_or_default(),
            spans: spans.collect(),
        };
        self.events.lock().unwrap().push(told);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let fields = span.extensions().get::<Fields>().unwrap().clone();
        self.closed.lock().unwrap().push((span.name(), fields));
    }
}

impl Kept {
    fn spans_of(&self, what: &str) -> Vec<(&'static str, Fields)> {
        let events = self.events.lock().unwrap();
        let told = events.iter().find(|told| told.what == what);
        told.unwrap_or_else(|| panic!("{what}: {events:#?}")).spans.clone()
    }

    fn closed(&self, name: &str) -> Vec<Fields> {
        let closed = self.closed.lock().unwrap();
        let named = closed.iter().filter(|(of, _)| *of == name);
        named.map(|(_, fields)| fields.clone()).collect()
    }

    fn made(&self) -> usize {
        *self.made.lock().unwrap()
    }
}

fn ask(level: Level) -> (Kept, impl Sized) {
    let kept = Kept::default();
    let targets = Targets::new()
        .with_target(TARGET, level)
        .with_target("spans", Level::INFO);
    let subscribed = subscribe(tracing_subscriber::registry().with(targets).with(kept.clone()));
    (kept, subscribed)
}

struct Talk;

#[tcp_server(port = 0, max_processes = 10, packet = line(lf), name = "talk")]
impl Talk {
    fn connected(&self, peer: Peer<String>) -> Peer<String> {
        tracing::info!("connected");
        peer
    }

    async fn handle_call(&self, line: &str, me: &mut Peer<String>) -> Action {
        match line {
            #[name = "slow"]
            "slow {who}" => {
                tracing::info!("{who} before");
                sleep(Duration::from_millis(20)).await;
                tracing::info!("{who} after");
                reply(who.to_owned())
            }
            "tell" => {
                let _ = me.send("told".to_owned());
                noreply
            }
            "hang" => std::future::pending().await,
            _ => reply("what?"),
        }
    }

    fn handle_info(&self, message: String) -> Action {
        tracing::info!("message");
        reply(message)
    }

    async fn closed(&self, _: Peer<String>, _: CloseReason) {
        sleep(Duration::from_millis(1)).await;
        tracing::info!("closed");
    }
}

/// A server whose calls never wait.
struct Quick;

#[tcp_server(port = 0, packet = line(lf), name = "quick")]
impl Quick {
    fn handle_call(&self, line: &[u8]) -> Action {
        match line {
            "say {what}" => {
                tracing::info!("said {what}");
                reply(what)
            }
            b"panic" => panic!("as asked"),
            _ => reply("what?"),
        }
    }
}

#[tokio::test]
async fn an_event_of_a_handler_is_inside_its_connection_and_its_call() {
    let (kept, _subscribed) = ask(Level::DEBUG);
    let server = start(Talk).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("slow anna\ntell\n", "anna\ntold\n").await;
    let connection = &server.connections()[0];
    let fields: Fields = [
        ("id", connection.id.to_string()),
        ("peer", connection.peer_addr.to_string()),
        ("server", "talk".to_owned()),
    ]
    .into();
    for what in ["connected", "message"] {
        assert_eq!(kept.spans_of(what), [("connection", fields.clone())], "{what}");
    }
    let bytes = ("bytes", "9".to_owned());
    assert_eq!(
        kept.spans_of("anna before"),
        [("connection", fields.clone()), ("call", [bytes.clone()].into())]
    );
    // From where it has waited, the call's arm is known.
    let call: Fields = [bytes, ("arm", "slow".to_owned())].into();
    assert_eq!(
        kept.spans_of("anna after"),
        [("connection", fields.clone()), ("call", call.clone())]
    );
    drop(client);
    eventually("it has ended", || !kept.closed("connection").is_empty()).await;
    assert_eq!(kept.spans_of("closed"), [("connection", fields.clone())]);
    assert_eq!(
        (kept.closed("connection"), kept.closed("call").len()),
        (vec![fields], 2)
    );
    assert_eq!(kept.closed("call")[0], call);
    server.stop().await;
}

#[tokio::test]
async fn calls_that_never_wait_have_spans_each_its_own() {
    let (kept, _subscribed) = ask(Level::DEBUG);
    let server = start(with(Quick, Quick::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("say a\nsay bc\nx\n", "a\nbc\nwhat?\n").await;
    client.send("panic\n").await;
    client.rest().await;
    eventually("it has ended", || !kept.closed("connection").is_empty()).await;
    let names = |what: &str| -> Vec<_> { kept.spans_of(what).into_iter().map(|(name, _)| name).collect() };
    assert_eq!(names("said a"), ["connection", "call"]);
    assert_eq!(names("said bc"), ["connection", "call"]);
    let calls: Vec<_> = kept
        .closed("call")
        .iter()
        .map(|of| (of["arm"].clone(), of["bytes"].clone()))
        .collect();
    let told = |arm: &str, bytes: &str| (arm.to_owned(), bytes.to_owned());
    assert_eq!(
        calls,
        [
            told("say", "5"),
            told("say", "6"),
            told("arm_3", "1"),
            told("panic", "5")
        ]
    );
    server.stop().await;
}

#[tokio::test]
async fn connections_on_one_thread_do_not_mix() {
    let (kept, _subscribed) = ask(Level::DEBUG);
    let server = start(with(Talk, Talk::OPTIONS.name("mixed"))).await.unwrap();
    let names: Vec<String> = (0..10).map(|n| format!("n{n}")).collect();
    let mut clients = Vec::new();
    for name in &names {
        let mut client = Client::connect(server.local_addr()).await;
        client.send(format!("slow {name}\n")).await;
        clients.push(client);
    }
    let mut ids = Vec::new();
    for (client, name) in clients.iter_mut().zip(&names) {
        client.expect(format!("{name}\n")).await;
        let [before, after] = ["before", "after"].map(|when| kept.spans_of(&format!("{name} {when}")));
        let id = |spans: &[(_, Fields)]| spans[0].1["id"].clone();
        assert_eq!((before.len(), after.len()), (2, 2), "{before:?}, {after:?}");
        assert_eq!(id(&before), id(&after));
        ids.push(id(&before));
    }
    ids.dedup();
    assert_eq!(ids.len(), names.len(), "{ids:?}");
    server.stop().await;
}

#[tokio::test]
async fn at_info_there_are_connections_and_no_calls() {
    let (kept, _subscribed) = ask(Level::INFO);
    let server = start(with(Talk, Talk::OPTIONS.name("info"))).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("slow a\n", "a\n").await;
    assert_eq!(kept.made(), 1);
    assert_eq!(kept.spans_of("a after").len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn nobody_who_does_not_ask_has_a_span() {
    let kept = Kept::default();
    let targets = Targets::new().with_target(TARGET, tracing_subscriber::filter::LevelFilter::OFF);
    let targets = targets.with_default(Level::TRACE);
    let _subscribed = subscribe(tracing_subscriber::registry().with(targets).with(kept.clone()));
    let server = start(with(Talk, Talk::OPTIONS.name("off"))).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("slow a\n", "a\n").await;
    assert_eq!((kept.made(), kept.spans_of("a after").len()), (0, 0));
    server.stop().await;
}

#[tokio::test]
async fn what_is_left_of_closed_is_inside_when_its_acceptor_was_killed() {
    let (kept, _subscribed) = ask(Level::INFO);
    let server = start(with(Talk, Talk::OPTIONS.name("killed"))).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("x\n", "what?\n").await;
    client.send("hang\n").await;
    eventually("it hangs", || server.info().calls == 2).await;
    assert!(kill_acceptor(&server, 1));
    eventually("closed has run", || {
        kept.events.lock().unwrap().iter().any(|told| told.what == "closed")
    })
    .await;
    let spans = kept.spans_of("closed");
    assert_eq!((spans.len(), spans[0].0), (1, "connection"));
    eventually("the span has ended", || kept.closed("connection").len() == 1).await;
    server.stop().await;
}

/// Behind a proxy the peer is told when its header has come.
#[tokio::test]
async fn the_peer_is_the_one_that_a_proxy_names() {
    struct Behind;

    #[tcp_server(port = 0, packet = line(lf), proxy_protocol = required, trusted_proxies = ["127.0.0.1"])]
    impl Behind {
        fn handle_call(&self, line: &[u8]) -> Action {
            tracing::info!("called");
            reply(line)
        }
    }

    let (kept, _subscribed) = ask(Level::INFO);
    let server = start(Behind).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.send("PROXY TCP4 192.0.2.7 192.0.2.1 4444 80\r\n").await;
    client.call("a\n", "a\n").await;
    assert_eq!(kept.spans_of("called")[0].1["peer"], "192.0.2.7:4444");
    server.stop().await;
}
