//! placeholder
use std::convert::Infallible;
use std::marker::PhantomData;
/// The handle of a connection for everybody else.
#[derive(Debug)]
pub struct Peer<M = Infallible>(PhantomData<fn(M)>);
impl<M> Clone for Peer<M> {
    fn clone(&self) -> Self {
        Peer(PhantomData)
    }
}
