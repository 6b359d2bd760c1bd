//! The channel's reader is given any bytes, cut anywhere.

use super::*;
use crate::upgrade::message::Offer;

/// A small generator of pseudo-random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

fn some(random: &mut Random) -> Message {
    match random.below(4) {
        0 => Message::Ready,
        1 => Message::Failed {
            why: "x".repeat(random.below(300)),
        },
        2 => Message::Serving {
            refused: vec![(random.below(9), "y".to_owned())],
        },
        _ => Message::Offer(Offer {
            label: "Server".to_owned(),
            suspended: false,
            keys: vec!["z".repeat(random.below(99))],
        }),
    }
}

/// Takes messages of bytes that come in pieces of any size, until one is wrong.
fn take_all(bytes: &[u8], random: &mut Random) -> (Vec<Parcel>, io::Result<()>) {
    let mut incoming = Incoming::default();
    let mut parcels = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(1 + random.below(rest.len().min(CHUNK)));
        incoming.bytes.extend_from_slice(piece);
        rest = behind;
        loop {
            match incoming.take() {
                Ok(Some(parcel)) => parcels.push(parcel),
                Ok(None) => break,
                Err(error) => return (parcels, Err(error)),
            }
        }
        assert!(incoming.bytes.len() <= HEAD + MESSAGE_MAX + BYTES_MAX + CHUNK);
    }
    (parcels, incoming.end())
}

#[test]
fn messages_are_whole_however_they_are_cut() {
    let mut random = Random(1);
    for _ in 0..200 {
        let sent: Vec<_> = (0..random.below(9))
            .map(|_| (some(&mut random), vec![7; random.below(5000)]))
            .collect();
        let bytes: Vec<u8> = sent
            .iter()
            .flat_map(|(message, beside)| write(message, &[beside], 0).unwrap())
            .collect();
        let (parcels, end) = take_all(&bytes, &mut random);
        end.unwrap();
        assert_eq!(parcels.len(), sent.len());
        for (parcel, (message, beside)) in parcels.iter().zip(&sent) {
            assert_eq!(format!("{:?}", parcel.message), format!("{message:?}"));
            assert_eq!(&parcel.bytes, beside);
        }
    }
}

#[test]
fn any_bytes_are_messages_or_an_error() {
    let mut random = Random(2);
    let mut errors = 0;
    for _ in 0..5_000 {
        let mut bytes = write(&some(&mut random), &[&[1, 2, 3]], 0).unwrap();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256).to_le_bytes()[0];
        }
        bytes.truncate(random.below(bytes.len() + 1));
        bytes.extend((0..random.below(64)).map(|_| random.below(256).to_le_bytes()[0]));
        let (_, end) = take_all(&bytes, &mut random);
        errors += usize::from(end.is_err());
    }
    assert!(errors > 1_000, "{errors}");
}

#[test]
fn what_is_too_long_or_lacks_descriptors_is_refused_by_its_head() {
    let head = |message: usize, bytes: usize, fds: usize| {
        let mut head = MAGIC.to_vec();
        for n in [message, bytes, fds] {
            head.extend_from_slice(&u32::try_from(n).unwrap().to_be_bytes());
        }
        head
    };
    for (message, bytes, fds) in [
        (MESSAGE_MAX + 1, 0, 0),
        (0, BYTES_MAX + 1, 0),
        (0, 0, FDS_MAX + 1),
        (u32::MAX as usize, u32::MAX as usize, u32::MAX as usize),
        (0, 0, 1),
    ] {
        let (_, end) = take_all(&head(message, bytes, fds), &mut Random(3));
        assert_eq!(
            end.unwrap_err().kind(),
            io::ErrorKind::InvalidData,
            "{message} {bytes} {fds}"
        );
    }
    // These may come yet.
    let (_, end) = take_all(&head(MESSAGE_MAX, BYTES_MAX, 0), &mut Random(3));
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn descriptors_come_with_their_message() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut incoming = Incoming::default();
    let file = || OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
    for count in [0, 1, 3, FDS_MAX] {
        let fds: Vec<_> = (0..count).map(|_| file()).collect();
        let fds: Vec<_> = fds.iter().map(OwnedFd::as_fd).collect();
        let parcel = write(&Message::Ready, &[], count).unwrap();
        // The first byte alone, and the next message behind.
        let mut sent = send_once(&ours, &parcel[..1], &fds).unwrap();
        while sent < parcel.len() {
            sent += send_once(&ours, &parcel[sent..], &[]).unwrap();
        }
        send_blocking(&ours, &Message::AllOffered).unwrap();
        let first = receive_blocking(&theirs, &mut incoming).unwrap().unwrap();
        assert_eq!(first.fds.len(), count);
        let second = receive_blocking(&theirs, &mut incoming).unwrap().unwrap();
        assert!(matches!(second.message, Message::AllOffered) && second.fds.is_empty());
    }
    drop(ours);
    assert!(receive_blocking(&theirs, &mut incoming).unwrap().is_none());
}
