//! The reasons that the host itself gives, and what they say to people.

use weft_assist::Barred;

/// A decision about which no policy said anything.
pub(crate) const NO_POLICY: &str = "no-policy-applies";
/// A finding that stands for a failure.
pub(crate) const POLICY_FAILED: &str = "policy-failed";
/// A finding that stands for a missing fact.
pub(crate) const FACT_MISSING: &str = "fact-missing";
/// What ends the code of a plugin's reason that says what is not known.
pub(crate) const UNKNOWN: &str = "-unknown";
/// Nobody released a payment in time.
pub(crate) const HOLD_EXPIRED: &str = "hold-expired";
/// A wrong answer to a challenge.
pub(crate) const CHALLENGE_FAILED: &str = "challenge-failed";
/// The record has no room for all that was found.
pub(crate) const FINDINGS_SHORTENED: &str = "findings-shortened";
/// The record has no room for all policies that were asked: some findings, and what was disclosed to their plugins, are left
/// out.
pub const FINDINGS_LEFT_OUT: &str = "findings-left-out";
/// The record has no room even for what has to be done.
pub(crate) const TOO_MUCH_FOUND: &str = "too-much-found";

/// Support is refused help with a payment of which it may not learn.
pub(crate) const NOT_TOLD: &str = "not-told";

/// Support asks for what would have to wait, about a payment of which it was told nothing within the case.
pub(crate) const ASK_FIRST: &str = "ask-first";

/// The words for a code of the host's own.
pub(crate) fn title(code: &str) -> Option<&'static str> {
    Some(match code {
        NO_POLICY => "No policy says that this may go on",
        POLICY_FAILED => "A policy could not be evaluated",
        FACT_MISSING => "A fact that a policy needs is missing",
        HOLD_EXPIRED => "Nobody released the payment in time",
        CHALLENGE_FAILED => "The answer to the challenge was wrong",
        "factor-enrolled-before" => "The customer has a factor of this identifier",
        "factor-unknown" => "The customer has no factor of this identifier",
        "factors-too-many" => "There are as many factors as may be",
        "factor-not-usable" => {
            "The credential ID, public key or secret is none that this host can check"
        }
        "challenge-unknown" => "There is no such challenge for this payment",
        "challenge-passed-before" => "The challenge was passed before",
        "challenge-attempts-exhausted" => "The challenge was answered wrongly too often",
        "challenge-expired" => "The time to answer the challenge is over",
        FINDINGS_SHORTENED => {
            "The policies said more than a record has room for: findings are shortened"
        }
        FINDINGS_LEFT_OUT => {
            "The policies said more than a record has room for: some findings are left out"
        }
        NOT_TOLD => {
            "Nothing is granted about such a payment, so nothing is told of it, not even whether it is there: check its \
             identifier, and ask within the case first why it does not go through"
        }
        ASK_FIRST => {
            "Ask within the case first why the payment does not go through, or how it stands: then this may be asked for"
        }
        "self-approval" => "Who asks does not approve",
        "approved-before" => "Who has approved does not approve again",
        "another-request" => {
            "No such request waits, with exactly this payment, these words and this case"
        }
        "not-open" => "The request is approved already, or its time is over",
        TOO_MUCH_FOUND => "The policies ask for more than a record has room for",
        _ => return barred(code).map(barred_title),
    })
}

/// What an ISO 20022 report carries for a code of the host's own. Only recalls have such: the codes are of
/// ExternalPaymentCancellationRejection1Code.
pub(crate) fn status_reason(code: &str) -> Option<&'static str> {
    match barred(code)? {
        // "The transaction has already been returned"; so has what was recalled.
        Barred::RecallOfReturned | Barred::RecallKnown => Some("ARDT"),
        // "Original transaction never received": whoever would have got it never did.
        Barred::RecallOfRefused => Some("NOOR"),
        // "An agent refuses to cancel", until it is known who is right.
        Barred::RecallOfDisputed => Some("AGNT"),
        _ => None,
    }
}

fn barred(code: &str) -> Option<Barred> {
    Barred::ALL.into_iter().find(|why| why.code() == code)
}

fn barred_title(why: Barred) -> &'static str {
    match why {
        Barred::RefundState => "Nothing of the payment can be given back as it stands",
        Barred::RefundKnown => "A refund of this identifier was made before",
        Barred::RefundOfNothing => "A refund is more than nothing",
        Barred::RefundCurrency => "The refund has another currency than the payment",
        Barred::RefundAboveCaptured => "The refunds would be more than what was captured",
        Barred::RecallOfRefused => "The payment never went on, so there is nothing to call back",
        Barred::RecallOfReturned => {
            "Money of the payment was given back: what is left can be refunded, and not recalled"
        }
        Barred::RecallKnown => "The payment was recalled before",
        Barred::RecallOfDisputed => {
            "The payment is disputed: close the dispute, or give the money back"
        }
        Barred::DisputeState => "Only a payment that was released can be disputed",
        Barred::DisputeKnown => {
            "A dispute or an escalation of this payment has this identifier: choose another"
        }
        Barred::DisputeNotice => "Notice of the dispute was given later than now",
        Barred::DisputeRoom => "As many disputes are open as may: end one first",
        Barred::EscalationKnown => {
            "An escalation or a dispute of this payment has this identifier: choose another"
        }
        Barred::EscalationRoom => "As many escalations of the payment wait as may: close one first",
        Barred::CloseOfNothing => "Neither a dispute nor an escalation of this identifier is open",
    }
}

#[cfg(test)]
mod tests {
    use weft_assist::{Barred, NotEnrolled, Refusal};

    #[test]
    fn every_refusal_of_an_answer_has_words() {
        for refusal in [
            Refusal::NoChallenge,
            Refusal::AlreadyPassed,
            Refusal::TooManyAttempts,
            Refusal::Expired,
        ] {
            assert!(super::title(refusal.code()).is_some(), "{refusal:?}");
        }
    }

    #[test]
    fn every_refusal_of_a_factor_has_words() {
        for why in NotEnrolled::ALL {
            assert!(super::title(why.code()).is_some(), "{why:?}");
        }
    }

    #[test]
    fn every_refusal_of_a_request_has_words() {
        for why in Barred::ALL {
            assert!(super::title(why.code()).is_some(), "{why:?}");
        }
        for code in [
            "self-approval",
            "approved-before",
            "another-request",
            "not-open",
        ] {
            assert!(super::title(code).is_some(), "{code}");
        }
    }

    #[test]
    fn every_recall_that_cannot_be_has_a_code_of_iso_20022_and_nothing_else_has() {
        for why in Barred::ALL {
            let is_recall = why.code().starts_with("recall-");
            assert_eq!(
                super::status_reason(why.code()).is_some(),
                is_recall,
                "{why:?}"
            );
        }
        assert_eq!(super::status_reason(super::NO_POLICY), None);
    }
}
