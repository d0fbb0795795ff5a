//! Random walks: payments, answers, confirmations, refunds, recalls, disputes, escalations and their end by several agents,
//! approvals, expiries, restarts, kills and replays, in any order. After each step the log is held to what must always be true of it.
//!
//! A walk is told by its seed: `WEFT_WALK=17` walks that one alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use fastrand::Rng;
use serde_json::{Value as Json, json};
use weft_audit::DecisionRecord;
use weft_engine::{Caller, Role};

use crate::dispute::{close, dispute, escalate, supervisor};
use crate::house::{House, answer, ask, caller, service};
use crate::recall::recall;
use crate::refund::{own_customer, refund, site_by};
use crate::step_up::{SECRET, approval, code_at};

const WALKS: u64 = 12;
const STEPS: usize = 160;
const PAYMENTS: usize = 4;
/// By which payments ask the customer, walk by walk.
const METHODS: [&str; 3] = ["app-approval", "totp", "out-of-band"];
/// What the policies let pass without a step-up, without the customer's approval, and by one person; in cents.
const RELEASED_AT_ONCE: i64 = 50_000;
const REFUNDED_UNVERIFIED: i64 = 3_000;
const REFUNDED_BY_ONE: i64 = 10_000;
const RECALLED_BY_ONE: i64 = 50_000;

/// R5, R7, R12, R43: no payment ends in two ways, never more is refunded than was captured, no approval and no evidence is used
/// twice, nothing is released, refunded, recalled, contested or closed that policies refuse, and nobody ends their own
/// escalation.
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
        assert!(
            all(|done| done.recalls) > 1,
            "{} recalls",
            all(|done| done.recalls)
        );
        assert!(
            all(|done| done.disputes) > 1,
            "{} disputes",
            all(|done| done.disputes)
        );
        assert!(
            all(|done| done.closed) > 1,
            "{} closed",
            all(|done| done.closed)
        );
    }
}

/// What happened on a walk.
#[derive(Default, Clone, Copy)]
struct Done {
    refunds: usize,
    approvals: usize,
    evidence: usize,
    ends: usize,
    recalls: usize,
    disputes: usize,
    closed: usize,
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
    /// The requests that were held.
    held: Vec<Json>,
    /// Disputes and escalations that were asked for: payment, identifier.
    raised: Vec<(String, String)>,
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
            raised: Vec::new(),
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
                let body = self.request(&payment, &who);
                self.ask(who, body).await;
            }
            18..=21 => {
                let who = self.agent();
                let mut body = self.request(&payment, &who);
                body["operation"] = "assist.approve".into();
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
        match self.rng.u8(1..6) {
            number @ 1..=3 => caller(&format!("agent-{number}"), Role::Agent),
            number => supervisor(&format!("supervisor-{number}")),
        }
    }

    /// Mostly what somebody asked for before and was held, so that it is approved, and asked for again.
    fn request(&mut self, payment: &str, who: &Caller) -> Json {
        if !self.held.is_empty() && self.rng.u8(..3) > 0 {
            // Mostly the last one: what is approved is over after a time.
            let last = self.held.len() - 1;
            let place = if self.rng.bool() {
                last
            } else {
                self.rng.usize(..=last)
            };
            return by(&self.held[place], who);
        }
        let number = self.rng.u8(1..4);
        match self.rng.u8(..12) {
            0..=5 => {
                let (id, euros) = [
                    ("R-1", "5.00"),
                    ("R-2", "26.00"),
                    ("R-3", "45.00"),
                    ("R-4", "45.01"),
                    ("R-5", "150.00"),
                    ("R-5", "150.00"),
                ][self.rng.usize(..6)];
                refund(payment, id, euros, who)
            }
            6 => {
                let reason = ["DUPL", "CUST", "FRAD"][self.rng.usize(..3)];
                recall(payment, &format!("C-{number}"), reason, who)
            }
            7 | 8 => dispute(payment, &format!("D-{number}"), "amount", who),
            9 | 10 => {
                let kind = if self.rng.bool() { "E" } else { "D" };
                let made_up = (payment.to_owned(), format!("{kind}-{number}"));
                // Mostly something that there is.
                let (payment, id) = match self.rng.u8(..4) {
                    0 => made_up,
                    _ => self.raised.last().cloned().unwrap_or(made_up),
                };
                let reason = match id.starts_with('E') {
                    true => "answered",
                    false => ["no_error", "withdrawn"][self.rng.usize(..2)],
                };
                close("assist.close", &payment, &id, reason, who)
            }
            _ => escalate(payment, &format!("E-{number}"), who),
        }
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
            for what in ["dispute", "escalation"] {
                let id = body.pointer(&format!("/{what}/id")).and_then(Json::as_str);
                let payment = body["payment"]["id"].as_str();
                if let Some((payment, id)) = payment.zip(id)
                    && (view.verdict.is_granted() || view.waits_until.is_some())
                {
                    self.raised.push((payment.to_owned(), id.to_owned()));
                }
            }
            if view.waits_until.is_some() {
                self.held.push(body.clone());
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
        let Some(held) = self.held.last().cloned() else {
            return;
        };
        if self.rng.u8(..5) > 0 {
            let who = self.agent();
            let mut body = by(&held, &who);
            body["operation"] = "assist.approve".into();
            self.ask(who, body).await;
        }
        let payment = held["payment"]["id"].as_str().unwrap_or_default();
        let of_it = self.challenges.iter().rfind(|known| known.0 == payment);
        if let Some((_, challenge, way)) = of_it.cloned()
            && self.rng.u8(..5) > 0
        {
            let body = answer(payment, &challenge, &self.response(&way));
            self.ask(service(), body).await;
        }
        let who = self.agent();
        let body = by(&held, &who);
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
            let ends = ["refused", "expired", "refunded", "recalled"];
            done.ends += usize::from(ends.contains(&last.as_str()));
            for used in chain.iter().filter_map(factor_used) {
                assert!(uses.insert(used), "{at}: a use of a factor counts twice");
            }
            check_releases(&chain, &at, &mut done);
            check_requests(&chain, &at, &mut done);
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

/// The same request of somebody else, from their session.
fn by(body: &Json, who: &Caller) -> Json {
    let mut body = body.clone();
    body["session"] = json!({"id": format!("S-1-{}", who.id)});
    body
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
        ("released", &["refunded", "recalled", "disputed"]),
        ("disputed", &["released", "refunded"]),
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

/// Who approved a request that waits.
#[derive(Default)]
struct Approved {
    /// Until when it waits.
    until: u64,
    /// The customer, and until when that is good.
    verified: Option<u64>,
    /// A second person.
    by: Option<String>,
}

impl Approved {
    fn is_verified(&self, record: &DecisionRecord) -> bool {
        self.verified.is_some_and(|until| record.at.0 < until)
    }

    /// Whether another person than who carries it out approved it.
    fn is_by_another(&self, record: &DecisionRecord) -> bool {
        self.by.as_ref().is_some_and(|by| *by != record.caller.id)
    }
}

/// What is done was approved by whom it has to be, each approval for one request.
fn check_requests(chain: &[DecisionRecord], at: &str, done: &mut Done) {
    let Some(first) = chain.first() else {
        return;
    };
    let amount = cents(&first.facts["payment.amount"]);
    let mut refunds = Refunds::default();
    let mut escalated: HashMap<String, String> = HashMap::new();
    let mut open: HashMap<String, Approved> = HashMap::new();
    for (place, record) in chain.iter().enumerate() {
        let digest = |step: &Json| step["digest"].as_str().expect("a digest").to_owned();
        if let Some(step) = step_of(record, "asked") {
            let waits = Approved {
                until: millis(&step["expires_at"]),
                ..Approved::default()
            };
            open.insert(digest(&step), waits);
        } else if let Some(step) = step_of(record, "passed") {
            assert_eq!(record.caller.role, "service", "{at}");
            let waits = open.get_mut(&digest(&step)).expect("it waits");
            waits.verified = Some(millis(&step["evidence"]["expires_at"]));
        } else if let Some(step) = step_of(record, "approved") {
            let waits = open.get_mut(&digest(&step)).expect("it waits");
            assert!(waits.by.is_none(), "{at}: approved twice");
            waits.by = Some(record.caller.id.clone());
        }
        let steps = ["refunded", "recalled", "disputed", "escalated", "closed"];
        let mut steps = steps.iter().filter_map(|name| step_of(record, name));
        let Some(step) = steps.next() else {
            continue;
        };
        assert!(record.outcome.verdict.is_granted(), "{at}");
        let waits = open.remove(&digest(&step));
        let in_time = waits.filter(|waits| record.at.0 < waits.until);
        let approved = in_time.unwrap_or_default();
        let (before, after) = (state_of(&chain[place - 1]), state_of(record));
        let (verified, second) = match record.operation.as_str() {
            "assist.refund" => {
                assert!(["released", "disputed"].contains(&before.as_str()), "{at}");
                refunds.check(record, &step, at);
                assert!(refunds.sum <= amount, "{at}: {} refunded", refunds.sum);
                done.refunds += 1;
                let sum = refunds.sum;
                (sum > REFUNDED_UNVERIFIED, sum > REFUNDED_BY_ONE)
            }
            "assist.recall" => {
                assert!(refunds.ids.is_empty(), "{at}: recalled what was given back");
                done.recalls += 1;
                match before.as_str() {
                    "pending" => {
                        assert_eq!(after, "refused", "{at}");
                        (record.facts["recall.reason"] != "FRAD", false)
                    }
                    _ => {
                        assert_eq!((before.as_str(), after.as_str()), ("released", "recalled"));
                        (true, amount > RECALLED_BY_ONE)
                    }
                }
            }
            "assist.dispute" => {
                assert_eq!((before.as_str(), after.as_str()), ("released", "disputed"));
                done.disputes += 1;
                (true, false)
            }
            "assist.escalate" => {
                assert_eq!(before, after, "{at}");
                let id = step["escalation"]["id"].to_string();
                let is_new = escalated.insert(id, record.caller.id.clone()).is_none();
                assert!(is_new, "{at}: escalated twice");
                (false, false)
            }
            "assist.close" => {
                done.closed += 1;
                let reason = record.facts["close.reason"].as_str().expect("a reason");
                if reason == "answered" {
                    assert_eq!(before, after, "{at}");
                    let by = &escalated[&step["close"]["id"].to_string()];
                    assert_ne!(*by, record.caller.id, "{at}: one's own escalation");
                    assert_eq!(record.caller.role, "supervisor", "{at}");
                } else {
                    assert_eq!((before.as_str(), after.as_str()), ("disputed", "released"));
                }
                (reason == "withdrawn", reason == "no_error")
            }
            other => panic!("{at}: {other} did something"),
        };
        if verified {
            assert!(approved.is_verified(record), "{at}: without the customer");
            done.evidence += 1;
        }
        if second {
            assert!(approved.is_by_another(record), "{at}: by one alone");
            done.approvals += 1;
        }
    }
}

/// What was given back of a payment.
#[derive(Default)]
struct Refunds {
    sum: i64,
    ids: HashSet<String>,
}

impl Refunds {
    fn check(&mut self, record: &DecisionRecord, step: &Json, at: &str) {
        let amount = cents(&record.facts["refund.amount"]);
        let recorded = &step["refund"]["amount"]["minor_units"];
        assert_eq!(*recorded, json!(amount), "{at}");
        let is_new = self.ids.insert(step["refund"]["id"].to_string());
        assert!(is_new, "{at}: refunded twice");
        self.sum += amount;
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
