//! The example `smtp`, with clients that send mail, and with dialogues that they don't have.
//!
//! Longer than other files, as it drives every command of one example.

use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use kai_tcp_server_tests::{Client, Example, available};

const SIZE_MAX: usize = 4 * 1024 * 1024;
const TAKEN: &str = "250 sender taken\r\n250 recipient taken\r\n";
const GO_ON: &str = "354 go on, and end by a dot on a line of its own\r\n";
const TOO_LARGE: &str = "552 too large: SIZE says what is taken\r\n";
const ENVELOPE: &str = "MAIL FROM:<anna@a.test>\r\nRCPT TO:<bob@b.test>\r\n";

fn start() -> (Example, SocketAddr) {
    let example = Example::start("smtp", &["0"]);
    let addr = example.addr();
    (example, addr)
}

/// Connects a client, which has been greeted.
async fn connect(addr: SocketAddr) -> Client {
    let mut client = Client::connect(addr).await;
    client.expect("220 localhost ESMTP mail sink\r\n").await;
    client
}

/// Connects a client that may send mail.
async fn hello(addr: SocketAddr) -> Client {
    let mut client = connect(addr).await;
    client.call("HELO here\r\n", "250 localhost\r\n").await;
    client
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

// ---- foreign clients

#[test]
fn smtplib_passes() {
    if !available("python3", &["-c", "import smtplib"], "apt-get install python3") {
        return;
    }
    let (example, addr) = start();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/smtp_smtplib.py");
    let output = Command::new("python3")
        .args([script, &addr.ip().to_string(), &addr.port().to_string()])
        .output()
        .expect("python runs");
    println!("{}", text(&output));
    assert!(output.status.success(), "{}", text(&output));
    let line = example.line_with("mail 1 from ");
    assert!(
        line.contains(r#"from "anna@example.test" to ["bob@example.test", "carol@example.test"] of "#),
        "{line}"
    );
}

#[test]
fn swaks_passes() {
    if !available("swaks", &["--version"], "apt-get install swaks") {
        return;
    }
    let (example, addr) = start();
    for pipelined in [&[][..], &["--pipeline"]] {
        let output = Command::new("swaks")
            .args(["--server", &addr.ip().to_string(), "--port", &addr.port().to_string()])
            .args([
                "--ehlo",
                "client.test",
                "--from",
                "anna@a.test",
                "--to",
                "bob@b.test,carol@c.test",
            ])
            .args(["--header", "Subject: by swaks", "--body", ".\\n..\\nlast"])
            .args(pipelined)
            .stdin(Stdio::null())
            .output()
            .expect("swaks runs");
        println!("{}", text(&output));
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("<-  221 localhost bye"), "{}", text(&output));
        let line = example.line_with(" from ");
        assert!(
            line.contains(r#"from "anna@a.test" to ["bob@b.test", "carol@c.test"] of "#),
            "{line}"
        );
    }
}

// ---- mail

#[tokio::test]
async fn a_mail_is_taken_shown_and_logged() {
    let (example, addr) = start();
    let mut client = hello(addr).await;
    client.call("xlast\r\n", "550 no mail has come\r\n").await;
    client.call("mail from:<>\r\n", "250 sender taken\r\n").await;
    client.call("Rcpt To:<Postmaster>\r\n", "250 recipient taken\r\n").await;
    client.call("DATA\r\n", GO_ON).await;
    // Text that looks like commands gets no replies.
    client
        .call("Subject: hi\r\n\r\nQUIT\r\nRSET\r\n.\r\n", "250 mail 1 is taken\r\n")
        .await;
    let shown =
        "250-from <>\r\n250-to <Postmaster>\r\n250-Subject: hi\r\n250-\r\n250-QUIT\r\n250-RSET\r\n250 that was it\r\n";
    client.call("XLAST\r\n", shown).await;
    let line = example.line_with("mail 1 ");
    assert!(
        line.contains(r#"from "" to ["Postmaster"] of 27 bytes, sent by 127.0.0.1:"#),
        "{line}"
    );
    client.call("QUIT\r\nNOOP\r\n", "221 localhost bye\r\n").await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_pipelined_conversation_is_answered_in_order() {
    let (_example, addr) = start();
    let mut client = connect(addr).await;
    let extensions = "250-localhost\r\n250-PIPELINING\r\n250-SIZE 4194304\r\n250 8BITMIME\r\n";
    client
        .send(format!("EHLO [127.0.0.1]\r\n{ENVELOPE}RCPT TO:<x>\r\nDATA\r\n"))
        .await;
    client
        .expect(format!("{extensions}{TAKEN}501 that is no address\r\n{GO_ON}"))
        .await;
    client
        .send(format!("one\r\n.\r\n{ENVELOPE}DATA\r\ntwo\r\n.\r\nXLAST\r\nQUIT\r\n"))
        .await;
    client
        .expect(format!("250 mail 1 is taken\r\n{TAKEN}{GO_ON}250 mail 2 is taken\r\n"))
        .await;
    client
        .expect("250-from <anna@a.test>\r\n250-to <bob@b.test>\r\n250-two\r\n250 that was it\r\n221 localhost bye\r\n")
        .await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_dot_that_was_added_is_taken_off_again() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    client
        .call(format!("{ENVELOPE}DATA\r\n"), format!("{TAKEN}{GO_ON}"))
        .await;
    client
        .call("..\r\n...\r\n.x\r\n x.\r\n. \r\n.\r\n", "250 mail 1 is taken\r\n")
        .await;
    let head = "250-from <anna@a.test>\r\n250-to <bob@b.test>\r\n";
    client
        .call(
            "XLAST\r\n",
            format!("{head}250-.\r\n250-..\r\n250-x\r\n250- x.\r\n250- \r\n250 that was it\r\n"),
        )
        .await;
}

#[tokio::test]
async fn nothing_but_crlf_ends_a_line() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    for end in ["\n.\n", "\r.\r", "\n.\r", "\r\n.\n", "\n.\r\n"] {
        client
            .call(format!("{ENVELOPE}DATA\r\n"), format!("{TAKEN}{GO_ON}"))
            .await;
        // A server that takes this for the end of a mail would accept a second one.
        let smuggled =
            format!("one{end}MAIL FROM:<eve@e.test>\r\nRCPT TO:<bob@b.test>\r\nDATA\r\ntwo\r\n.\r\nNOOP\r\n");
        client
            .call(smuggled, "554 a CR or LF stands alone in it\r\n250 done\r\n")
            .await;
    }
    client.call("XLAST\r\n", "550 no mail has come\r\n").await;
    client
        .call("RSET\nQUIT\r\n", "500 no such command: HELP lists them\r\n")
        .await;
    client.call("MAIL FROM:<a@b\n>\r\n", "501 that is no address\r\n").await;
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    client.stream().set_nodelay(true).expect("the option is known");
    for byte in format!("{ENVELOPE}DATA\r\n..\r\n.\r\n").bytes() {
        client.send([byte]).await;
    }
    client.expect(format!("{TAKEN}{GO_ON}250 mail 1 is taken\r\n")).await;
}

#[tokio::test]
async fn each_connection_has_a_mail_of_its_own() {
    let (_example, addr) = start();
    let mut anna = hello(addr).await;
    let mut bob = hello(addr).await;
    anna.call(format!("{ENVELOPE}DATA\r\nfrom anna\r\n"), format!("{TAKEN}{GO_ON}"))
        .await;
    bob.call(
        "MAIL FROM:<b@b>\r\nRCPT TO:<c@c>\r\nDATA\r\n",
        format!("{TAKEN}{GO_ON}"),
    )
    .await;
    // Half a mail isn't kept.
    anna.half_close().await;
    anna.expect_eof().await;
    bob.call("from bob\r\n.\r\n", "250 mail 1 is taken\r\n").await;
    let shown = "250-from <b@b>\r\n250-to <c@c>\r\n250-from bob\r\n250 that was it\r\n";
    bob.call("XLAST\r\n", shown).await;
}

#[tokio::test]
async fn text_may_be_any_bytes() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    client
        .call("MAIL FROM:<a@b> BODY=8BITMIME SIZE=256\r\n", "250 sender taken\r\n")
        .await;
    client
        .call("RCPT TO:<a@b>\r\nDATA\r\n", format!("250 recipient taken\r\n{GO_ON}"))
        .await;
    let bytes: Vec<u8> = (0..=255).filter(|byte| !b"\r\n".contains(byte)).collect();
    client
        .call([&bytes[..], b"\r\n.\r\n"].concat(), "250 mail 1 is taken\r\n")
        .await;
    let shown = [
        b"250-from <a@b>\r\n250-to <a@b>\r\n250-",
        &bytes[..],
        b"\r\n250 that was it\r\n",
    ]
    .concat();
    client.call("XLAST\r\n", shown).await;
}

// ---- what is refused

#[tokio::test]
async fn commands_have_an_order() {
    let (_example, addr) = start();
    let mut client = connect(addr).await;
    let refused = "503 EHLO comes first\r\n503 MAIL comes first\r\n503 MAIL and RCPT come first\r\n";
    client.call(format!("{ENVELOPE}DATA\r\n"), refused).await;
    client
        .call(
            "RSET\r\nMAIL FROM:<a@b>\r\n",
            "250 forgotten\r\n503 EHLO comes first\r\n",
        )
        .await;
    client.call("HELO here\r\n", "250 localhost\r\n").await;
    client.call("RCPT TO:<a@b>\r\n", "503 MAIL comes first\r\n").await;
    client
        .call(
            "MAIL FROM:<a@b>\r\nDATA\r\n",
            "250 sender taken\r\n554 no valid recipients\r\n",
        )
        .await;
    client
        .call("MAIL FROM:<a@b>\r\n", "503 there is a sender already\r\n")
        .await;
    client.call("RCPT TO:<a@b>\r\n", "250 recipient taken\r\n").await;
    // Both start again.
    client
        .call("RSET\r\nDATA\r\n", "250 forgotten\r\n503 MAIL and RCPT come first\r\n")
        .await;
    client.call(ENVELOPE, TAKEN).await;
    client
        .call(
            "HELO here\r\nDATA\r\n",
            "250 localhost\r\n503 MAIL and RCPT come first\r\n",
        )
        .await;
    // After a reset no earlier recipient is left.
    client
        .call(
            format!("{ENVELOPE}RSET\r\nMAIL FROM:<c@d>\r\n"),
            format!("{TAKEN}250 forgotten\r\n250 sender taken\r\n"),
        )
        .await;
    client
        .call(
            "RCPT TO:<e@f>\r\nDATA\r\n.\r\n",
            format!("250 recipient taken\r\n{GO_ON}250 mail 1 is taken\r\n"),
        )
        .await;
    client
        .call("XLAST\r\n", "250-from <c@d>\r\n250-to <e@f>\r\n250 that was it\r\n")
        .await;
}

#[tokio::test]
async fn what_is_no_command_is_told() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    for (line, code) in [
        ("", "500"),
        ("nonsense", "500"),
        ("datax", "500"),
        ("noopx", "500"),
        ("HELO", "501"),
        ("EHLO ", "501"),
        ("EHLO  ", "501"),
        ("NOOP \t ", "250"),
        ("RSET ", "250"),
        ("EHLO a b", "501"),
        ("EHLO a\x1b[2J", "501"),
        ("MAIL", "501"),
        ("MAIL FROM:", "501"),
        ("MAIL FROM:a@b", "501"),
        ("MAIL TO:<a@b>", "501"),
        ("MAIL FROM:<a@b", "501"),
        ("MAIL FROM:<a@b>SIZE=1", "501"),
        ("MAIL FROM:<a@b> SIZE=x", "501"),
        ("MAIL FROM:<a@b> SIZE=", "501"),
        ("MAIL FROM:<a@b> BODY=BINARYMIME", "501"),
        ("MAIL FROM:<a@b> AUTH=<>", "555"),
        ("MAIL FROM:<a@b> SIZE=4194305", "552"),
        ("MAIL FROM:<a@b> SIZE=99999999999999999999999", "552"),
        ("VRFY", "501"),
        ("VRFY bob", "252"),
        ("EXPN list", "502"),
        ("STARTTLS", "502"),
        ("QUIT now", "501"),
        ("RSET now", "501"),
    ] {
        client.send(format!("{line}\r\n")).await;
        let answer = client.line().await;
        assert!(answer.starts_with(code), "{line:?}: {answer:?}");
    }
    client
        .call("MAIL FROM:<a@b> size=4194304 body=7bit\r\n", "250 sender taken\r\n")
        .await;
    client
        .call("RCPT TO:<a@b> NOTIFY=NEVER\r\n", "555 no such parameter\r\n")
        .await;
    client.call("RCPT TO:<a@b> \r\n", "250 recipient taken\r\n").await;
}

#[tokio::test]
async fn a_mistake_of_blanks_is_named() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    for sender in ["MAIL FROM: <a@b>", "mail from:  <a@b> SIZE=1", "MAIL FROM: a@b"] {
        client
            .call(
                format!("{sender}\r\n"),
                "501 no blank after the colon: MAIL FROM:<address>\r\n",
            )
            .await;
    }
    client
        .call(
            "MAIL FROM:<a@b>SIZE=1\r\n",
            "501 a blank comes before each parameter\r\n",
        )
        .await;
    client.call("MAIL FROM:<a@b>\r\n", "250 sender taken\r\n").await;
    client
        .call(
            "RCPT TO: <a@b>\r\n",
            "501 no blank after the colon: RCPT TO:<address>\r\n",
        )
        .await;
}

#[tokio::test]
async fn an_http_request_sends_no_mail() {
    let (_example, addr) = start();
    let long = format!("POST /{}", "x".repeat(1000));
    for begin in ["POST /", "PUT /", "get /", &long] {
        let mut browser = connect(addr).await;
        let body = format!("EHLO page\r\n{ENVELOPE}DATA\r\nsent by a page\r\n.\r\n");
        browser
            .send(format!("{begin} HTTP/1.1\r\nHost: {addr}\r\n\r\n{body}"))
            .await;
        browser.expect("421 localhost speaks no HTTP, bye\r\n").await;
        browser.expect_eof().await;
    }
    let mut client = hello(addr).await;
    client.call("XLAST\r\n", "550 no mail has come\r\n").await;
    // In a mail's text it is text.
    client
        .call(
            format!("{ENVELOPE}DATA\r\nGET / HTTP/1.1\r\n.\r\n"),
            format!("{TAKEN}{GO_ON}250 mail 1 is taken\r\n"),
        )
        .await;
}

#[tokio::test]
async fn addresses_are_looked_at() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    client.call("MAIL FROM:<>\r\n", "250 sender taken\r\n").await;
    let long = format!("{}@b", "a".repeat(65));
    for wrong in [
        "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@b\x07", "ä@b", "a@[b", "\"@b", "a<@b", "@x", &long,
    ] {
        client
            .call(format!("RCPT TO:<{wrong}>\r\n"), "501 that is no address\r\n")
            .await;
    }
    for right in [
        "a@b",
        "a.b+c@d.test",
        "\"a@b\"@c",
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "@x,@y:a@b",
    ] {
        client
            .call(format!("RCPT TO:<{right}>\r\n"), "250 recipient taken\r\n")
            .await;
    }
    client.send(b"RCPT TO:<\xff@b>\r\n").await;
    client.expect("501 RCPT TO:<address>\r\n").await;
    client
        .call("DATA\r\n.\r\n", format!("{GO_ON}250 mail 1 is taken\r\n"))
        .await;
    let to = "<a@b>, <a.b+c@d.test>, <\"a@b\"@c>, <a@[127.0.0.1]>, <a@[IPv6:::1]>, <a@b>";
    client
        .call(
            "XLAST\r\n",
            format!("250-from <>\r\n250-to {to}\r\n250 that was it\r\n"),
        )
        .await;
}

#[tokio::test]
async fn a_mail_has_a_hundred_recipients_at_most() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    client.call("MAIL FROM:<a@b>\r\n", "250 sender taken\r\n").await;
    client
        .call("RCPT TO:<a@b>\r\n".repeat(100), "250 recipient taken\r\n".repeat(100))
        .await;
    let refused = "452 too many recipients: send another mail to these\r\n";
    client.call("RCPT TO:<a@b>\r\n", refused).await;
    client
        .call("DATA\r\n.\r\n", format!("{GO_ON}250 mail 1 is taken\r\n"))
        .await;
}

#[tokio::test]
async fn a_mail_that_is_too_large_is_read_to_its_end_and_refused() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    let line = format!("{}\r\n", "x".repeat(1022));
    let largest = line.repeat(SIZE_MAX / line.len());
    for (text, answer) in [
        (largest.clone(), "250 mail 1 is taken\r\n"),
        (format!("{largest}\r\n"), TOO_LARGE),
        (format!("{largest}x\r\n{largest}{line}"), TOO_LARGE),
        ("small\r\n".into(), "250 mail 2 is taken\r\n"),
    ] {
        client
            .call(format!("{ENVELOPE}DATA\r\n"), format!("{TAKEN}{GO_ON}"))
            .await;
        client.call(format!("{text}.\r\n"), answer).await;
    }
}

#[tokio::test]
async fn lines_have_a_limit() {
    let (_example, addr) = start();
    let mut client = hello(addr).await;
    client
        .call(format!("NOOP {}\r\n", "x".repeat(548)), "250 done\r\n")
        .await;
    client
        .call(format!("NOOP {}\r\n", "x".repeat(549)), "500 line too long\r\n")
        .await;
    client
        .call(format!("{ENVELOPE}DATA\r\n"), format!("{TAKEN}{GO_ON}"))
        .await;
    let longest = "x".repeat(16 * 1024);
    client
        .call(format!("{longest}\r\n.\r\n"), "250 mail 1 is taken\r\n")
        .await;
    client
        .call(format!("{longest}x\r\n"), "500 line too long, bye\r\n")
        .await;
    client.expect_eof().await;
}

#[tokio::test]
async fn a_stop_says_421_whatever_a_client_is_at() {
    let (example, addr) = start();
    let mut idle = connect(addr).await;
    let mut sender = hello(addr).await;
    sender
        .call(format!("{ENVELOPE}DATA\r\nhalf a mail\r\n"), format!("{TAKEN}{GO_ON}"))
        .await;
    example.signal("TERM");
    for client in [&mut idle, &mut sender] {
        client.expect("421 localhost is closing, bye\r\n").await;
        client.expect_eof().await;
    }
    drop((idle, sender));
    let (success, _) = example.wait();
    assert!(success);
}

#[tokio::test]
async fn memory_is_bounded() {
    let (example, addr) = start();
    let mut client = hello(addr).await;
    let text = format!("{}\r\n", "x".repeat(998)).repeat(4000);
    for number in 1..=40 {
        client
            .call(format!("{ENVELOPE}DATA\r\n"), format!("{TAKEN}{GO_ON}"))
            .await;
        client
            .call(format!("{text}.\r\n"), format!("250 mail {number} is taken\r\n"))
            .await;
    }
    if cfg!(target_os = "linux") {
        let status = std::fs::read_to_string(format!("/proc/{}/status", example.id())).expect("Linux has it");
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("Linux says it");
        println!("peak:{peak}");
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number of kB");
        assert!(peak < 120 * 1024, "{peak} kB after 160 MB of mail");
    }
}
