//! TLS where this crate is built without it: no server has any.

pub(crate) mod set {
    use kai_tcp_server_spec::listen::{self, Entry};

    use crate::error::{Error, ErrorKind, Result};
    use crate::options::Options;
    use crate::transport::listener::Endpoint;

    /// No TLS configurations.
    #[derive(Debug, Default)]
    pub(crate) struct TlsSet;

    /// Nothing to take over.
    #[derive(Debug)]
    pub(crate) struct TlsReload;

    /// Nothing to wait for.
    #[derive(Debug)]
    pub(crate) struct Turn;

    #[allow(clippy::unused_self, clippy::unnecessary_wraps, clippy::needless_pass_by_value)] // as with TLS
    impl TlsSet {
        pub(crate) fn over_port(&mut self, port: Box<dyn Endpoint>, _: &Options) -> Result<Box<dyn Endpoint>> {
            Ok(port)
        }

        pub(crate) fn over_memory(&self, memory: Box<dyn Endpoint>, _: &Options) -> Box<dyn Endpoint> {
            memory
        }

        pub(crate) fn over(
            &mut self,
            listener: Box<dyn Endpoint>,
            entry: &Entry<'static>,
            _: &Options,
        ) -> Result<Box<dyn Endpoint>> {
            match entry.tls {
                listen::Tls::Off => Ok(listener),
                listen::Tls::AtOnce | listen::Tls::Later => Err(Error::new(
                    ErrorKind::Options,
                    "listen: TLS needs the feature `tls` of kai-tcp-server: `cargo add kai-tcp-server --features tls`",
                )),
            }
        }

        pub(crate) fn port_speaks_tls(&self, _: &Options) -> bool {
            false
        }

        pub(crate) fn has_files(&self) -> bool {
            false
        }

        pub(crate) fn tell(&self, _: &str) {}

        pub(crate) fn turn(&self) -> Turn {
            Turn
        }

        pub(crate) fn prepare(&self, _: &Options) -> Result<TlsReload> {
            Ok(TlsReload)
        }

        pub(crate) fn commit(&self, _: TlsReload, _: Turn, _: &str) {}
    }
}
