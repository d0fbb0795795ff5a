//! Moving the root of the keys between the key file and a PKCS#11 token.
//!
//! The order is in the log before it is carried out. A host that stopped in between says at its next start where the
//! root is: the key file was replaced or it was not.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;
use weft_intake::{Problem, ProblemCode};
use weft_vault::{RootTarget, move_root};

use crate::engine::{Engine, Inner};
use crate::problems;
use crate::sets::Order;
use crate::start::StartError;

/// Where the root is to be.
pub(crate) const MOVE_BEGUN: &str = "vault.root_move_begun";
/// Where it is, after a move that was begun.
pub(crate) const MOVE_ENDED: &str = "vault.root_move_ended";

/// The key file in a data directory.
pub(crate) const KEY_FILE: &str = "keys.weft";

impl Engine {
    /// Moves the root of this host's keys. In the log before it is done. What is sealed stays as it is.
    pub async fn move_root(&self, target: RootTarget, order: Order) -> Result<(), Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.move_root(target, order).await })
            .await
    }
}

impl Inner {
    async fn move_root(self: &Arc<Inner>, target: RootTarget, order: Order) -> Result<(), Problem> {
        order.check()?;
        let _one_at_a_time = self.custody.lock().await;
        let place = [("root", Json::from(target.place().to_string()))];
        self.record_custody(MOVE_BEGUN, &[], &order, &place).await?;
        let path = self.key_file();
        let moved = self
            .tasks
            .spawn_blocking(move || move_root(&path, &target).map(|()| target.place()))
            .await
            .map_err(|_| problems::internal("the root was not moved to the end"))?;
        let is_at = moved.as_ref().unwrap_or(&self.root).to_string();
        let ended = self.event(self.clock.now(), MOVE_ENDED, [("root", is_at.into())]);
        let recorded = self.log.append(&ended).await;
        recorded.map_err(|why| problems::change_not_recorded(&why))?;
        moved.map(drop).map_err(|why| {
            let detail = format!("the root is as it was: {why}");
            Problem::new(ProblemCode::Conflict, detail)
        })
    }

    /// Says where the root is, when a move was begun of which nobody said how it ended.
    pub(crate) fn finish_move(&self) -> Result<(), StartError> {
        let is_at = Json::from(self.root.to_string());
        let event = self.event(self.clock.now(), MOVE_ENDED, [("root", is_at)]);
        self.log.append_blocking(&event)?;
        Ok(())
    }

    fn key_file(&self) -> PathBuf {
        self.config.data_dir.join(KEY_FILE)
    }
}
