//! The gateway: bound first, so that the command line can say where; then serving until it is told to
//! stop.

use std::future::Future;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use weft_engine::Engine;

use crate::limits::LimitError;
use crate::{Callers, Limits};

/// What a gateway is made of.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where to listen; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Who may call.
    pub callers: Callers,
    /// How much, and how often.
    pub limits: Limits,
}

impl GatewayConfig {
    /// With the default limits.
    pub fn new(listen: SocketAddr, callers: Callers) -> GatewayConfig {
        GatewayConfig {
            listen,
            callers,
            limits: Limits::default(),
        }
    }
}

/// Why a gateway cannot serve. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another address with --listen, or stop who listens there"
    )]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// A limit cannot be kept.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// A gateway that listens and does not serve yet.
pub struct Gateway {
    listener: TcpListener,
    address: SocketAddr,
    engine: Engine,
}

impl Gateway {
    /// Listens. Callers may connect from now on, and are answered when [`Gateway::serve`] runs.
    pub async fn bind(engine: Engine, config: GatewayConfig) -> Result<Gateway, GatewayError> {
        config.limits.check()?;
        let address = config.listen;
        let failed = |source| GatewayError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Gateway {
            listener,
            address,
            engine,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is there. Returns when everything under way is answered and the engine has
    /// stopped.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), GatewayError> {
        stop.await;
        drop(self.listener);
        self.engine.stop().await;
        Ok(())
    }
}
