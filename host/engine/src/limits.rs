//! The bounds of the engine.

use std::time::Duration;

use weft_dictionary::DurationMs;

/// Requests for assistance, and for explanations, that wait for their turn; more are refused with 503.
pub const MAX_WAITING: usize = 256;
/// Of these, those of one caller.
pub const MAX_WAITING_A_CALLER: usize = 64;
/// How often a part of a backup is tried that is in the middle of a change.
pub(crate) const BACKUP_TRIES: usize = 10;
/// Between two of these.
pub(crate) const BACKUP_PAUSE: Duration = Duration::from_millis(200);
/// How long an idempotency key is remembered.
pub const KEY_WINDOW: DurationMs = DurationMs(24 * 3_600_000);
/// Idempotency keys that are remembered at the same time; the oldest go first.
pub const MAX_KEYS: usize = 1_000_000;
/// How long a request waits for the answer to the same one, sent before under the same key.
pub const MAX_WAIT_FOR_THE_SAME: Duration = Duration::from_secs(10);
/// Decisions about one payment, granted requests for assistance included. Each request reads them all; more are
/// refused, and the payment expires.
pub const MAX_CHAIN: usize = 100;
/// Of these, those that are kept for the customer's answers and for support's confirmation.
pub const KEPT_FOR_ANSWERS: usize = 20;
/// Of these, those that are kept for support's confirmation and for the decision that follows it.
pub const KEPT_FOR_CONFIRMATION: usize = 4;
/// Refused requests that stand among the decisions about a payment, beside the others. Further ones are answered
/// and recorded likewise, but on their own: nobody wears out a payment by asking what is refused.
pub const MAX_REFUSED_LINKED: usize = 20;
/// Services that may give the same identifier to payments of their own.
pub const MAX_SERVICES_AN_ID: usize = 8;
/// Expired payments that are decided in one turn, so that expiry never holds up a stop.
pub(crate) const EXPIRE_BATCH: usize = 256;
/// Locks over payments, and as many over payers: names share one where their hashes meet, and then wait for
/// each other. With 256 requests of three names each under way, one of thirty waits without need.
pub(crate) const LOCK_STRIPES: usize = 1 << 16;
/// How far the machine's clock may be set back without a decision's time going back: time stands still
/// until the clock has caught up. What is set back further is followed.
pub(crate) const MAX_STANDSTILL: DurationMs = DurationMs(60_000);
/// Bytes that the findings and the outcome of one record may take, so that facts and the rest always have
/// room beside them.
pub(crate) const MAX_FINDINGS_BYTES: usize = 32 << 10;
/// Policy sets that a data directory keeps. One that is put in force every hour fills it in more than a year.
pub const MAX_ARCHIVED_SETS: usize = 10_000;
/// Bytes that one event says of the policies of a set; a set with more has several.
pub(crate) const MAX_DESCRIBED_BYTES: usize = 32 << 10;
/// Bytes of the list of an archived set's parts.
pub const MAX_SET_LIST_BYTES: usize = 8 << 20;
/// Changes of the policy set that the host remembers; the log has them all.
pub const MAX_CHANGES_KNOWN: usize = 1_000;
/// Policy sets that were in force lately and are held ready, so that their decisions are told in their words.
pub const MAX_SETS_HELD: usize = 4;
/// Decisions that are explained at the same time; more wait.
pub(crate) const MAX_EXPLAINED: usize = 2;
/// Policy sets that one answer names, where too few digits were said.
pub const MAX_SETS_TOLD: usize = 10;
/// Problems in policy files that one answer tells.
pub const MAX_PROBLEMS_TOLD: usize = 100;
/// Characters of the reason that is given for a change.
pub const MAX_REASON_CHARS: usize = 500;
/// Digits of a policy set's digest that name it, at least.
pub const MIN_DIGEST_DIGITS: usize = 8;
/// The highest level of threat.
pub const MAX_THREAT_LEVEL: u8 = 3;
/// Cases, customers and callers whose use of disclosures is counted within a day; what would need more is withheld.
pub(crate) const MAX_COUNTED: usize = 1_000_000;
/// Characters of the purpose and the field for which a value is asked.
pub(crate) const MAX_WORD_CHARS: usize = weft_policy::limits::MAX_PURPOSE_CHARS;
/// Digits among them.
pub(crate) const MAX_WORD_DIGITS: usize = weft_policy::limits::MAX_PURPOSE_DIGITS;
/// Characters of the case within which a value is asked for.
pub(crate) const MAX_CASE_CHARS: usize = 64;
/// Decisions of a caller within a case, the newest, among which the payment of a value is looked for.
pub(crate) const MAX_CASE_DECISIONS: usize = 20;
/// How long an answer takes at least whose time must not say what is there: each about a value of the vault, and each that
/// refuses somebody a decision, or help with a payment, services too.
pub const REFUSAL_TAKES: Duration = Duration::from_millis(100);
/// Alerts that support can still ask for; the log has them all.
pub const MAX_ALERTS: usize = 200;
/// Changes of payments, and alerts, that who looks at them may be behind; who is more behind looks again.
pub(crate) const MAX_UNSEEN_CHANGES: usize = 1_024;
/// Bytes of a thread's stack that are overwritten after work that may have seen clear values. Of the stacks of a host that
/// had decided for a while, 144 KiB were used at the most.
pub(crate) const WIPED_STACK_BYTES: usize = 192 << 10;
/// How long a request in an emergency may be approved, and once it is, opened.
pub(crate) const EMERGENCY_LASTS: DurationMs = DurationMs(15 * 60_000);
/// Requests in emergencies that wait for their review; more are refused until some are reviewed.
pub(crate) const MAX_UNREVIEWED: usize = 10_000;
/// The same of one caller.
pub(crate) const MAX_UNREVIEWED_A_CALLER: usize = 20;
/// Subjects that one event about an erasure or a hold names; more are in several events.
pub(crate) const MAX_SUBJECTS_AN_EVENT: usize = 256;
/// Orders to lift or to shorten a hold that wait for another operator; the oldest go first.
pub(crate) const MAX_LIFTS: usize = 64;
/// Orders to move values to another host or from one that are remembered.
pub const MAX_TRANSFERS: usize = 16;
/// How long such an order waits for another operator.
pub const TRANSFER_WAITS: DurationMs = DurationMs(24 * 60 * 60_000);
/// The same of an order to lift or to shorten a hold.
pub const LIFT_WAITS: DurationMs = DurationMs(24 * 60 * 60_000);
/// How long a request about a payment waits for the customer and for a second person. What they approved counts as long.
pub const REQUEST_WAITS: DurationMs = DurationMs(24 * 60 * 60_000);
/// Disputes that are open at the same time; more are denied until some have ended.
pub(crate) const MAX_DISPUTES: usize = 1_000_000;
/// How long before a dispute is due somebody is warned, also when nobody asks.
pub(crate) const DISPUTE_WARNING: DurationMs = DurationMs(48 * 3_600_000);
/// Disputes of which somebody is warned in one turn.
pub(crate) const WARN_BATCH: usize = 256;
/// Escalations that wait for a supervisor; more are denied until some are ended.
pub(crate) const MAX_ESCALATED: usize = 10_000;
/// Of these, those that one answer tells.
pub const MAX_ESCALATIONS_TOLD: usize = 1_000;
/// Refunds of thirty days that are counted by agent; where there were more, nothing is said of how many.
pub(crate) const MAX_REFUNDS_COUNTED: usize = 1_000_000;

/// Factors of customers that are enrolled at the same time; more are refused until some are removed.
pub(crate) const MAX_FACTORS: usize = 10_000_000;

// What the log gives of one identifier is all that there is of it.
const _: () =
    assert!(MAX_SERVICES_AN_ID * (MAX_CHAIN + MAX_REFUSED_LINKED) < weft_audit::limits::MAX_LINKED);
