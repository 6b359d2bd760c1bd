//! Tests of the limits of look-ups.

use std::future::ready;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::pause;

use super::{LOCALHOST, dialer, soon};
use crate::answer::Code;
use crate::dial::{Dialer, Target};

/// Two clients.
const ANNA: Option<IpAddr> = Some(LOCALHOST);
const BOB: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)));

fn localhost() -> Target {
    Target::name(b"localhost\0\x50").unwrap()
}

/// A runtime with one thread for look-ups.
fn narrow() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().max_blocking_threads(1).build().unwrap()
}

/// Takes the thread for look-ups, so that they begin when the sender is dropped.
fn hold() -> (Sender<()>, JoinHandle<bool>) {
    let (release, held) = channel::<()>();
    (release, spawn_blocking(move || held.recv().is_ok()))
}

/// Asks for a name, and leaves while it is looked up.
async fn ask_and_leave(dialer: &Dialer, client: Option<IpAddr>) {
    let name = localhost();
    tokio::select! {
        biased;
        _ = dialer.dial(client, &name) => panic!("nothing looks the name up"),
        () = ready(()) => {}
    }
}

/// Waits until no name is looked up.
async fn all_free(dialer: &Dialer, all: usize) {
    let all = dialer.lookups.all.acquire_many(u32::try_from(all).unwrap());
    drop(soon(all).await.unwrap());
}

#[tokio::test]
async fn look_ups_are_limited() {
    let dialer = dialer();
    let all = u32::try_from(dialer.lookups.all.available_permits()).unwrap();
    let _all = dialer.lookups.all.acquire_many(all).await.unwrap();
    pause();
    let failure = dialer.dial(ANNA, &localhost()).await.unwrap_err();
    assert_eq!(failure, Code::TtlExpired);
}

#[test]
fn a_look_up_counts_until_it_is_over_also_if_nobody_waits_for_it() {
    narrow().block_on(async {
        let (release, holder) = hold();
        let dialer = dialer();
        let all = dialer.lookups.all.available_permits();
        ask_and_leave(&dialer, ANNA).await;
        assert_eq!(dialer.lookups.all.available_permits(), all - 1);
        drop(release);
        soon(holder).await.unwrap();
        all_free(&dialer, all).await;
    });
}

#[test]
fn a_client_whose_names_nobody_answers_leaves_look_ups_for_others() {
    narrow().block_on(async {
        let (release, holder) = hold();
        let dialer = dialer();
        let all = dialer.lookups.all.available_permits();
        for _ in 0..2 * all {
            ask_and_leave(&dialer, ANNA).await;
        }
        assert_eq!(dialer.lookups.all.available_permits(), all - 8);
        ask_and_leave(&dialer, BOB).await;
        assert_eq!(dialer.lookups.all.available_permits(), all - 9);
        // Her next one waits for one of her own.
        let mut next = pin!(dialer.lookups.look_up(ANNA, "localhost".to_owned(), 80));
        tokio::select! {
            biased;
            _ = &mut next => panic!("it is looked up at once"),
            () = ready(()) => {}
        }
        assert_eq!(dialer.lookups.all.available_permits(), all - 9);
        drop(release);
        soon(holder).await.unwrap();
        // It has its turn.
        assert!(!soon(next).await.unwrap().is_empty());
        all_free(&dialer, all).await;
    });
}

#[test]
fn clients_without_look_ups_are_forgotten() {
    narrow().block_on(async {
        let dialer = dialer();
        let clients = || dialer.lookups.clients.lock().unwrap().len();
        for last in 1..=255 {
            let client = Some(IpAddr::from([127, 0, 0, last]));
            let found = dialer.lookups.look_up(client, "127.0.0.1".to_owned(), 80);
            soon(found).await.unwrap();
            assert_eq!(clients(), 1);
        }
        let (release, holder) = hold();
        ask_and_leave(&dialer, ANNA).await;
        ask_and_leave(&dialer, BOB).await;
        assert_eq!(clients(), 2);
        // All of a client's addresses of IPv6 count as one.
        for ip in ["2a00:1:2:3::1", "2a00:1:2:3::2"] {
            ask_and_leave(&dialer, Some(ip.parse().unwrap())).await;
        }
        assert_eq!(clients(), 3);
        drop(release);
        soon(holder).await.unwrap();
    });
}
