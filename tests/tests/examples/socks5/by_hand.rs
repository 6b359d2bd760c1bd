//! The protocol, and what is none.

use kai_tcp_server_tests::Random;

use super::*;

#[tokio::test]
async fn each_failure_has_its_own_code() {
    let (_example, proxy) = start();
    let (_taken, refusing) = refusing();
    let udp = [&[5, 3, 0], &request(refusing)[3..]].concat();
    let bind = [&[5, 2, 0], &request(refusing)[3..]].concat();
    for (request, code) in [
        (request(([10, 0, 0, 1], 80).into()), 2),
        // The address is one of those that may be reached, in disguise.
        (request(("::ffff:10.0.0.1".parse::<IpAddr>().unwrap(), 80).into()), 2),
        (request(([255; 4], 80).into()), 3),
        (named(&[b'x'; 64], 80), 4),
        (named(&[b'.'; 255], 80), 4),
        (named(b"", 80), 4),
        (named(b"a b", 80), 4),
        (named(b"a\0", 80), 4),
        (named(b"10.0.0.1", 80), 2),
        // As the system's resolver reads it, this is 10.0.0.1.
        (named(b"0xa.1", 80), 2),
        (request(refusing), 5),
        (named(b"127.0.0.1", refusing.port()), 5),
        (bind, 7),
        (udp, 7),
        (vec![5, 0, 0, 1], 7),
        (vec![5, 0xff, 0, 9], 7),
        (vec![5, 1, 0, 0], 8),
        (vec![5, 1, 0, 2], 8),
        (vec![5, 1, 0, 5], 8),
    ] {
        let mut client = greet(proxy).await;
        client.call(&request, refusal(code)).await;
        client.expect_eof().await;
    }
}

#[tokio::test]
async fn the_answer_has_the_address_from_which_the_proxy_connects() {
    let (_example, proxy) = start();
    for ip in [LOCALHOST, LOCALHOST_V6] {
        if TcpListener::bind((ip, 0)).await.is_err() {
            eprintln!("SKIPPED: needs IPv6");
            continue;
        }
        let (listener, _) = listen(ip).await;
        let (mut client, mut target) = through(proxy, &listener).await;
        talk(&mut client, &mut target).await;
    }
}

#[tokio::test]
async fn a_name_is_looked_up_and_its_addresses_are_tried_in_turn() {
    let (_example, proxy) = start();
    // `localhost` is ::1 on many machines, too, where nobody listens.
    let (listener, addr) = listen(LOCALHOST).await;
    let mut client = greet(proxy).await;
    client.send(named(b"localhost", addr.port())).await;
    let (mut target, bound) = Client::accept(&listener).await;
    client.expect(answer(0, bound)).await;
    talk(&mut client, &mut target).await;
}

#[tokio::test]
async fn without_networks_the_services_of_this_machine_are_not_reached() {
    let example = Example::start("socks5", &["0"]);
    let proxy = example.addr();
    let (listener, addr) = listen(LOCALHOST).await;
    let port = addr.port();
    for request in [
        request(addr),
        named(b"localhost", port),
        named(b"127.0.0.1", port),
        named(b"127.1", port),
        named(b"2130706433", port),
        named(b"::ffff:127.0.0.1", port),
        request(("::ffff:127.0.0.1".parse::<IpAddr>().unwrap(), port).into()),
        request(([0, 0, 0, 0], port).into()),
        request((Ipv6Addr::UNSPECIFIED, port).into()),
        request((Ipv6Addr::LOCALHOST, port).into()),
        request(([169, 254, 169, 254], 80).into()),
        // The proxy itself.
        request(proxy),
    ] {
        let mut client = greet(proxy).await;
        client.call(&request, refusal(2)).await;
        client.expect_eof().await;
    }
    drop(listener);
}

#[tokio::test]
async fn clients_of_other_machines_are_not_served_unless_somebody_says_so() {
    // With the PROXY protocol a client may be anybody.
    let forwarded = [
        ("SOCKS5_PROXY_PROTOCOL", "required"),
        ("SOCKS5_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let header = |ip: &str| format!("PROXY TCP4 {ip} 127.0.0.1 1000 1080\r\n");
    let (_example, proxy) = start_under(&forwarded);
    let mut client = Client::connect(proxy).await;
    client
        .call([header("127.0.0.9").as_bytes(), &GREETING].concat(), GREETED)
        .await;
    let mut client = Client::connect(proxy).await;
    client.send([header("192.0.2.1").as_bytes(), &GREETING].concat()).await;
    client.expect_eof_or_reset().await;

    let (_example, proxy) = start_under(&[&forwarded[..], &[("SOCKS5_ALLOW", "192.0.2.0/24")]].concat());
    let mut client = Client::connect(proxy).await;
    client
        .call([header("192.0.2.1").as_bytes(), &GREETING].concat(), GREETED)
        .await;
}

#[tokio::test]
async fn one_method_of_many_is_chosen() {
    let (_example, proxy) = start();
    let all: Vec<u8> = (0..=254).rev().collect();
    for (greeting, chosen) in [
        ([&[5, 255][..], &all].concat(), 0),
        (vec![5, 3, 1, 0, 2], 0),
        (vec![5, 0], 0xff),
        (vec![5, 1, 1], 0xff),
        (vec![5, 2, 1, 2], 0xff),
    ] {
        let mut client = Client::connect(proxy).await;
        client.call(greeting, [5, chosen]).await;
        if chosen == 0xff {
            client.expect_eof().await;
        }
    }
    let (_example, proxy) = start_under(&[("PROXY_USER", "anna:sesame")]);
    for (greeting, chosen) in [(vec![5, 2, 0, 2], 2), (vec![5, 1, 0], 0xff)] {
        let mut client = Client::connect(proxy).await;
        client.call(greeting, [5, chosen]).await;
    }
}

#[tokio::test]
async fn a_login_may_be_as_long_as_the_protocol_has_it() {
    let (name, password) = ("n".repeat(255), "p".repeat(255));
    let (_example, proxy) = start_under(&[("PROXY_USER", &format!("{name}:{password}"))]);
    let login = |name: &str, password: &str| {
        let parts = [name, password].map(|part| [&[u8::try_from(part.len()).unwrap()], part.as_bytes()].concat());
        [&[1][..], &parts.concat()].concat()
    };
    let mut client = Client::connect(proxy).await;
    client.call([5, 1, 2], [5, 2]).await;
    client.call(login(&name, &password), [1, 0]).await;
    client.call([5, 2, 0, 1], refusal(7)).await;
    for (name, password) in [(&name[..], ""), ("", &password[..]), ("", ""), (&name, &name)] {
        let mut client = Client::connect(proxy).await;
        client.call([5, 1, 2], [5, 2]).await;
        client.call(login(name, password), [1, 1]).await;
        client.expect_eof().await;
    }
}

#[tokio::test]
async fn a_request_without_the_login_gets_nowhere() {
    let (_example, proxy) = start_under(&[("PROXY_USER", "anna:sesame")]);
    let (listener, addr) = listen(LOCALHOST).await;
    let mut client = Client::connect(proxy).await;
    client.call([5, 2, 0, 2], [5, 2]).await;
    client.send(request(addr)).await;
    client.expect_eof().await;
    drop(listener);
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let (_example, proxy) = start_under(&[("PROXY_USER", "anna:sesame")]);
    let (listener, addr) = listen(LOCALHOST).await;
    let mut client = Client::connect(proxy).await;
    client.stream().set_nodelay(true).expect("the option is known");
    let login = [5, 2, 0, 2].into_iter().chain(*b"\x01\x04anna\x06sesame");
    for byte in login.chain(named(b"127.0.0.1", addr.port())) {
        client.send([byte]).await;
    }
    let (mut target, bound) = Client::accept(&listener).await;
    client.expect([&[5, 2, 1, 0], &answer(0, bound)[..]].concat()).await;
    talk(&mut client, &mut target).await;
}

#[tokio::test]
async fn bytes_behind_the_request_go_to_the_target() {
    let (_example, proxy) = start();
    let (listener, addr) = listen(LOCALHOST).await;
    // More than any buffer has.
    let behind = b"0123456789".repeat(100_000);
    let mut client = Client::connect(proxy).await;
    let all = [&GREETING[..], &request(addr), &behind].concat();
    let sent = async {
        client.send(&all).await;
        client.half_close().await;
    };
    let received = async {
        let (mut target, bound) = Client::accept(&listener).await;
        let received = target.rest().await;
        (target, bound, received)
    };
    let ((), (mut target, bound, received)) = tokio::join!(sent, received);
    assert!(received == behind, "{} bytes", received.len());
    target.send("all of it").await;
    drop(target);
    client
        .expect([&GREETED, &answer(0, bound)[..], b"all of it"].concat())
        .await;
    client.expect_eof().await;
}

#[tokio::test]
async fn other_protocols_get_no_answer() {
    let (_example, proxy) = start();
    for bytes in [
        // SOCKS4, HTTP, TLS, a later SOCKS.
        &b"\x04\x01\0\x50\x7f\0\0\x01anna\0"[..],
        b"CONNECT example.test:443 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0",
        b"\x06\x01\0",
        b"\0\0",
    ] {
        let mut client = Client::connect(proxy).await;
        client.send(bytes).await;
        client.expect_eof_or_reset().await;
    }
    // In the middle.
    for bytes in [&b"\x04\x01\0\x01\x7f\0\0\x01\0\x50"[..], b"GET /", b"\0\0\0\0"] {
        let mut client = greet(proxy).await;
        client.send(bytes).await;
        client.expect_eof_or_reset().await;
    }
    let (_example, proxy) = start_under(&[("PROXY_USER", "anna:sesame")]);
    for bytes in [&b"\x05\x04anna\x06sesame"[..], b"\0\0", b"\x02\x04anna\x06sesame"] {
        let mut client = Client::connect(proxy).await;
        client.call([5, 1, 2], [5, 2]).await;
        client.send(bytes).await;
        client.expect_eof_or_reset().await;
    }
}

#[tokio::test]
async fn ten_thousand_bytes_of_junk_harm_nobody() {
    let (_example, proxy) = start();
    for seed in 1..=200 {
        let mut random = Random(seed);
        let mut junk: Vec<u8> = (0..10_000).map(|_| random.byte()).collect();
        // More and more of it is what the proxy expects, up to a request for what isn't reached.
        let right = [&GREETING[..], &[5, 1, 0, 1, 10, 0, 0, 1]].concat();
        let right = &right[..random.below(right.len() + 1)];
        junk[..right.len()].copy_from_slice(right);
        let mut client = Client::connect(proxy).await;
        client.send(&junk).await;
        client.expect_gone().await;
    }
    let (listener, _) = listen(LOCALHOST).await;
    let (mut client, mut target) = through(proxy, &listener).await;
    talk(&mut client, &mut target).await;
}

#[test]
fn mistakes_in_the_arguments_are_told() {
    for (arguments, user, mistake) in [
        (&["port"][..], "a:b", "\"port\" is no port: 0 takes a free one"),
        (&["65536"], "a:b", "\"65536\" is no port"),
        (&["0", "10.0.0.1/8"], "a:b", "the block is 10.0.0.0/8"),
        (
            &["0", "example.test"],
            "a:b",
            "\"example.test\" is no block of addresses",
        ),
        (&["0"], "anna", "PROXY_USER is no name:password"),
        (&["0"], ":", "PROXY_USER is no name:password"),
    ] {
        let example = Example::start_under("socks5", arguments, &[("PROXY_USER", user)]);
        let (success, log) = example.wait();
        let said = log.join("\n");
        assert!(!success && said.contains(mistake), "{arguments:?}: {said}");
        assert!(said.contains("usage: "), "{said}");
    }
}
