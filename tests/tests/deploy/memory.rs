//! The memory that an idle member takes on its node, and in HAProxy.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use kai_tcp_server_tests::{allow_all_descriptors, resident};

use super::nodes::{NODES, Site};

/// Connects, and says a name. What is said to it later isn't read: the kernel keeps it.
fn enter(site: &Site, number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(site.front.addr()).expect("HAProxy listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("it is no zero");
    stream
        .write_all(format!("m{number}\r\n").as_bytes())
        .expect("it is open");
    let mut lines = BufReader::new(&stream).lines();
    let mut next = || lines.next().expect("another line").expect("it is open");
    while !next().starts_with("* Hello ") {}
    stream
}

fn on_nodes(site: &mut Site) -> usize {
    NODES.iter().map(|node| resident(site.node(*node).id())).sum()
}

#[tokio::test]
async fn an_idle_member_takes_little_memory() {
    let Some(mut site) = Site::start().await else { return };
    // HAProxy takes two descriptors for each, and the test one.
    let count = 600.min(allow_all_descriptors() / 4);
    let mut members: Vec<_> = (0..50).map(|number| enter(&site, number)).collect();
    let before = on_nodes(&mut site);
    let haproxy = site.front.id();
    let before_in_haproxy = resident(haproxy);
    members.extend((50..50 + count).map(|number| enter(&site, number)));
    let each = on_nodes(&mut site).saturating_sub(before) / count;
    let in_haproxy = resident(haproxy).saturating_sub(before_in_haproxy) / count;
    println!("{each} bytes for each of {count} members on the nodes, {in_haproxy} in HAProxy");
    assert!(each < 16 * 1024, "{each} bytes each");
}
