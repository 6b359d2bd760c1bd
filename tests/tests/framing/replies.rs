//! Replies that are lists: complete and in order, however long their parts are.

use bytes::Bytes;
use kai_tcp_server::{Action, Data, start, tcp_server, with};
use kai_tcp_server_tests::Client;

/// Lengths around the limit up to which parts are joined, and the length 0.
const LENGTHS: [usize; 6] = [0, 1, 1023, 1024, 1025, 5000];

/// Builds letters that show their position.
fn part(length: usize, first: u8) -> Vec<u8> {
    (b'a'..=b'z').cycle().skip(first.into()).take(length).collect()
}

#[test]
fn a_list_is_its_parts_in_order_however_long_each_is_and_whose() {
    for one in LENGTHS {
        for two in LENGTHS {
            for three in LENGTHS {
                let (a, b, c) = (part(one, 0), part(two, 7), part(three, 14));
                let whole = [&a[..], &b, b"-", &c, b"!", &a].concat();
                let text = std::str::from_utf8(&c).expect("letters");
                let list = || {
                    let shared = Bytes::from(b.clone());
                    Data::new((&a[..], shared, format_args!("-{text}"), *b"!", a.clone()))
                };
                assert_eq!(list().len(), whole.len());
                assert_eq!(
                    list().slices().collect::<Vec<_>>().concat(),
                    whole,
                    "{one} {two} {three}"
                );
                assert_eq!(list().into_bytes(), whole, "{one} {two} {three}");
                assert_eq!(
                    Action::reply((list(), "")),
                    Action::reply(&whole[..]),
                    "{one} {two} {three}"
                );
            }
        }
    }
}

struct Lists;

#[tcp_server(port = 0, packet = 4)]
impl Lists {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(("<", data, format_args!("{}", data.len()), data, vec![b'>'; 3]))
    }
}

#[tokio::test]
async fn one_list_after_another_is_sent_whole() {
    let server = start(with(Lists, Lists::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    let framed = |frame: &[u8]| [&u32::try_from(frame.len()).unwrap().to_be_bytes()[..], frame].concat();
    // Twice, because the second pass reuses what the first one returned.
    for length in LENGTHS.repeat(2) {
        let data = part(length, 3);
        let answer = [b"<", &data[..], length.to_string().as_bytes(), &data, b">>>"].concat();
        client.call(framed(&data), framed(&answer)).await;
    }
}
