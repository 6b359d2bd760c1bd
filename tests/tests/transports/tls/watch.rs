//! Files that are watched: what is a change, and when they are read.

use std::time::Duration;

use kai_tcp_server::{Options, Server, start, with};
use kai_tcp_server_tests::Log;
use tokio::time::sleep;

use super::Setup;
use super::echo::Echo;

const EVERY: Duration = Duration::from_secs(10);

struct Play {
    setup: Setup,
    log: Log,
    server: Server,
}

impl Play {
    async fn new(options: impl FnOnce(&Setup) -> Options) -> Self {
        let (setup, log) = (Setup::new(), Log::new());
        let options = options(&setup).tls_watch(EVERY);
        let server = start(with(Echo, options)).await.unwrap();
        Play { setup, log, server }
    }

    /// For so long nothing but this was said: how often the files were read, and how often in vain.
    async fn reads(&self, time: Duration, (read, in_vain): (usize, usize)) {
        sleep(time).await;
        let text = self.log.take();
        assert_eq!(text.matches("has read its certificates anew").count(), read, "{text}");
        assert_eq!(text.matches("goes on as it is").count(), in_vain, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_and_its_key_are_read_together_though_one_is_written_after_the_other() {
    let play = Play::new(|setup| setup.options(Echo::OPTIONS)).await;
    let pair = play.setup.authority.sign(&["localhost"]);
    play.reads(Duration::from_millis(9_900), (0, 0)).await;
    play.setup.folder.write("cert.pem", &pair.cert);
    // It looks, and finds one of them.
    play.reads(Duration::from_millis(600), (0, 0)).await;
    play.setup.folder.write("key.pem", &pair.key);
    play.reads(EVERY, (1, 0)).await;
    // That was all.
    play.reads(EVERY * 10, (0, 0)).await;
    play.server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_mistake_is_told_once_until_the_files_change_again() {
    let play = Play::new(|setup| setup.options(Echo::OPTIONS)).await;
    let pair = play.setup.authority.sign(&["localhost"]);
    play.setup.folder.write("key.pem", &pair.key);
    play.reads(EVERY * 10, (0, 1)).await;
    play.setup.folder.write("cert.pem", &pair.cert);
    play.reads(EVERY * 10, (1, 0)).await;
    play.server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_reload_those_files_are_watched_that_it_names() {
    let play = Play::new(|setup| setup.options(Echo::OPTIONS)).await;
    let write = |name: &str| {
        let pair = play.setup.authority.sign(&["localhost"]);
        let cert = play.setup.folder.write(&format!("{name}.pem"), &pair.cert);
        let key = play.setup.folder.write(&format!("{name}.key"), &pair.key);
        (cert, key)
    };
    let (cert, key) = write("other");
    let options = Echo::OPTIONS
        .tls_cert(vec![cert].leak())
        .tls_key(vec![key].leak())
        .tls_watch(EVERY);
    play.server.reload(options).unwrap();
    play.reads(EVERY * 10, (1, 0)).await;
    play.setup.folder.write("cert.pem", "");
    play.reads(EVERY * 10, (0, 0)).await;
    write("other");
    play.reads(EVERY * 10, (1, 0)).await;
    play.server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_authority_of_clients_is_watched() {
    let ca = |setup: &Setup| setup.folder.write("ca.pem", &super::Authority::new().pem);
    let play = Play::new(|setup| setup.options(Echo::OPTIONS).tls_client_ca(ca(setup))).await;
    play.reads(EVERY * 3, (0, 0)).await;
    ca(&play.setup);
    play.reads(EVERY * 3, (1, 0)).await;
    play.server.stop().await;
}

/// A link to a file that is written where it lies.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_change_behind_a_link_is_one() {
    use std::os::unix::fs::symlink;

    let play = Play::new(|setup| {
        let path = |name: &str| setup.folder.path(name);
        for name in ["cert.pem", "key.pem"] {
            std::fs::rename(path(name), path(&format!("real.{name}"))).unwrap();
            symlink(format!("real.{name}"), path(name)).unwrap();
        }
        setup.options(Echo::OPTIONS)
    })
    .await;
    let pair = play.setup.authority.sign(&["localhost"]);
    play.setup.folder.write("real.cert.pem", &pair.cert);
    play.setup.folder.write("real.key.pem", &pair.key);
    play.reads(EVERY * 3, (1, 0)).await;
    play.server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_an_operator_may_mean_is_a_warning_after_a_reload_too() {
    let play = Play::new(|setup| setup.options(Echo::OPTIONS)).await;
    let soon = play.setup.authority.sign_with(&["localhost"], |params| {
        let now = std::time::SystemTime::now();
        params.not_before = now.into();
        params.not_after = (now + Duration::from_hours(5 * 24 + 1)).into();
    });
    play.setup.folder.write("cert.pem", &soon.cert);
    play.setup.folder.write("key.pem", &soon.key);
    sleep(EVERY * 3).await;
    let text = play.log.text();
    assert!(text.contains("expires 5 days from now"), "{text}");
    play.server.stop().await;
}
