//! Servers of each packet mode for foreign protocols: frames in, replies out, changes of mode.

#![allow(clippy::unused_self)] // a callback's signature is given

use kai_tcp_server::{Action, Packet, Result, Server, Socket, start, tcp_server};
use kai_tcp_server_tests::Client;

macro_rules! echoes {
    ($($name:ident = [$($options:tt)+];)+) => {$(
        struct $name;

        #[tcp_server(port = 0, packet_size = 100, $($options)+)]
        impl $name {
            fn handle_call(&self, data: &[u8]) -> Action {
                reply(("<", data, ">"))
            }
        }
    )+};
}

echoes! {
    Asn1 = [packet = asn1];
    Cdr = [packet = cdr];
    Sunrm = [packet = sunrm];
    Fcgi = [packet = fcgi];
    Tpkt = [packet = tpkt];
    Http = [packet = http];
    Httph = [packet = httph];
    Nul = [packet = line, delimiter = b'\0'];
    Letter = [packet = line, delimiter = b'x'];
}

/// Sends frames, each with the bytes that the mode removes after it, and expects the frames back.
async fn echoed(server: Server, frames: &[&[u8]], cut_off: &[&[u8]]) {
    let nothing: &[u8] = b"";
    let behind = cut_off.iter().copied().chain(std::iter::repeat(nothing));
    let sent: Vec<u8> = frames
        .iter()
        .zip(behind)
        .flat_map(|(frame, behind)| [*frame, behind].concat())
        .collect();
    let replies: Vec<u8> = frames.iter().flat_map(|frame| [b"<", *frame, b">"].concat()).collect();
    let mut client = Client::connect(server.local_addr()).await;
    client.stream().set_nodelay(true).expect("a socket");
    client.call(&sent, &replies).await;
    for byte in sent {
        client.send([byte]).await;
    }
    client.expect(&replies).await;
    client.half_close().await;
    client.expect_eof().await;
    assert_eq!(server.info().calls, 2 * frames.len() as u64);
}

#[tokio::test]
async fn frames_come_whole_at_once_and_byte_by_byte() {
    let long = [&[0x04, 0x64][..], &[b'a'; 100]].concat();
    let asn1: [&[u8]; 5] = [
        b"\x30\x03abc",
        b"\x1f\x81\x01\x01z",
        b"\x04\x82\x00\x02hi",
        b"\x05\x00",
        &long,
    ];
    echoed(start(Asn1).await.unwrap(), &asn1, &[]).await;
    let cdr: [&[u8]; 3] = [
        b"GIOP\x01\x02\x00\x00\x00\x00\x00\x03abc",
        b"GIOP\x01\x02\x01\x00\x03\x00\x00\x00abc",
        b"GIOP\x01\x00\x00\x05\x00\x00\x00\x00",
    ];
    echoed(start(Cdr).await.unwrap(), &cdr, &[]).await;
    let sunrm: [&[u8]; 3] = [b"\x00\x00\x00\x03abc", b"\x80\x00\x00\x03def", b"\x80\x00\x00\x00"];
    echoed(start(Sunrm).await.unwrap(), &sunrm, &[]).await;
    let fcgi: [&[u8]; 3] = [
        b"\x01\x06\x00\x01\x00\x05\x03\x00hello",
        b"\x01\x04\x00\x01\x00\x00\x00\x00",
        b"\x01\x04\x00\x01\x00\x00\x08\x00",
    ];
    let padding: [&[u8]; 3] = [b"pad", b"", b"\x01\x06\0\x01\0\0\0\0"];
    echoed(start(Fcgi).await.unwrap(), &fcgi, &padding).await;
    let tpkt: [&[u8]; 3] = [b"\x03\x00\x00\x09hello", b"\x03\xff\x00\x04", b"\x03\x00\x00\x05\x03"];
    echoed(start(Tpkt).await.unwrap(), &tpkt, &[]).await;
    let http: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n",
        b"A: b\r\n c\r\n",
        b"no header\n",
        b"\r\n",
        b"no request\n",
    ];
    echoed(start(Http).await.unwrap(), &http, &[]).await;
    let httph: [&[u8]; 4] = [b"A: b\n", b"GET / HTTP/1.1\n", b"\n", b"\r\n"];
    echoed(start(Httph).await.unwrap(), &httph, &[]).await;
    echoed(start(Nul).await.unwrap(), &[b"a\nb\0", b"\0", b"\r\0"], &[]).await;
    echoed(start(Letter).await.unwrap(), &[b"a\nx", b"x", b"X\0x"], &[]).await;
}

/// Reads as many frames of a mode as a line demands.
struct Switching;

#[tcp_server(port = 0, packet = line(lf), packet_size = 64)]
impl Switching {
    async fn handle_call(&self, data: &str, socket: &mut Socket) -> Result<Action> {
        let (mode, count) = data.split_once(' ').unwrap_or((data, "0"));
        let count: usize = count.parse()?;
        let mode = match mode {
            "asn1" => Packet::Asn1,
            "cdr" => Packet::Cdr,
            "sunrm" => Packet::Sunrm,
            "fcgi" => Packet::Fcgi,
            "tpkt" => Packet::Tpkt,
            "http" => Packet::Http,
            "httph" => Packet::Httph,
            "line" => Packet::Line,
            "raw" => Packet::RawExact(count),
            _ => return Ok(close("no such mode")),
        };
        let count = if let Packet::RawExact(_) = mode { 1 } else { count };
        for _ in 0..count {
            socket.set_packet(mode);
            let frame = socket.recv().await?.unwrap_or_default();
            socket.set_packet(Packet::LineLf);
            socket.send(frame.escape_ascii().to_string()).await?;
        }
        Ok(noreply)
    }
}

#[tokio::test]
async fn modes_change_in_the_middle_of_pipelined_input() {
    let server = start(Switching).await.unwrap();
    let steps: [(&[u8], &[&str]); 11] = [
        (b"asn1 2\n\x30\x01\n\x05\x00", &[r"0\x01\n", r"\x05\x00"]),
        (b"tpkt 1\n\x03\x00\x00\x06\n\n", &[r"\x03\x00\x00\x06\n\n"]),
        (
            b"fcgi 1\n\x01\x06\x00\x01\x00\x02\x02\x00\n\n..",
            &[r"\x01\x06\x00\x01\x00\x02\x02\x00\n\n"],
        ),
        (
            b"cdr 1\nGIOP\x01\x02\x00\x00\x00\x00\x00\x01\n",
            &[r"GIOP\x01\x02\x00\x00\x00\x00\x00\x01\n"],
        ),
        (
            b"sunrm 2\n\x00\x00\x00\x01\n\x80\x00\x00\x00",
            &[r"\x00\x00\x00\x01\n", r"\x80\x00\x00\x00"],
        ),
        // The header is complete, as the next line doesn't continue it.
        (
            b"http 2\nGET / HTTP/1.1\r\nA: b\r\n c\r\n",
            &[r"GET / HTTP/1.1\r\n", r"A: b\r\n c\r\n"],
        ),
        (b"raw 6\nD: e\r\n", &[r"D: e\r\n"]),
        // `http` continues in its state: in the headers, and after them at a start line.
        (b"http 2\n\r\nHTTP/1.1 200 OK\n", &[r"\r\n", r"HTTP/1.1 200 OK\n"]),
        (b"httph 1\n\n", &[r"\n"]),
        (b"line 2\nbye\r\n\n", &[r"bye\r\n", r"\n"]),
        (b"raw 3\nend", &["end"]),
    ];
    let sent: Vec<u8> = steps.iter().flat_map(|(sent, _)| sent.to_vec()).collect();
    let frames: Vec<&str> = steps.iter().flat_map(|(_, frames)| frames.to_vec()).collect();
    let replies = frames.join("\n") + "\n";
    let mut client = Client::connect(server.local_addr()).await;
    client.stream().set_nodelay(true).expect("a socket");
    client.call(&sent, &replies).await;
    for byte in sent {
        client.send([byte]).await;
    }
    client.expect(&replies).await;
    client.call("what\n", "no such mode\n").await;
    client.expect_eof().await;
}
