//! The decisions about one payment, from its first to the latest.
//!
//! A payment's identifier is its service's own: two services may give the same one to two payments, and
//! neither learns of the other's. Whatever is decided about a payment names the decision before it, so the
//! decisions under an identifier fall into chains, each begun by one service.

use std::collections::HashMap;

use weft_assist::Life;
use weft_audit::{DecisionRecord, Stored};
use weft_intake::Problem;

use crate::engine::Inner;
use crate::limits::MAX_SERVICES_AN_ID;
use crate::problems;
use crate::reader::follow_of;

/// One payment's decisions, oldest first. The first is its service's own request.
pub(crate) type Chain = Vec<Stored>;

impl Inner {
    /// The chains of all payments with an identifier, in the order in which they began.
    pub(crate) fn chains(&self, payment: &str) -> Result<Vec<Chain>, Problem> {
        let all = self
            .log
            .by_transaction(payment)
            .map_err(|error| problems::not_read(&error))?;
        Ok(into_chains(all))
    }

    /// The chain that a decision stands in; none for one that is about no payment.
    pub(crate) fn chain_of(&self, record: &DecisionRecord) -> Result<Chain, Problem> {
        let Some(payment) = &record.transaction else {
            return Ok(Chain::new());
        };
        let has_it = |chain: &Chain| chain.iter().any(|s| s.record.decision == record.decision);
        let mut chains = self.chains(payment)?.into_iter();
        Ok(chains.find(has_it).unwrap_or_default())
    }

    /// Where the payment stands that a chain is about, and what was given back of it. What is not understood is not
    /// passed over: it may say that money was given back.
    pub(crate) fn life_of(&self, chain: &[Stored]) -> Result<Option<Life>, Problem> {
        let mut follows = Vec::with_capacity(chain.len());
        for Stored { record, .. } in chain {
            match follow_of(record) {
                Some(follow) => follows.push((record.decision.as_str(), follow)),
                None if record.follow.is_none() => {}
                None => {
                    return Err(problems::internal(
                        "a recorded decision cannot be read back",
                    ));
                }
            }
        }
        Ok(Life::of(follows))
    }

    /// Refuses an identifier that is taken: by a payment of the same service, or by as many services as may
    /// share one.
    pub(crate) fn check_id_is_free(&self, payment: &str, service: &str) -> Result<(), Taken> {
        let chains = self.chains(payment).map_err(Taken::Unknown)?;
        if chains.iter().any(|chain| began(chain, service)) {
            return Err(Taken::ByCaller);
        }
        if chains.len() >= MAX_SERVICES_AN_ID {
            return Err(Taken::ByMany);
        }
        Ok(())
    }
}

/// Why an identifier is not free.
pub(crate) enum Taken {
    /// The same service has a payment of that name.
    ByCaller,
    /// So many services have one that the log would not show all that is decided about them.
    ByMany,
    /// The log cannot be read.
    Unknown(Problem),
}

/// Whether a service began a chain: whether the payment is its own.
pub(crate) fn began(chain: &[Stored], service: &str) -> bool {
    (chain.first()).is_some_and(|first| first.record.caller.id == service)
}

fn into_chains(all: Vec<Stored>) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for stored in all {
        let before = stored.record.previous.as_ref();
        let known = before.and_then(|before| at.get(before).copied());
        let place = known.unwrap_or_else(|| {
            chains.push(Chain::new());
            chains.len() - 1
        });
        at.insert(stored.record.decision.clone(), place);
        chains[place].push(stored);
    }
    chains
}
