//! TLS where this crate is built without it: no server has any.

pub(crate) mod set {
    use crate::error::Result;
    use crate::options::Options;
    use crate::transport::listener::Endpoint;

    /// No TLS configurations.
    #[derive(Debug, Default)]
    pub(crate) struct TlsSet;

    /// Nothing to take over.
    #[derive(Debug)]
    pub(crate) struct TlsReload;

    #[allow(clippy::unused_self, clippy::unnecessary_wraps, clippy::needless_pass_by_value)] // as with TLS
    impl TlsSet {
        pub(crate) fn wrap(&self, endpoint: Box<dyn Endpoint>, _: &Options) -> Box<dyn Endpoint> {
            endpoint
        }

        pub(crate) fn port_speaks_tls(&self, _: &Options) -> bool {
            false
        }

        pub(crate) fn has_files(&self) -> bool {
            false
        }

        pub(crate) fn tell(&self, _: &str) {}

        pub(crate) fn prepare(&self, _: &Options) -> Result<TlsReload> {
            Ok(TlsReload)
        }

        pub(crate) fn commit(&self, _: TlsReload, _: &str) {}
    }
}
