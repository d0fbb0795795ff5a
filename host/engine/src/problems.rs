//! The problems that the engine itself answers with. Each says what, why and what to do.

use weft_intake::{Problem, ProblemCode};
use weft_vault::VaultError;

use crate::approval::NotApproved;
use crate::facts::Unreadable;
use crate::limits::{MAX_CHAIN, MAX_REASON_CHARS, MAX_SERVICES_AN_ID, MAX_THREAT_LEVEL};
use crate::{Role, log_query};

pub(crate) fn internal(detail: &str) -> Problem {
    Problem::new(ProblemCode::Internal, detail)
}

pub(crate) fn stopping() -> Problem {
    Problem::new(ProblemCode::NotReady, "the host is stopping").help("send it again in a moment")
}

pub(crate) fn saturated() -> Problem {
    Problem::new(
        ProblemCode::Saturated,
        "the host decides as many requests as it may",
    )
    .help("send it again in a moment, with the same idempotency key")
}

pub(crate) fn saturated_beside() -> Problem {
    let detail = "more requests for assistance wait than may, beside payments, of all callers or of this one";
    Problem::new(ProblemCode::Saturated, detail)
        .help("send fewer at once; send this one again in a moment, with the same idempotency key")
}

pub(crate) fn role_may_not_decide(role: Role) -> Problem {
    let detail = format!(
        "callers with the role {} do not ask for decisions",
        role.as_str()
    );
    Problem::new(ProblemCode::Forbidden, detail)
}

pub(crate) fn missing(pointer: &str) -> Problem {
    Problem::new(
        ProblemCode::MissingField,
        "a payment cannot be decided without this field",
    )
    .pointer(pointer)
}

pub(crate) fn no_request_without(pointer: &str) -> Problem {
    Problem::new(
        ProblemCode::MissingField,
        "this is not asked for, nor approved, without this field",
    )
    .pointer(pointer)
    .help(
        "refund.id, recall.id, dispute.id and escalation.id are yours to give, each once for a payment; close.id names the dispute \
         or the escalation that is to end; refund.amount says how much, in the payment's currency; the rest says why",
    )
}

pub(crate) fn approves_nothing() -> Problem {
    Problem::new(
        ProblemCode::MissingField,
        "an approval says all that the request says which it approves",
    )
    .help("say its refund, recall, dispute, escalation or close as it was asked for")
}

pub(crate) fn approves_several() -> Problem {
    Problem::new(
        ProblemCode::MissingField,
        "an approval is of one request, and this one could be of several",
    )
    .help("say its refund, recall, dispute, escalation or close, and nothing of another")
}

pub(crate) fn no_factor_without(pointer: &str) -> Problem {
    Problem::new(
        ProblemCode::MissingField,
        "a factor is not enrolled, nor removed, without this field",
    )
    .pointer(pointer)
    .help("say whose it is (payer.customer or payer.account) and how you call it (factor.id); to enrol one also its factor.method, and of a passkey factor.credential and factor.public_key, of codes (totp) factor.secret")
}

pub(crate) fn payment_known() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "a payment of yours with this identifier was decided before",
    )
    .pointer("/payment/id")
    .help("a payment is decided once; to send a request again, use the same Idempotency-Key")
}

pub(crate) fn identifier_used_up() -> Problem {
    let detail = format!(
        "{MAX_SERVICES_AN_ID} services have a payment with this identifier, and no more may share one"
    );
    Problem::new(ProblemCode::Conflict, detail)
        .pointer("/payment/id")
        .help("give payments identifiers that nobody else would think of, for example a UETR")
}

pub(crate) fn which_service() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "more than one service has a payment with this identifier",
    )
    .pointer("/case/service")
    .help("name the service through which the customer pays, as it stands in the host's configuration")
}

pub(crate) fn transaction_known(place: usize) -> Problem {
    let detail = format!(
        "transaction {} of the message was decided before",
        place + 1
    );
    Problem::new(ProblemCode::Conflict, detail)
        .pointer(transaction(place))
        .help("nothing of the message was decided; send it without this transaction, under an identifier of its own")
}

pub(crate) fn transaction_without(place: usize, what: &str) -> Problem {
    let detail = format!("transaction {} of the message has no {what}", place + 1);
    Problem::new(ProblemCode::MissingField, detail)
        .pointer(transaction(place))
        .help("nothing of the message was decided")
}

/// The place of a transaction in whatever message.
fn transaction(place: usize) -> String {
    format!("/Document/*//CdtTrfTxInf[{}]", place + 1)
}

pub(crate) fn role_may_not_pay(role: Role) -> Problem {
    let detail = format!(
        "callers with the role {} do not make payments",
        role.as_str()
    );
    Problem::new(ProblemCode::Forbidden, detail).pointer("/operation")
}

pub(crate) fn asked_too_often(payment: &str, case: Option<String>) -> Problem {
    let detail = format!(
        "{MAX_CHAIN} requests about this payment are the most, and some are kept for its end"
    );
    let problem = Problem::new(ProblemCode::Conflict, detail)
        .pointer("/payment/id")
        .help("no more are taken; a payment that waits is refused when its time is over")
        .named("transaction", payment);
    case.into_iter()
        .fold(problem, |problem, case| problem.named("case", case))
}

pub(crate) fn key_used_for_another_request() -> Problem {
    Problem::new(
        ProblemCode::IdempotencyMismatch,
        "this idempotency key came with another request before",
    )
    .help("use a new key for a new request")
}

pub(crate) fn message_id_used_for_another_message(at: String) -> Problem {
    Problem::new(
        ProblemCode::IdempotencyMismatch,
        "a message of yours with this identifier and other bytes was answered before; without an Idempotency-Key header \
         the identifier of an ISO 20022 message is its idempotency key",
    )
    .pointer(at)
    .help(
        "give a new message a new MsgId, or a new Id of its Assgnmt; the same message, byte for byte, gets the same answer \
         again",
    )
}

pub(crate) fn in_flight() -> Problem {
    Problem::new(
        ProblemCode::InFlight,
        "the same request is being decided right now",
    )
    .help("send it again in a moment, with the same idempotency key")
}

pub(crate) fn unknown_operation(near: Option<&str>) -> Problem {
    let problem = Problem::new(
        ProblemCode::InvalidValue,
        "the pipeline has no such operation",
    )
    .pointer("/operation");
    match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("the operations stand in policies/pipeline.yaml"),
    }
}

/// The same for a decision that is not there and for one that the caller may not see.
pub(crate) fn no_such_decision() -> Problem {
    Problem::new(
        ProblemCode::NotFound,
        "there is no such decision that this caller may see",
    )
}

/// The path is none of C2SP `tlog-tiles`.
pub(crate) fn no_tile() -> Problem {
    Problem::new(ProblemCode::NotFound, "this path names no tile of the log")
        .help("the paths are those of C2SP tlog-tiles: tile/0/000, tile/0/x001/234, tile/entries/000.p/17")
}

/// A tile that there is not yet.
pub(crate) fn no_such_tile() -> Problem {
    Problem::new(
        ProblemCode::NotFound,
        "the newest checkpoint of the log does not cover this tile",
    )
    .help("ask for the checkpoint, and for the tiles of a tree of its size")
}

/// A parameter that a query does not have.
pub(crate) fn no_such_parameter() -> Problem {
    let names = log_query::NAMES.join(", ");
    Problem::new(
        ProblemCode::InvalidValue,
        "the query has a parameter that there is not",
    )
    .help(format!("the parameters are {names}"))
}

/// A parameter whose value says nothing.
pub(crate) fn bad_parameter(name: &'static str, what: &str) -> Problem {
    let help = match name {
        "from" | "to" => {
            "write for example 2026-11-01T00:00:00Z, in UTC or with an offset; records are of 1970 or later"
        }
        "verdict" => "the verdicts are abstain, allow, flag, challenge, hold, deny",
        "cursor" => "take `next` of the page before, or leave it out",
        "limit" => "a page has 1 to 1000 records",
        _ => "name each parameter once, with a value in UTF-8, percent-encoded",
    };
    let detail = format!("the query's `{name}` {what}");
    Problem::new(ProblemCode::InvalidValue, detail).help(help)
}

/// A query that cannot be read at all.
pub(crate) fn bad_query() -> Problem {
    Problem::new(ProblemCode::InvalidValue, "the query is not percent-encoded UTF-8")
        .help("write a percent sign as %25, and what is not ASCII as the bytes of its UTF-8, each with a percent sign")
}

/// A record that is durable and not yet signed.
pub(crate) fn not_signed_yet() -> Problem {
    Problem::new(
        ProblemCode::NotReady,
        "the newest checkpoint of the log does not cover this decision yet",
    )
    .help("ask again in a second")
}

/// The log tells of a full disk once, when it begins, not for each request.
fn disk_full() -> Problem {
    Problem::new(
        ProblemCode::NotReady,
        "disk full: the decision could not be recorded, so it was not taken",
    )
    .help("send it again later, with the same idempotency key; who runs the host has to make room")
}

/// What the log does not give now. The store is filled again by itself.
pub(crate) fn not_read(error: &weft_audit::ReadError) -> Problem {
    use weft_audit::ReadError;
    match error {
        ReadError::Refilling(why) => {
            Problem::new(ProblemCode::NotReady, why.to_string()).help("send it again later")
        }
        ReadError::Store(_) => {
            tracing::debug!(%error, "the audit store does not answer");
            Problem::new(ProblemCode::NotReady, "the audit store does not answer")
                .help("send it again in a moment")
        }
        ReadError::Closed => stopping(),
        _ => {
            tracing::error!(%error, "the log cannot be read");
            internal("the audit log cannot be read")
        }
    }
}

/// The disk or its rights keep the archive from being read. What became of a set is no problem: it is told.
pub(crate) fn archive_not_read() -> Problem {
    Problem::new(
        ProblemCode::NotReady,
        "the archive of policy sets cannot be read now",
    )
    .help("send it again later; whoever runs the host finds in its log why")
}

pub(crate) fn not_tokenised(error: &VaultError) -> Problem {
    if error.is_disk_full() {
        return disk_full();
    }
    // An order was carried out while the request was under way: nothing failed.
    if matches!(error, VaultError::Erased | VaultError::ErasedMeanwhile) {
        return Problem::new(
            ProblemCode::NotReady,
            "a person in the request was erased while it was decided, so nothing was decided",
        )
        .help("send it again, with the same idempotency key: its person is somebody new");
    }
    tracing::error!(%error, "new tokens could not be kept");
    Problem::new(
        ProblemCode::NotReady,
        "the vault does not take the request's values, so nothing was decided",
    )
    .help("send it again in a moment, with the same idempotency key")
}

/// An order about the vault; [`not_tokenised`] is for requests.
pub(crate) fn not_carried_out(error: &VaultError) -> Problem {
    if error.is_disk_full() {
        return disk_full();
    }
    tracing::error!(%error, "an order about the vault could not be carried out");
    let detail =
        format!("the order was recorded, and could not be carried out to its end: {error}");
    Problem::new(ProblemCode::Conflict, detail).help(
        "see to what stands in the way, and order it again: what is done already is not done twice",
    )
}

/// An order that lifts a hold without a reason.
pub(crate) fn lifted_without_reason() -> Problem {
    let detail = "the instant is over, so the order lifts the legal hold, and it does not say why";
    Problem::new(ProblemCode::InvalidValue, detail)
        .pointer("/reason")
        .help("give the reason (--reason) for those who read the log, or an instant to come")
}

pub(crate) fn not_recorded(error: &weft_audit::AppendError) -> Problem {
    if error.is_disk_full() {
        return disk_full();
    }
    tracing::error!(%error, "a decision could not be recorded");
    Problem::new(
        ProblemCode::NotReady,
        "the decision could not be recorded, so it was not taken",
    )
    .help("send it again in a moment, with the same idempotency key")
}

pub(crate) fn change_not_recorded(error: &weft_audit::AppendError) -> Problem {
    tracing::error!(%error, "a change could not be recorded");
    Problem::new(
        ProblemCode::NotReady,
        "the change could not be recorded, so it was not made",
    )
    .help("ask for it again in a moment")
}

pub(crate) fn unfit_reason() -> Problem {
    let detail = format!(
        "a reason has 1 to {MAX_REASON_CHARS} characters on one line, not only blanks, and no card number, IBAN, mailbox, phone number or national identifier"
    );
    Problem::new(ProblemCode::InvalidValue, detail).pointer("/reason")
}

/// The same whatever the refusal rests on.
pub(crate) fn not_released(id: &str) -> Problem {
    Problem::new(
        ProblemCode::Forbidden,
        "nothing is released to this caller for this request",
    )
    .help("ask about the payment within your case first; whoever answers for disclosures finds the reason by the id")
    .member("id", id.into())
}

/// The same whatever the refusal rests on.
pub(crate) fn not_opened_in_emergency(id: &str) -> Problem {
    Problem::new(
        ProblemCode::Forbidden,
        "nothing is opened to this caller for this request",
    )
    .help(
        "who asked opens it, after two others have approved and before its time is over; whoever reads the log finds the \
         reason by the id",
    )
    .member("id", id.into())
}

pub(crate) fn never_opened() -> Problem {
    Problem::new(
        ProblemCode::InvalidValue,
        "no value of this field is ever opened: the vault has none, or the dictionary has no such field",
    )
    .pointer("/field")
    .help(
        "name a field whose class in policies/dictionary.yaml is sensitive or cardholder; others are shown in answers about \
         the payment, and secrets are not kept",
    )
}

/// For whoever approves; the same whether the payment, its value or its person is not there.
pub(crate) fn nothing_to_open() -> Problem {
    Problem::new(
        ProblemCode::InvalidValue,
        "there is no payment of this identifier with a value of this field that could be opened",
    )
    .pointer("/id")
    .help("let it lapse; who asked asks again for a payment that is there, and a field that came with it")
}

/// For whoever approves.
pub(crate) fn whose_emergency() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "more than one service has a payment with the identifier that was asked for",
    )
    .pointer("/id")
    .help(
        "let it lapse; who asked asks again and names the service through which the customer pays",
    )
}

pub(crate) fn unfit_disclosure(pointer: &str) -> Problem {
    Problem::new(
        ProblemCode::InvalidValue,
        "a value is asked for by case, payment, service, purpose, field and token: names as they stand in policies/ and in records",
    )
    .pointer(pointer)
    .help(
        "purposes stand in policies/disclosures, fields in policies/dictionary.yaml; an identifier has at least one digit and no \
         blank",
    )
}

pub(crate) fn unfit_opening(pointer: &str) -> Problem {
    Problem::new(
        ProblemCode::InvalidValue,
        "a commitment is opened by decision, field and purpose: names as they stand in records and in policies/",
    )
    .pointer(pointer)
    .help("the record of a decision names its fields under `commitments`; purposes stand in policies/disclosures")
}

/// What stands sealed in a record does not open, or is not what the dictionary says.
pub(crate) fn not_restored(error: &Unreadable) -> Problem {
    tracing::error!(%error, "a record cannot be read back");
    internal("a recorded decision cannot be read back")
}

pub(crate) fn no_such_emergency() -> Problem {
    Problem::new(
        ProblemCode::NotFound,
        "no request in an emergency of this id waits for its review",
    )
}

pub(crate) fn review_first() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "as many requests in emergencies wait for their review as may",
    )
    .help("review them, then ask again")
}

pub(crate) fn not_approved(why: NotApproved) -> Problem {
    let (code, detail) = match why {
        NotApproved::OwnOrder => (ProblemCode::Forbidden, "who asks does not approve"),
        NotApproved::Twice => (
            ProblemCode::Forbidden,
            "who has approved does not approve again",
        ),
        NotApproved::OtherOrder => (
            ProblemCode::Conflict,
            "the digest is that of another request",
        ),
        NotApproved::Enough | NotApproved::TooLate => (
            ProblemCode::Conflict,
            "the request is approved already, or its time is over",
        ),
    };
    Problem::new(code, detail)
        .help("two people approve, neither of them the one who asked, by the digest of the request")
}

pub(crate) fn not_reviewed(why: &'static str) -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        format!("nothing was reviewed: {why}"),
    )
    .help("somebody else reviews it, when it can be opened no more")
}

/// The vault's files do not give what they have.
pub(crate) fn not_opened(error: &VaultError) -> Problem {
    tracing::error!(%error, "a value of the vault could not be read");
    Problem::new(
        ProblemCode::NotReady,
        "the vault does not answer, so nothing was released",
    )
    .help("ask again in a moment")
}

pub(crate) fn no_such_level() -> Problem {
    let detail = format!("the level of threat is a number from 0 to {MAX_THREAT_LEVEL}");
    Problem::new(ProblemCode::InvalidValue, detail).pointer("/level")
}

pub(crate) fn no_token() -> Problem {
    Problem::new(
        ProblemCode::InvalidValue,
        "a person is named by the token of an identifier of theirs",
    )
    .pointer("/whose")
    .help("take it from the record of a decision, for example payer.customer; a name sub_… from an answer will do, too")
}

pub(crate) fn no_date() -> Problem {
    Problem::new(
        ProblemCode::InvalidValue,
        "the end of a hold is an instant after 1970 with an offset (RFC 3339)",
    )
    .pointer("/until")
    .help("write it as in 2031-01-01T00:00:00Z")
}

pub(crate) fn rotating() -> Problem {
    let detail = "a new epoch of keys is begun already";
    Problem::new(ProblemCode::Conflict, detail).help("wait until its keys are carried over")
}
