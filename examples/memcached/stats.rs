//! The statistics of the `stats` commands, with memcached's names.

use std::fmt::Display;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use kai_tcp_server::{Action, Socket};

use crate::{Cache, VALUE_MAX, VERSION};

/// The slab class of all items. memcached has a class for each size of items.
const CLASS: u32 = 1;

impl Cache {
    /// Answers `stats`.
    pub(crate) fn stats(&self, socket: &Socket) -> Action<'static> {
        let info = socket.server().info();
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let of_server = [
            ("pid", u64::from(process::id())),
            ("uptime", self.started.elapsed().as_secs()),
            ("time", time.as_secs()),
            ("pointer_size", u64::from(usize::BITS)),
            ("max_connections", info.max_processes as u64),
            ("curr_connections", info.curr_connections as u64),
            ("total_connections", info.accepted),
            ("bytes_read", info.bytes_in),
            ("bytes_written", info.bytes_out),
        ];
        let stats = of_server.into_iter().chain(self.store().stats());
        listed(
            [stat("version", VERSION)]
                .into_iter()
                .chain(stats.map(|(name, value)| stat(name, value))),
        )
    }

    /// Answers `stats items`.
    pub(crate) fn stats_of_items(&self) -> Action<'static> {
        let items = self.store().items();
        listed([
            stat(format_args!("items:{CLASS}:number"), items.count),
            stat(format_args!("items:{CLASS}:mem_requested"), items.bytes),
            stat(format_args!("items:{CLASS}:evicted"), items.evictions),
        ])
    }

    /// Answers `stats slabs`.
    pub(crate) fn stats_of_slabs(&self) -> Action<'static> {
        let items = self.store().items();
        listed([
            stat(format_args!("{CLASS}:used_chunks"), items.count),
            stat(format_args!("{CLASS}:mem_requested"), items.bytes),
            stat("active_slabs", 1),
            stat("total_malloced", items.bytes),
        ])
    }

    /// Answers `stats settings`.
    pub(crate) fn settings(&self, socket: &Socket) -> Action<'static> {
        let info = socket.server().info();
        listed([
            stat("maxbytes", self.store().limit()),
            stat("maxconns", info.max_processes),
            stat("tcpport", info.local_addr.port().unwrap_or_default()),
            stat("udpport", 0),
            stat(
                "inter",
                info.local_addr.ip().map(|ip| ip.to_string()).unwrap_or_default(),
            ),
            stat("evictions", "on"),
            stat("cas_enabled", "yes"),
            stat("item_size_max", VALUE_MAX),
            stat("flush_enabled", "yes"),
            stat("dump_enabled", "yes"),
        ])
    }

    /// Answers `stats cachedump`.
    pub(crate) fn dump(&self, class: u32, limit: usize) -> Action<'static> {
        if class > 63 {
            return Action::reply("CLIENT_ERROR Illegal slab id");
        }
        let lines = if class == CLASS {
            self.store().dump(limit)
        } else {
            Vec::new()
        };
        Action::reply((lines, "END"))
    }
}

fn stat(name: impl Display, value: impl Display) -> String {
    format!("STAT {name} {value}\r\n")
}

fn listed(stats: impl IntoIterator<Item = String>) -> Action<'static> {
    Action::reply((stats.into_iter().collect::<Vec<_>>(), "END"))
}
