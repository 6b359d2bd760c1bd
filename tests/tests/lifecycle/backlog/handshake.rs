//! A client that completes its handshake late, as over a slow network. Its packets are made by
//! hand.

use std::io::{ErrorKind, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::sleep;
use std::time::Duration;

use socket2::{Domain, Protocol, SockFilter, Socket, Type};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A connection whose first packet the server has answered. The server waits for the second.
pub(crate) struct HalfOpen {
    packets: Socket,
    /// Keeps the kernel from answering instead of us: the kernel knows the port, and drops its
    /// packets.
    _port: Socket,
    from: u16,
    to: u16,
    /// The number of the server's next byte.
    next: u32,
}

impl HalfOpen {
    /// Begins a handshake. Returns `None` if this process may not send packets made by hand.
    pub(crate) fn begin(server: SocketAddr) -> Option<Self> {
        let packets = match Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::TCP)) {
            Ok(packets) => packets,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                println!("SKIPPED: needs to be root, to make packets by hand");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let localhost = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        packets.bind(&localhost.into()).unwrap();
        packets.set_nonblocking(true).unwrap();
        let port = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        port.attach_filter(&[SockFilter::new(0x06, 0, 0, 0)]).unwrap();
        port.bind(&localhost.into()).unwrap();
        port.listen(1).unwrap();
        let from = port.local_addr().unwrap().as_socket().unwrap().port();
        let mut this = HalfOpen {
            packets,
            _port: port,
            from,
            to: server.port(),
            next: 0,
        };
        this.send(SYN, 0);
        // Loopback has no delay, but the kernel may be busy.
        let answers = std::iter::repeat_with(|| {
            this.received().or_else(|| {
                sleep(Duration::from_millis(1));
                None
            })
        });
        let (flags, number) = answers.take(10_000).flatten().next().expect("the server answers");
        assert_eq!(flags, SYN | ACK);
        this.next = number.wrapping_add(1);
        Some(this)
    }

    /// Sends the last packet of the handshake.
    pub(crate) fn complete(&self) {
        self.send(ACK, 1);
    }

    /// Returns whether the server has ended the connection in an orderly way, or `None` before its
    /// end.
    pub(crate) fn end(&self) -> Option<bool> {
        std::iter::from_fn(|| self.received()).find_map(|(flags, _)| match flags {
            flags if flags & RST != 0 => Some(false),
            flags if flags & FIN != 0 => Some(true),
            _ => None,
        })
    }

    fn send(&self, flags: u8, number: u32) {
        let mut packet = Vec::new();
        packet.extend(self.from.to_be_bytes());
        packet.extend(self.to.to_be_bytes());
        packet.extend(number.to_be_bytes());
        packet.extend(self.next.to_be_bytes());
        // Five words of header, a window, the checksum, no urgent data.
        packet.extend([5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
        let sum = checksum(&packet);
        packet[16..18].copy_from_slice(&sum.to_be_bytes());
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        self.packets.send_to(&packet, &to.into()).unwrap();
    }

    /// Returns the flags and the number of the server's next packet.
    fn received(&self) -> Option<(u8, u32)> {
        loop {
            let mut bytes = [0; 256];
            match (&self.packets).read(&mut bytes) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) => panic!("{error}"),
            }
            // The IP header precedes it.
            let tcp = &bytes[usize::from(bytes[0] & 0x0f) * 4..];
            let ports = [tcp[0], tcp[1], tcp[2], tcp[3]];
            let [a, b] = self.to.to_be_bytes();
            let [c, d] = self.from.to_be_bytes();
            if ports == [a, b, c, d] {
                return Some((tcp[13], u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]])));
            }
        }
    }
}

impl Drop for HalfOpen {
    /// Removes the connection from the kernel.
    fn drop(&mut self) {
        self.send(RST, 1);
    }
}

/// Computes the checksum of a packet, including the addresses.
fn checksum(packet: &[u8]) -> u16 {
    let [a, b, c, d] = Ipv4Addr::LOCALHOST.octets();
    let [high, low] = u16::try_from(packet.len()).unwrap().to_be_bytes();
    let pseudo = [a, b, c, d, a, b, c, d, 0, 6, high, low];
    let words = pseudo.chunks(2).chain(packet.chunks(2));
    let sum: u32 = words
        .map(|word| u32::from(word[0]) << 8 | u32::from(*word.get(1).unwrap_or(&0)))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap()
}
