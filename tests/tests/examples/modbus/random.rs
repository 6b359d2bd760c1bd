//! Random requests, which are right or nearly so, and random bytes.

use kai_tcp_server::bits;
use kai_tcp_server_tests::{Client, Random, within};
use tokio::io::AsyncReadExt as _;

use super::{ASK, FUNCTIONS, ILLEGAL_DATA_ADDRESS, ILLEGAL_DATA_VALUE, ILLEGAL_FUNCTION, TOLD, framed, start};

/// The sizes of the device's tables.
const COILS: usize = 2048;
const INPUTS: usize = 4;
const INPUT_REGISTERS: usize = 3;
const REGISTERS: usize = 256;

/// Reads one response, whose header must be right, and returns its PDU.
async fn response(client: &mut Client, transaction: u16, unit: u8) -> Vec<u8> {
    let read = async {
        let mut header = [0; 7];
        client.stream().read_exact(&mut header).await?;
        let length = u16::from_be_bytes([header[4], header[5]]);
        assert_eq!(header[..], bits!(transaction: u16, 0u16, length: u16, unit: u8));
        assert!((3..=254).contains(&length), "{header:?}");
        let mut pdu = vec![0; usize::from(length) - 1];
        client.stream().read_exact(&mut pdu).await?;
        Ok::<_, std::io::Error>(pdu)
    };
    let response = within("a response", read).await;
    response.expect("a whole response comes")
}

/// Returns the exception that the standard demands, written down a second time.
fn demanded(pdu: &[u8]) -> Option<u8> {
    let byte = |at: usize| pdu.get(at).copied().map_or(0, usize::from);
    let word = |at: usize| byte(at) << 8 | byte(at + 1);
    let (at, count, to, written) = (word(1), word(3), word(5), word(7));
    let up_to = |most: usize| (1..=most).contains(&count);
    // A number of bytes at this place, which is right, and so many bytes behind it.
    let sized = |place: usize, size: usize| byte(place) == size && pdu.len() == place + 1 + size;
    let (is_valid, is_there) = match pdu[0] {
        1 => (pdu.len() == 5 && up_to(2000), at + count <= COILS),
        2 => (pdu.len() == 5 && up_to(2000), at + count <= INPUTS),
        3 => (pdu.len() == 5 && up_to(125), at + count <= REGISTERS),
        4 => (pdu.len() == 5 && up_to(125), at + count <= INPUT_REGISTERS),
        5 => (pdu.len() == 5 && matches!(count, 0 | 0xff00), at < COILS),
        6 => (pdu.len() == 5, at < REGISTERS),
        15 => (up_to(1968) && sized(5, count.div_ceil(8)), at + count <= COILS),
        16 => (up_to(123) && sized(5, 2 * count), at + count <= REGISTERS),
        22 => (pdu.len() == 7, at < REGISTERS),
        23 => (
            up_to(125) && (1..=121).contains(&written) && sized(9, 2 * written),
            at + count <= REGISTERS && to + written <= REGISTERS,
        ),
        43 if pdu.len() >= 2 && byte(1) != 14 => return Some(ILLEGAL_FUNCTION),
        43 => (pdu.len() == 4 && (1..=4).contains(&byte(2)), byte(2) < 4 || byte(3) < 3),
        _ => return Some(ILLEGAL_FUNCTION),
    };
    match (is_valid, is_there) {
        (false, _) => Some(ILLEGAL_DATA_VALUE),
        (true, false) => Some(ILLEGAL_DATA_ADDRESS),
        (true, true) => None,
    }
}

/// Builds a request that is nearly right, or right.
fn nearly_right(random: &mut Random) -> Vec<u8> {
    fn near(random: &mut Random, edges: &[u16]) -> u16 {
        let edge = edges[random.below(edges.len())];
        edge.wrapping_add(u16::from(random.byte() % 5)).wrapping_sub(2)
    }
    let function = match random.below(20) {
        0 => random.byte(),
        _ => FUNCTIONS[random.below(FUNCTIONS.len())],
    };
    let addresses = [0, 4, 131, 135, 256, 80, 2048, 0xffff];
    let counts = [1, 2, 3, 16, 121, 123, 125, 1968, 2000, 0xff00, 0x7fff];
    let (at, count) = (near(random, &addresses), near(random, &counts));
    let mut pdu = match function {
        15 | 16 => {
            let size = if function == 15 {
                count.div_ceil(8)
            } else {
                count.wrapping_mul(2)
            };
            let size = size.to_be_bytes()[1];
            bits!(function: u8, at: u16, count: u16, size: u8, vec![0; size.into()])
        }
        22 => bits!(function: u8, at: u16, count: u16, count: u16),
        23 => {
            let (to, written) = (near(random, &addresses), near(random, &[1, 121]));
            let size = written.wrapping_mul(2).to_be_bytes()[1];
            bits!(function: u8, at: u16, count: u16, to: u16, written: u16, size: u8, vec![0; size.into()])
        }
        43 => vec![
            43,
            14 - u8::from(random.one_in(8)),
            random.byte() % 6,
            random.byte() % 6,
        ],
        _ => bits!(function: u8, at: u16, count: u16),
    };
    if random.one_in(8) {
        let at = random.below(pdu.len());
        pdu[at] = random.byte();
    }
    match random.below(16) {
        0 => pdu.truncate(1 + random.below(pdu.len())),
        1 => pdu.push(0),
        _ => {}
    }
    pdu.truncate(253);
    pdu
}

/// Checks an answer, and returns the exception, or 0.
fn check(pdu: &[u8], answer: &[u8]) -> u8 {
    if let Some(code) = demanded(pdu) {
        assert_eq!(answer, [pdu[0] | 0x80, code], "{pdu:?}");
        return code;
    }
    let data = match pdu[0] {
        5 | 6 | 22 => &pdu[1..],
        15 | 16 => &pdu[1..5],
        43 => &[14, pdu[2], 0x81, 0, 0],
        1 | 2 => &[pdu[3] * 32 + pdu[4].div_ceil(8)],
        _ => &[2 * pdu[4]],
    };
    assert!(
        answer[0] == pdu[0] && answer[1..].starts_with(data),
        "{pdu:?}: {answer:?}"
    );
    if matches!(pdu[0], 1..=4 | 23) {
        assert_eq!(usize::from(answer[1]), answer.len() - 2, "{pdu:?}");
    }
    0
}

#[tokio::test]
async fn random_requests_get_the_exceptions_of_the_standard() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let mut random = Random(18);
    let mut told = [0_u32; 4];
    for _ in 0..200 {
        let requests: Vec<Vec<u8>> = (0..100).map(|_| nearly_right(&mut random)).collect();
        let frames = (0..)
            .zip(&requests)
            .flat_map(|(transaction, pdu)| framed(transaction, 1, pdu));
        client.send(frames.collect::<Vec<u8>>()).await;
        for (transaction, pdu) in (0..).zip(&requests) {
            let answer = response(&mut client, transaction, 1).await;
            told[usize::from(check(pdu, &answer))] += 1;
        }
    }
    println!("right, and each exception: {told:?}");
    assert!(told.iter().all(|count| *count > 500), "{told:?}");
}

#[tokio::test]
async fn random_bytes_close_their_own_connection_alone() {
    let (_example, addr) = start();
    let mut witness = Client::connect(addr).await;
    let mut random = Random(502);
    for transaction in 0..100 {
        let mut client = Client::connect(addr).await;
        let mut bytes: Vec<u8> = (0..=random.below(2000)).map(|_| random.byte()).collect();
        // So that it isn't Modbus for sure.
        if let Some(protocol) = bytes.get_mut(2) {
            *protocol |= 1;
        }
        client.send(framed(transaction, 1, &ASK)).await;
        client.send(&bytes).await;
        client.half_close().await;
        client.expect(framed(transaction, 1, &TOLD)).await;
        client.expect_eof().await;
        witness
            .call(framed(transaction, 1, &ASK), framed(transaction, 1, &TOLD))
            .await;
    }
}
