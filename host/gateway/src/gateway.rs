//! The gateway: bound first, so that the command line can say where; then serving until it is told to
//! stop.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use weft_engine::{Engine, Stopped};

use crate::buckets::Buckets;
use crate::limits::LimitError;
use crate::metrics::Metrics;
use crate::service::Service;
use crate::{Callers, Limits, connection, expiry};

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
    service: Service,
}

impl Gateway {
    /// Listens. Callers may connect from now on, and are answered when [`Gateway::serve`] runs.
    pub async fn bind(engine: Engine, config: GatewayConfig) -> Result<Gateway, GatewayError> {
        config.limits.check()?;
        let address = config.listen;
        let failed = |source| GatewayError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let service = Service {
            engine,
            buckets: Buckets::new(config.callers.len(), &config.limits),
            callers: config.callers,
            limits: config.limits,
            metrics: Metrics::new(),
            stopping: CancellationToken::new(),
        };
        Ok(Gateway {
            listener,
            address,
            service,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is there. Then no more connections are accepted, requests under way are
    /// answered within the grace of the stop, and the engine stops: what was taken by then is durable,
    /// whether its answer was read or not; how the log was left is what this gives. If the future is dropped, connections are cut off and the
    /// engine is not stopped.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Stopped, GatewayError> {
        let engine = self.service.engine.clone();
        let no_more_expiry = CancellationToken::new();
        // A set of one: whoever drops this future ends the task.
        let mut expiry = JoinSet::new();
        expiry.spawn(expiry::run(engine.clone(), no_more_expiry.clone()));
        connection::serve(self.listener, Arc::new(self.service), stop).await;
        no_more_expiry.cancel();
        while expiry.join_next().await.is_some() {}
        Ok(engine.stop().await)
    }
}
