//! Random walks: payments, answers, confirmations, refunds by several agents, approvals, expiries, restarts, kills and
//! replays, in any order. After each step the log is held to what must always be true of it.
//!
//! A walk is told by its seed: `WEFT_WALK=17` walks that one alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use fastrand::Rng;
use serde_json::{Value as Json, json};
use weft_audit::DecisionRecord;
use weft_engine::{Caller, Role};

use crate::house::{House, answer, ask, caller, service};
use crate::refund::{of_refund, own_customer, site_by};
use crate::step_up::{SECRET, approval, code_at};

const WALKS: u64 = 8;
const STEPS: usize = 100;
const PAYMENTS: usize = 4;
/// By which payments ask the customer, walk by walk.
const METHODS: [&str; 3] = ["app-approval", "totp", "out-of-band"];
/// What the policies let pass without a step-up, without the customer's approval, and by one person; in cents.
const RELEASED_AT_ONCE: i64 = 50_000;
const REFUNDED_UNVERIFIED: i64 = 3_000;
const REFUNDED_BY_ONE: i64 = 10_000;

/// R5, R7, R12: no payment ends in two ways, never more is refunded than was captured, no approval and no evidence is used
/// twice, nothing is released or refunded that policies refuse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_in_whatever_order_the_log_stays_true() {
    let only = std::env::var("WEFT_WALK")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(0..WALKS, |seed: u64| seed..seed + 1);
    let mut walks = tokio::task::JoinSet::new();
    for seed in seeds {
        walks.spawn(async move { Walk::new(seed).walk().await });
    }
    let done: Vec<Done> = walks.join_all().await;
    // A walk in which nothing happens shows nothing.
    let all = |count: fn(&Done) -> usize| done.iter().map(count).sum::<usize>();
    if only.is_none() {
        assert!(
            all(|done| done.refunds) > 15,
            "{} refunds",
            all(|done| done.refunds)
        );
        assert!(
            all(|done| done.approvals) > 0,
            "{} approvals",
            all(|done| done.approvals)
        );
        assert!(
            all(|done| done.evidence) > 3,
            "{} evidence",
            all(|done| done.evidence)
        );
        assert!(all(|done| done.ends) > 3, "{} ends", all(|done| done.ends));
    }
}

/// What happened on a walk.
#[derive(Default, Clone, Copy)]
struct Done {
    refunds: usize,
    approvals: usize,
    evidence: usize,
    ends: usize,
}

/// How a challenge is answered.
#[derive(Clone)]
enum Way {
    /// With the response that came with it.
    Response(String),
    /// With what the platform's authentication service signs.
    Commitment(String),
    /// With the code of the moment.
    Code,
}

struct Walk {
    seed: u64,
    rng: Rng,
    house: House,
    /// Requests that were answered, by their key, with what was answered.
    answered: Vec<(Caller, Json, String, Vec<u8>)>,
    /// Refunds that were granted in an answer: payment, refund.
    granted: HashSet<(String, String)>,
    /// What the customer can answer: payment, challenge, and how.
    challenges: Vec<(String, String, Way)>,
    paid: usize,
    /// What was held: payment, refund, amount.
    held: Vec<(String, String, String)>,
}

impl Walk {
    fn new(seed: u64) -> Walk {
        Walk {
            seed,
            rng: Rng::with_seed(seed),
            house: site_by(METHODS[usize::try_from(seed).unwrap_or_default() % METHODS.len()])
                .start(),
            answered: Vec::new(),
            granted: HashSet::new(),
            challenges: Vec::new(),
            paid: 0,
            held: Vec::new(),
        }
    }

    async fn walk(mut self) -> Done {
        for number in 1..=PAYMENTS {
            let body = json!({"operation": "assist.enrol_factor", "payer": {"customer": format!("U-{number}")},
                              "factor": {"id": "F-1", "method": "totp", "secret": SECRET}});
            let view = self.house.decided(&service(), &body).await;
            assert!(view.verdict.is_granted(), "{view:?}");
        }
        self.house.pass_minutes(1);
        let mut done = Done::default();
        for step in 0..STEPS {
            self = self.step().await;
            done = self.check(step);
        }
        done
    }

    async fn step(mut self) -> Walk {
        if self.paid < PAYMENTS && (self.paid == 0 || self.rng.u8(..4) == 0) {
            self.paid += 1;
            let euros = [
                "30.00", "90.00", "490.00", "490.00", "700.00", "1890.00", "9000.00",
            ];
            let euros = euros[self.rng.usize(..euros.len())];
            let body = own_customer(self.paid, euros);
            self.ask(service(), body).await;
            return self;
        }
        let payment = format!("p-{}", 1 + self.rng.usize(..self.paid));
        match self.rng.u8(..30) {
            0..=3 => {
                let who = self.agent();
                self.ask(who, ask("assist.failed_payment", &payment)).await;
            }
            4..=8 => self.answer_challenge().await,
            9 => {
                let who = self.agent();
                self.ask(who, ask("assist.confirm", &payment)).await;
            }
            10..=17 => {
                let who = if self.rng.u8(..8) == 0 {
                    service()
                } else {
                    self.agent()
                };
                let body = self.about_refund("assist.refund", &payment, &who);
                self.ask(who, body).await;
            }
            18..=21 => {
                let who = self.agent();
                let body = self.about_refund("assist.approve", &payment, &who);
                self.ask(who, body).await;
            }
            22 | 23 => self.see_through().await,
            24 => self.again().await,
            25 | 26 => {
                let minutes = [1, 1, 10, 16, 1_441];
                self.house
                    .pass_minutes(minutes[self.rng.usize(..minutes.len())]);
            }
            27 | 28 => {
                self.house.engine.expire_due().await;
            }
            _ => self = self.another_process().await,
        }
        self
    }

    fn agent(&mut self) -> Caller {
        caller(&format!("agent-{}", self.rng.u8(1..4)), Role::Agent)
    }

    /// Mostly what somebody asked for before and was held, so that it is approved, and asked for again.
    fn about_refund(&mut self, operation: &str, payment: &str, who: &Caller) -> Json {
        if !self.held.is_empty() && self.rng.u8(..3) > 0 {
            // Mostly the last one: what is approved is over after a time.
            let last = self.held.len() - 1;
            let place = if self.rng.bool() {
                last
            } else {
                self.rng.usize(..=last)
            };
            let (payment, id, euros) = &self.held[place];
            return of_refund(operation, payment, id, euros, who);
        }
        let (id, euros) = [
            ("R-1", "5.00"),
            ("R-2", "26.00"),
            ("R-3", "45.00"),
            ("R-4", "45.01"),
            ("R-5", "150.00"),
            ("R-5", "150.00"),
        ][self.rng.usize(..6)];
        of_refund(operation, payment, id, euros, who)
    }

    async fn ask(&mut self, who: Caller, body: Json) {
        let key = format!("k-{}", self.answered.len());
        let Ok(reply) = self.house.decide_with_key(&who, &body, Some(&key)).await else {
            return;
        };
        for view in &reply.decisions {
            if view.operation == "assist.refund" && view.verdict.is_granted() {
                let text = |pointer: &str| body.pointer(pointer).and_then(Json::as_str);
                let (payment, id) = (text("/payment/id"), text("/refund/id"));
                let named = payment.zip(id).expect("both are named");
                let is_new = self.granted.insert((named.0.into(), named.1.into()));
                assert!(is_new, "seed {}: {named:?} is refunded twice", self.seed);
            }
            if view.waits_until.is_some() {
                let text = |pointer: &str| body.pointer(pointer).and_then(Json::as_str);
                let named = ["/payment/id", "/refund/id", "/refund/amount/value"];
                let [payment, id, euros] =
                    named.map(|name| text(name).unwrap_or_default().to_owned());
                self.held.push((payment, id, euros));
            }
            if let Some(challenge) = view.challenge.clone().filter(|challenge| !challenge.passed) {
                let payment = body["payment"]["id"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let seen = self.house.engine.decision(&service(), &view.decision).await;
                let seen = seen.ok().and_then(|seen| seen.challenge);
                let way = seen.map(|seen| match (seen.response, seen.commitment) {
                    (Some(response), _) => Way::Response(response),
                    (None, Some(commitment)) => Way::Commitment(commitment),
                    (None, None) => Way::Code,
                });
                let known = way.map(|way| (payment, challenge.id, way));
                self.challenges.extend(known);
            }
        }
        self.answered.push((who, body, key, reply.body));
    }

    /// What waits is approved by whom it has to be, and asked for again; mostly, and by anybody.
    async fn see_through(&mut self) {
        let Some((payment, id, euros)) = self.held.last().cloned() else {
            return;
        };
        if self.rng.u8(..5) > 0 {
            let who = self.agent();
            let body = of_refund("assist.approve", &payment, &id, &euros, &who);
            self.ask(who, body).await;
        }
        let of_it = self.challenges.iter().rfind(|known| known.0 == payment);
        if let Some((_, challenge, way)) = of_it.cloned()
            && self.rng.u8(..5) > 0
        {
            let body = answer(&payment, &challenge, &self.response(&way));
            self.ask(service(), body).await;
        }
        let who = self.agent();
        let body = of_refund("assist.refund", &payment, &id, &euros, &who);
        self.ask(who, body).await;
    }

    async fn answer_challenge(&mut self) {
        if self.challenges.is_empty() {
            return;
        }
        let last = self.challenges.len() - 1;
        let known = if self.rng.bool() {
            last
        } else {
            self.rng.usize(..=last)
        };
        let (payment, challenge, way) = self.challenges[known].clone();
        let response = if self.rng.u8(..5) == 0 {
            "wrong".to_owned()
        } else {
            self.response(&way)
        };
        self.ask(service(), answer(&payment, &challenge, &response))
            .await;
    }

    fn response(&self, way: &Way) -> String {
        let now = self.house.now().0;
        match way {
            Way::Response(response) => response.clone(),
            Way::Commitment(commitment) => approval(commitment, now, "push"),
            Way::Code => code_at(now),
        }
    }

    /// Sends a request again, under its key: the same answer, and nothing is done.
    async fn again(&mut self) {
        if self.answered.is_empty() {
            return;
        }
        let place = self.rng.usize(..self.answered.len());
        let (who, body, key, before) = self.answered[place].clone();
        let records = self.house.engine.log().len();
        let Ok(reply) = self.house.decide_with_key(&who, &body, Some(&key)).await else {
            return;
        };
        if reply.replayed {
            assert_eq!(reply.body, before, "seed {}", self.seed);
            assert_eq!(self.house.engine.log().len(), records, "seed {}", self.seed);
        } else {
            // A key is forgotten after a day: then it is a request like any other.
            self.granted.extend(refunds(&self.house));
            self.answered[place].3 = reply.body;
        }
    }

    /// The host ends, in order or not, and another goes on.
    async fn another_process(mut self) -> Walk {
        if self.rng.bool() {
            self.house = self.house.restart().await;
            return self;
        }
        let now = self.house.now();
        let killed = self.house.site.copy().start();
        let minutes = (now.0 - killed.now().0) / 60_000;
        killed.pass_minutes(minutes);
        self.house = killed;
        self
    }

    /// What must be true of the log, whatever happened.
    fn check(&self, step: usize) -> Done {
        let at = format!("seed {}, step {step}", self.seed);
        let mut done = Done::default();
        let mut waiting = 0;
        let mut uses = HashSet::new();
        for number in 1..=self.paid {
            let chain = self.house.chain(&format!("p-{number}"));
            let last = check_states(&chain, &at);
            waiting += usize::from(last == "pending");
            done.ends += usize::from(["refused", "expired", "refunded"].contains(&last.as_str()));
            for used in chain.iter().filter_map(factor_used) {
                assert!(uses.insert(used), "{at}: a use of a factor counts twice");
            }
            check_releases(&chain, &at, &mut done);
            check_refunds(&chain, &at, &mut done);
        }
        assert_eq!(self.house.engine.pending(), waiting, "{at}");
        assert_eq!(
            refunds(&self.house),
            self.granted,
            "{at}: answers and log differ"
        );
        done
    }
}

/// The factor that a decision used, with the count of the use.
fn factor_used(record: &DecisionRecord) -> Option<String> {
    let used = record.follow.as_ref()?.get("factor")?;
    Some(used.to_string())
}

/// The refunds in the log: payment, refund.
fn refunds(house: &House) -> HashSet<(String, String)> {
    let mut found = HashSet::new();
    for number in 1..=PAYMENTS {
        let payment = format!("p-{number}");
        for record in house.chain(&payment) {
            if let Some(step) = step_of(&record, "refunded") {
                let id = step["refund"]["id"].as_str().expect("an id").to_owned();
                found.insert((payment.clone(), id));
            }
        }
    }
    found
}

/// What a record says of a request, if it is this.
fn step_of(record: &DecisionRecord, name: &str) -> Option<Json> {
    record.follow.as_ref()?.get("request")?.get(name).cloned()
}

fn state_of(record: &DecisionRecord) -> String {
    let follow = record.follow.as_ref().expect("what follows");
    follow["state"].as_str().expect("a state").to_owned()
}

/// Each step is one of a payment's life, and no payment ends in two ways. Where it stands last.
fn check_states(chain: &[DecisionRecord], at: &str) -> String {
    let steps: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("pending", ["released", "refused", "expired"].as_slice()),
        ("released", &["refunded"]),
    ]);
    let mut before: Option<String> = None;
    for record in chain {
        let now = state_of(record);
        if let Some(before) = before.filter(|before| *before != now) {
            let next = steps.get(before.as_str()).copied().unwrap_or_default();
            assert!(next.contains(&now.as_str()), "{at}: {before} to {now}");
        }
        before = Some(now);
    }
    before.unwrap_or_default()
}

/// What is released was granted; what is large, with evidence of its own that was fresh, and before its hold was over.
fn check_releases(chain: &[DecisionRecord], at: &str, done: &mut Done) {
    let Some(first) = chain.first() else {
        return;
    };
    let mut used = HashSet::new();
    let mut passed: HashMap<String, u64> = HashMap::new();
    for record in chain {
        let follow = record.follow.as_ref().expect("what follows");
        if let Some(evidence) = follow.get("passed") {
            let id = evidence["challenge"].as_str().expect("an id").to_owned();
            passed.insert(id, millis(&evidence["expires_at"]));
        }
        if record.operation != "payment.authorize" || state_of(record) != "released" {
            continue;
        }
        assert!(record.outcome.verdict.is_granted(), "{at}");
        if cents(&first.facts["payment.amount"]) < RELEASED_AT_ONCE {
            continue;
        }
        let id = follow["used"].as_str().expect("evidence").to_owned();
        let fresh = passed.get(&id).is_some_and(|until| record.at.0 < *until);
        assert!(fresh, "{at}: released without fresh evidence");
        assert!(used.insert(id), "{at}: evidence is used twice");
        let first = first.follow.as_ref().expect("what follows");
        assert!(
            record.at.0 < millis(&first["expires_at"]),
            "{at}: released too late"
        );
        done.evidence += 1;
    }
}

/// What is refunded was captured, and approved by whom it has to be, each approval for one refund.
fn check_refunds(chain: &[DecisionRecord], at: &str, done: &mut Done) {
    let mut sum = 0;
    let mut ids = HashSet::new();
    // By digest: until when the request waits, whether the customer approved it and until when, who else did.
    let mut open: HashMap<String, (u64, Option<u64>, Option<String>)> = HashMap::new();
    for (place, record) in chain.iter().enumerate() {
        let digest = |step: &Json| step["digest"].as_str().expect("a digest").to_owned();
        if let Some(step) = step_of(record, "asked") {
            let waits = (millis(&step["expires_at"]), None, None);
            open.insert(digest(&step), waits);
        } else if let Some(step) = step_of(record, "passed") {
            assert_eq!(record.caller.role, "service", "{at}");
            let waits = open.get_mut(&digest(&step)).expect("it waits");
            waits.1 = Some(millis(&step["evidence"]["expires_at"]));
        } else if let Some(step) = step_of(record, "approved") {
            let waits = open.get_mut(&digest(&step)).expect("it waits");
            assert!(waits.2.is_none(), "{at}: approved twice");
            waits.2 = Some(record.caller.id.clone());
        }
        let Some(step) = step_of(record, "refunded") else {
            continue;
        };
        assert_eq!(state_of(&chain[place - 1]), "released", "{at}");
        assert!(record.outcome.verdict.is_granted(), "{at}");
        let amount = cents(&record.facts["refund.amount"]);
        assert_eq!(
            step["refund"]["amount"]["minor_units"],
            json!(amount),
            "{at}"
        );
        assert!(
            ids.insert(step["refund"]["id"].to_string()),
            "{at}: refunded twice"
        );
        sum += amount;
        let waits = open.remove(&digest(&step));
        let in_time = waits.filter(|(until, ..)| record.at.0 < *until);
        let (_, verified, approved) = in_time.unwrap_or_default();
        if sum > REFUNDED_UNVERIFIED {
            let fresh = verified.is_some_and(|until| record.at.0 < until);
            assert!(fresh, "{at}: refunded without the customer's approval");
            done.evidence += 1;
        }
        if sum > REFUNDED_BY_ONE {
            let by = approved.expect("a second person");
            assert_ne!(by, record.caller.id, "{at}: approved by oneself");
            done.approvals += 1;
        }
        done.refunds += 1;
    }
    if let Some(first) = chain.first() {
        assert!(
            sum <= cents(&first.facts["payment.amount"]),
            "{at}: {sum} refunded"
        );
    }
}

fn millis(json: &Json) -> u64 {
    json.as_u64().expect("milliseconds")
}

fn cents(money: &Json) -> i64 {
    let text = money["value"].as_str().expect("an amount");
    let (whole, fraction) = text.split_once('.').expect("two decimals");
    format!("{whole}{fraction}").parse().expect("a number")
}
