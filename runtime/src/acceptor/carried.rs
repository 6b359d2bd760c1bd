//! Connections that come from another process, which has served them so far.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::Acceptors;
use super::handover::Accepted;
use crate::api::tcp_server::TcpServer;
use crate::connection::{Thawed, drive};
use crate::log::{Quoted, event};
use crate::panics::discard;
use crate::server::permit::ConnectionPermit;
use crate::server::{Arriving, GoesOn, Inner};
use crate::transport::Inherited;
use crate::transport::listener::Arrived;

/// The time that a session may take to thaw, as all connections that come with it wait.
const THAW_LIMIT: Duration = Duration::from_millis(500);

/// Makes a connection of this server of what has come. It isn't counted before it goes on.
///
/// # Errors
///
/// Says why the connection can't go on here.
pub(super) async fn thaw<S: TcpServer>(
    acceptors: Arc<Acceptors<S>>,
    arriving: Arriving,
) -> std::result::Result<GoesOn, String> {
    let Arriving {
        socket,
        carried,
        frozen,
    } = arriving;
    let context = &acceptors.context;
    let Inner {
        slots,
        peer_filter,
        listeners,
        ..
    } = context.handle.inner();
    if !S::HANDS_OVER {
        return Err("this server takes no sessions".to_owned());
    }
    let state = carried.state(S::STATES);
    let state = state.ok_or("the state of its protocol isn't one of this program's")?;
    carried.packet().ok_or("its packet mode isn't one of this program's")?;
    let peer_addr = carried.peer_addr();
    let mut held = Held {
        place: slots.expect(acceptors.teams.len()),
        acceptors: Arc::clone(&acceptors),
        peer_addr: None,
        goes_on: false,
    };
    let shard = u16::try_from(held.place).unwrap_or_default();
    let transport = {
        let _inside = listeners.runtime(shard).enter();
        carried.transport(socket).map_err(|is| format!("its socket is {is}"))?
    };
    let server = &context.server;
    let session = drive::within(THAW_LIMIT, pin!(async { server.thaw(frozen).await })).await;
    let session = session.map_err(|error| {
        let said = format!("its session can't be read: {}", Quoted(&error));
        discard(error);
        said
    })?;
    let entry = peer_filter
        .admit_carried(&peer_addr)
        .map_err(|refusal| format!("its peer isn't let in: {refusal:?}"))?;
    entry.keep();
    held.peer_addr = Some(peer_addr);
    Ok(Box::new(move || {
        let mut held = held;
        held.goes_on = true;
        let acceptors = &held.acceptors;
        let Inner {
            monitor,
            slots,
            listeners,
            ..
        } = acceptors.context.handle.inner();
        slots.take_carried(shard.into());
        let link = monitor.count_carried(carried.link(shard, state));
        let (id, peer) = (link.id, link.peer_addr());
        let permit = ConnectionPermit::new(acceptors.context.handle.clone(), link);
        let arrived = Arrived {
            transport,
            peer_addr: peer.clone(),
            inherited: Inherited::default(),
        };
        let server = acceptors.context.handle.label();
        event!(debug, name: "taken over", server, %peer, %id, "connection taken over");
        acceptors.handovers[usize::from(shard)].push(Accepted {
            arrived,
            permit,
            carried: Some(Box::new(Thawed { session, carried })),
        });
        listeners.hand_over(shard.into());
        // Fails only when the server ends.
        let _ = acceptors.stand_by(shard.into());
        acceptors.bells[usize::from(shard)].wake_leader();
    }))
}

/// A thawed connection's place at a shard and in the limit of its address, until the connection has
/// both.
struct Held<S: TcpServer> {
    acceptors: Arc<Acceptors<S>>,
    place: usize,
    peer_addr: Option<crate::transport::addr::PeerAddr>,
    goes_on: bool,
}

impl<S: TcpServer> Drop for Held<S> {
    fn drop(&mut self) {
        if self.goes_on {
            return;
        }
        let Inner { slots, peer_filter, .. } = self.acceptors.context.handle.inner();
        slots.expect_no_more(self.place);
        if let Some(peer_addr) = &self.peer_addr {
            peer_filter.leave(peer_addr);
        }
    }
}
