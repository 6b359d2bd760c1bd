#![deny(warnings)]

use kai_tcp_server::{Action, Packet, tcp_server};

macro_rules! modes {
    ($($name:ident = [$($mode:tt)+];)+) => {$(
        struct $name;

        #[tcp_server(port = 0, packet = $($mode)+)]
        impl $name {
            fn handle_call(&self, data: &[u8]) -> Action {
                reply(data)
            }
        }
    )+};
}

modes! {
    Raw = [raw];
    Block = [raw(16)];
    One = [1];
    Two = [2];
    Four = [4];
    Line = [line];
    Crlf = [line(crlf)];
    Lf = [line(lf)];
    Either = [line(crlf | lf)];
    Nul = [line, delimiter = b'\0'];
    Semicolon = [line, delimiter = 0x3b];
    Constant = [line, delimiter = END + 1];
    Asn1 = [asn1];
    Cdr = [cdr];
    Sunrm = [sunrm];
    Fcgi = [fcgi];
    Tpkt = [tpkt];
    Http = [http];
    Httph = [httph];
}

const END: u8 = 2;

fn main() {
    assert_eq!(Constant::OPTIONS, Nul::OPTIONS.delimiter(3));
    assert_eq!(Block::OPTIONS, Block::OPTIONS.packet(Packet::RawExact(16)));
    assert_eq!(Either::OPTIONS, Either::OPTIONS.packet(Packet::LineCrlfOrLf));
    assert_eq!(Tpkt::OPTIONS, Tpkt::OPTIONS.packet(Packet::Tpkt));
    let _ = (Raw, Block, One, Two, Four, Line, Crlf, Lf);
    let _ = (Nul, Semicolon, Constant);
    let _ = (Either, Asn1, Cdr, Sunrm, Fcgi, Tpkt, Http, Httph);
}
