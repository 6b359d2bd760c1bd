use super::*;

fn told(text: &str) -> String {
    Entry::parse(text).map_or_else(|mistake| mistake.to_string(), |entry| panic!("{text}: {entry:?}"))
}

/// Whether what a mistake says to write, in double quotes, is read.
fn ways_out(told: &str) -> impl Iterator<Item = &str> {
    told.split('"').skip(1).step_by(2)
}

#[test]
fn an_address_is_read_and_written_as_the_same() {
    for text in [
        "127.0.0.1:0",
        "0.0.0.0:65535",
        "[::1]:10000",
        "[::]:0",
        "[fe80::1%3]:80",
        "unix:/run/echo.sock",
        "unix:/a",
        "unix:/run/écho.sock",
        "unix:@echo",
        "unix:@a/b:c",
        "systemd:web",
        "systemd:0",
        "systemd:65",
    ] {
        assert_eq!(Entry::parse(text).expect(text).address.to_string(), text);
    }
    assert_eq!(
        Entry::parse(" \t unix:/run/echo.sock\t").expect("blanks").address,
        Address::Unix(UnixAddress::Path("/run/echo.sock"))
    );
    assert_eq!(
        Entry::parse("systemd:1").expect("a number").address,
        Address::Systemd(Passed::Numbered(1))
    );
}

#[test]
fn words_are_read() {
    let entry = Entry::parse(
        "0.0.0.0:443 tls cert=a.pem key=a.key cert=b.pem key=b.key client_ca=ca.pem client_optional alpn=h2 alpn=echo \
         proxy_protocol",
    );
    let entry = entry.expect("words");
    assert_eq!((entry.tls, entry.proxy), (Tls::AtOnce, Proxy::Required));
    assert_eq!(
        (entry.certs, entry.keys),
        (vec!["a.pem", "b.pem"], vec!["a.key", "b.key"])
    );
    assert_eq!((entry.client_ca, entry.client_optional), (Some("ca.pem"), true));
    assert_eq!(entry.alpn, ["h2", "echo"]);
    let entry =
        Entry::parse("unix:/run/e mode=0660 owner=echo group=33 proxy_protocol=optional starttls").expect("words");
    assert_eq!(
        (entry.mode, entry.tls, entry.proxy),
        (Some(0o660), Tls::Later, Proxy::Optional)
    );
    assert_eq!(
        (entry.owner, entry.group),
        (Some(Who::Name("echo")), Some(Who::Number(33)))
    );
    let entry = Entry::parse("127.0.0.1:1 proxy_protocol=required").expect("a word");
    assert_eq!(entry.proxy, Proxy::Required);
    for name in word_names() {
        assert_eq!(word::word(name), Some(name));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn a_mistake_names_the_way_out() {
    for (text, message) in [
        ("", r#"an address is missing here, like "0.0.0.0:10000""#),
        (" \t", r#"an address is missing here, like "0.0.0.0:10000""#),
        ("0.0.0.0", r#""0.0.0.0" has no port: write "0.0.0.0:10000""#),
        ("::1", r#""::1" has no port: write "[::1]:10000""#),
        ("[::1]", r#""::1" has no port: write "[::1]:10000""#),
        (
            "2001:db8::1:80",
            r#"an IPv6 address with a port has brackets: "[2001:db8::1]:80""#,
        ),
        (
            "::1:10000",
            r#"an IPv6 address with a port has brackets: "[::1]:10000""#,
        ),
        (
            "localhost:10000",
            r#"this takes an address, not the name of a host: "127.0.0.1:10000", or "[::1]:10000" for IPv6"#,
        ),
        (
            "example.org:80",
            r#"this takes an address, not the name of a host, like "0.0.0.0:80" instead of "example.org:80""#,
        ),
        (
            "10000",
            r#"the address is missing before the port: "127.0.0.1:10000" for this machine alone, "0.0.0.0:10000" for all"#,
        ),
        (
            ":80",
            r#"the address is missing before the port: "127.0.0.1:80" for this machine alone, "0.0.0.0:80" for all"#,
        ),
        (
            "*:80",
            r#"every address is "0.0.0.0:80", or "[::]:80" for both families"#,
        ),
        ("127.0.0.1:70000", "a port is from 0 to 65535, not 70000"),
        (
            "tcp://0.0.0.0:10000",
            r#"an address has no `tcp://` before it: "0.0.0.0:10000""#,
        ),
        (
            "https://0.0.0.0:443/",
            r#"an address has no `https://` before it, and TLS is a word behind it: "0.0.0.0:443 tls""#,
        ),
        (
            "unix:///run/e",
            r#"a Unix socket is written without `//`: "unix:/run/e""#,
        ),
        (
            "unix://run/e",
            r#"a Unix socket is written without `//`: "unix:/run/e""#,
        ),
        (
            "unix:echo.sock",
            r#"the path of a Unix socket begins at the root, as a server may start in any folder: "unix:/run/echo.sock""#,
        ),
        (
            "unix:/run/",
            r#""/run/" is a folder: a Unix socket is a file in it, like "unix:/run/echo.sock""#,
        ),
        ("unix:", r#"the path is missing: "unix:/run/echo.sock""#),
        ("unix:@", r#"the path is missing: "unix:/run/echo.sock""#),
        ("/run/e", r#"a Unix socket is written "unix:/run/e""#),
        (
            "systemd:",
            r#"the name is missing: "systemd:web" for `FileDescriptorName=web`, or "systemd:0" for the first"#,
        ),
        (
            "0.0.0.0:443 ssl",
            "there is no word `ssl` for a listener: it's called `tls` here",
        ),
        (
            "0.0.0.0:443 https",
            "there is no word `https` for a listener: it's called `tls` here",
        ),
        (
            "0.0.0.0:443 accept-proxy",
            "there is no word `accept-proxy` for a listener: it's called `proxy_protocol` here",
        ),
        (
            "0.0.0.0:443 proxy=optional",
            "there is no word `proxy` for a listener: it's called `proxy_protocol` here",
        ),
        (
            "0.0.0.0:443 proxy_protocl",
            "there is no word `proxy_protocl` for a listener: did you mean `proxy_protocol`?",
        ),
        ("https", r#"the address comes first: "0.0.0.0:10000 tls""#),
        ("tls 0.0.0.0:443", r#"the address comes first: "0.0.0.0:10000 tls""#),
        (
            "0.0.0.0:1 0.0.0.0:2",
            "one listener has one address: `0.0.0.0:2` is another listener",
        ),
        (
            "0.0.0.0:1,0.0.0.0:2",
            r#"each listener has a text of its own, without a comma in it: "0.0.0.0:1", "0.0.0.0:2""#,
        ),
        ("0.0.0.0:1 tls tls", "`tls` is given twice: keep one of both"),
        (
            "0.0.0.0:1 tls=yes",
            "`tls` takes no value: write `tls`, or leave it out",
        ),
        (
            "0.0.0.0:1 tls cert",
            "`cert` needs a value, without spaces: `cert=cert.pem`",
        ),
        (
            "0.0.0.0:1 tls cert=",
            "`cert` needs a value, without spaces: `cert=cert.pem`",
        ),
        (
            "0.0.0.0:1 tls cert=a",
            "`cert` and `key` go together, and here are 1 and 0: `tls cert=cert.pem key=key.pem`",
        ),
        ("0.0.0.0:1 cert=a key=b", "`cert` is for TLS: add `tls`, or `starttls`"),
        (
            "0.0.0.0:1 mode=660",
            "`mode` is for the file of a Unix socket, and this listener has none: remove it",
        ),
        (
            "systemd:web owner=a",
            "systemd makes this socket: `SocketUser=` of its unit says the `owner`; remove it here",
        ),
        (
            "unix:/run/e owner=a:b",
            "`owner` takes one name: write `owner=a group=b`",
        ),
        ("a\u{1b}b", "a listener must not contain control characters"),
        ("unix:/run/e\0", "a listener must not contain control characters"),
    ] {
        assert_eq!(told(text), message, "{text:?}");
    }
    for mode in ["rw", "0o660", "1777", "1000", "8", "66", "00660", "-660", "+660", "778"] {
        assert!(
            told(&format!("unix:/run/e mode={mode}")).starts_with("a mode is an octal number"),
            "{mode}"
        );
    }
    assert!(told("unix:@name mode=660").starts_with("an abstract name has no file"));
    assert!(told("nothing at all").starts_with(r#""nothing" is no address"#));
    assert!(told("0.0.0.0:1 tls starttls").ends_with("keep one of both"));
    assert!(told("0.0.0.0:1 proxy_protocol=v2").contains("both versions"));
    assert!(told("unix:/run/e owner=4294967295").ends_with("4294967295 is none"));
}

#[test]
fn what_a_mistake_says_to_write_is_read() {
    for text in [
        "0.0.0.0",
        "::1",
        "localhost:1",
        "10000",
        "*:80",
        "tcp://[::1]:1",
        "tls://0.0.0.0:1",
        "unix:e",
        "/run/e",
        "https",
        "",
    ] {
        let told = told(text);
        let ways: Vec<_> = ways_out(&told).filter(|way| *way != text).collect();
        assert!(!ways.is_empty(), "{told}");
        for way in ways {
            assert!(Entry::parse(way).is_ok(), "{text:?}: {way:?}");
        }
    }
}

#[test]
fn a_path_has_as_many_bytes_as_the_system_takes() {
    let path = |bytes: usize| format!("unix:/{}", "a".repeat(bytes - 1));
    assert!(Entry::parse(&path(PATH_MAX)).is_ok());
    assert!(told(&path(PATH_MAX + 1)).contains("at most 107 bytes, and this one has 108"));
    let name = |bytes: usize| format!("unix:@{}", "é".repeat(bytes / 2));
    assert!(Entry::parse(&name(106)).is_ok());
    assert!(told(&name(108)).contains("has 108"));
}

#[test]
fn the_same_address_twice_is_found() {
    let addresses = |texts: &[&'static str]| -> Vec<Address<'static>> {
        texts
            .iter()
            .map(|text| Entry::parse(text).expect("an address").address)
            .collect()
    };
    assert_eq!(
        twice(&addresses(&["0.0.0.0:1", "0.0.0.0:2", "unix:/a", "systemd:0"])),
        None
    );
    assert_eq!(twice(&addresses(&["0.0.0.0:0", "0.0.0.0:0"])), None);
    let found = |texts: &[&'static str]| twice(&addresses(texts)).map(|(at, _)| at);
    assert_eq!(found(&["0.0.0.0:1", "0.0.0.0:2", "0.0.0.0:1 tls"]), Some(2));
    assert_eq!(found(&["unix:/a", "unix:/a mode=660"]), Some(1));
    assert_eq!(found(&["systemd:web", "systemd:web"]), Some(1));
}
