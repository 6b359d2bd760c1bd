//! The example `throttled`, with clients on threads.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::Example;

/// The number of bytes that the example lets pass in a second.
const RATE: usize = 32 * 1024;

#[test]
fn bytes_pass_at_the_pace_of_the_example_and_none_is_lost() {
    let example = Example::start("throttled", &["0"]);
    let addr = example.addr();
    // On all cores, as all accept from its one listener.
    let clients = (0..8).map(|number| {
        thread::spawn(move || {
            let sent: Vec<u8> = (0..=u8::MAX).cycle().skip(number).step_by(7).take(RATE).collect();
            let begun = Instant::now();
            let mut stream = TcpStream::connect(addr).unwrap();
            stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
            let mut sending = stream.try_clone().unwrap();
            let written = sent.clone();
            let sender = thread::spawn(move || {
                sending.write_all(&written).unwrap();
                sending.shutdown(Shutdown::Write).unwrap();
            });
            let mut got = Vec::new();
            stream.read_to_end(&mut got).unwrap();
            sender.join().unwrap();
            assert!(got == sent, "{} of {} bytes", got.len(), sent.len());
            begun.elapsed()
        })
    });
    for client in clients.collect::<Vec<_>>() {
        let took = client.join().unwrap();
        // The last portion passes at once.
        assert!(took > Duration::from_millis(850), "{took:?}");
    }
    example.signal("TERM");
    let (success, log) = example.wait();
    assert!(success, "{log:?}");
}
