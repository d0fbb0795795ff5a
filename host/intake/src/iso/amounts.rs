//! What a message says about its own amounts: how many transactions, what they come to, and what the payer
//! instructed.
//!
//! Decided is on what moves: in pacs.008 the interbank settlement amount ("amount of money moved between the
//! instructing agent and the instructed agent"), in pain.001 the instructed one. What stands beside it must not
//! contradict it: readers of the same message would see different payments.

use rust_decimal::Decimal;
use weft_dictionary::{Currency, Dictionary, FieldId, Money, Row, Value};

use super::MessageKind;
use super::document::{Document, NodeId};
use crate::message::Request;
use crate::problem::{Problem, ProblemCode};

/// ISO 20022 Max15NumericText.
const MAX_COUNT_DIGITS: usize = 15;
/// ISO 20022 DecimalNumber.
const MAX_SUM_DIGITS: usize = 18;

/// Checks the amounts of a message whose transactions are read: a chain of elements and a request for each.
pub(super) fn check(
    document: &Document,
    kind: MessageKind,
    dictionary: &Dictionary,
    chains: &[Vec<NodeId>],
    requests: &[Request],
) -> Result<(), Problem> {
    if let Some(name) = kind.shape().amount {
        return control(document, chains, name);
    }
    let amount = dictionary.by_name("payment.amount").map(|field| field.id);
    let moved: Vec<Option<Money>> = requests
        .iter()
        .map(|request| money(&request.row, amount?))
        .collect();
    for (place, (chain, moved)) in chains.iter().zip(&moved).enumerate() {
        let at = format!("/Document/*/CdtTrfTxInf[{}]", place + 1);
        if let (MessageKind::Pacs008, Some(transaction)) = (kind, chain.last()) {
            settlement(document, *transaction, *moved, &at)?;
        }
    }
    let all: Vec<usize> = (0..chains.len()).collect();
    if let Some(header) = header(document, chains) {
        totals(document, header, &all, &moved, "/Document/*/GrpHdr")?;
    }
    for of_one in all.chunk_by(|a, b| group(&chains[*a]) == group(&chains[*b])) {
        if let Some(group) = of_one.first().and_then(|first| group(&chains[*first])) {
            totals(document, group, of_one, &moved, "/Document/*/PmtInf")?;
        }
    }
    Ok(())
}

/// The control data of a message about payments: over its transactions, and those amounts of theirs that it says.
fn control(document: &Document, chains: &[Vec<NodeId>], name: &str) -> Result<(), Problem> {
    let said = |(place, chain): (usize, &Vec<NodeId>)| {
        let element = chain.last().and_then(|tx| document.child(*tx, name));
        let at = format!("/Document/*//TxInf[{}]/{name}", place + 1);
        element
            .map(|element| amount(document, element, 0, &at))
            .transpose()
    };
    let said: Vec<Option<Money>> = chains
        .iter()
        .enumerate()
        .map(said)
        .collect::<Result<_, _>>()?;
    let message = chains.first().and_then(|chain| chain.first());
    match message.and_then(|message| document.child(*message, "CtrlData")) {
        Some(data) => {
            let all: Vec<usize> = (0..chains.len()).collect();
            totals(document, data, &all, &said, "/Document/*/CtrlData")
        }
        None => Ok(()),
    }
}

fn money(row: &Row, id: FieldId) -> Option<Money> {
    match row.get(id)? {
        Value::Money(money) => Some(*money),
        _ => None,
    }
}

fn header(document: &Document, chains: &[Vec<NodeId>]) -> Option<NodeId> {
    let message = *chains.first()?.first()?;
    document.children(message, "GrpHdr").next()
}

/// The group that a transaction is in, in messages that have groups.
fn group(chain: &[NodeId]) -> Option<NodeId> {
    chain.get(1).copied().filter(|_| chain.len() > 2)
}

/// The settlement amount is there; the instructed one, in the same currency, differs by no more than charges.
fn settlement(
    document: &Document,
    transaction: NodeId,
    moved: Option<Money>,
    at: &str,
) -> Result<(), Problem> {
    let Some(moved) = moved else {
        let reason = "a payment between banks says what they settle";
        return Err(Problem::new(ProblemCode::MissingField, reason)
            .pointer(format!("{at}/IntrBkSttlmAmt"))
            .help("add IntrBkSttlmAmt: a pacs.008 is not valid without it"));
    };
    let Some(element) = document.children(transaction, "InstdAmt").next() else {
        return Ok(());
    };
    let instructed = amount(document, element, 1, &format!("{at}/InstdAmt"))?;
    if instructed.currency != moved.currency {
        return Ok(());
    }
    let mut charges = 0_i128;
    for charge in document.children(transaction, "ChrgsInf") {
        // The first version calls it otherwise.
        let named = ["Amt", "ChrgsAmt"].map(|name| document.children(charge, name).next());
        for element in named.into_iter().flatten() {
            let charge = amount(document, element, 0, &format!("{at}/ChrgsInf/Amt"))?;
            if charge.currency == moved.currency {
                charges += i128::from(charge.minor_units);
            }
        }
    }
    let apart = i128::from(moved.minor_units) - i128::from(instructed.minor_units);
    if apart.abs() <= charges {
        return Ok(());
    }
    Err(invalid(
        "what the banks settle is not what the payer instructed, and the charges do not explain it",
        &format!("{at}/IntrBkSttlmAmt"),
        "let InstdAmt and IntrBkSttlmAmt differ by the amounts in ChrgsInf at most",
    ))
}

/// An amount of the message that is no fact, of so many minor units at least.
fn amount(document: &Document, element: NodeId, least: i64, at: &str) -> Result<Money, Problem> {
    let Some(code) = document.attribute(element, "Ccy") else {
        let reason = "the amount has no currency";
        return Err(invalid(reason, at, "add the attribute Ccy"));
    };
    let currency = code.expose(|code| Currency::from_code(code.trim()));
    let currency = currency.map_err(|error| {
        let help = "write the three letters of ISO 4217, in upper case";
        invalid(&error.to_string(), &format!("{at}/@Ccy"), help)
    })?;
    let text = document.text_of(element);
    text.and_then(|text| text.expose(|text| Money::parse(text.trim(), currency).ok()))
        .filter(|money| money.minor_units >= least)
        .ok_or_else(|| {
            let reason = "this is not an amount in its currency";
            invalid(reason, at, "write the amount as in 12.50")
        })
}

/// The number and the sum of some transactions, where the message says them.
fn totals(
    document: &Document,
    said_in: NodeId,
    of: &[usize],
    moved: &[Option<Money>],
    at: &str,
) -> Result<(), Problem> {
    for element in document.children(said_in, "NbOfTxs") {
        let said = document.text_of(element);
        let count = said.and_then(|said| said.expose(|text| count(text.trim())));
        if count != u64::try_from(of.len()).ok() {
            return Err(invalid(
                "this is not the number of transactions that are there",
                &format!("{at}/NbOfTxs"),
                "count them, or send the message whole",
            ));
        }
    }
    for element in document.children(said_in, "CtrlSum") {
        let said = document.text_of(element);
        let said = said.and_then(|said| said.expose(|text| sum(text.trim())));
        let there = of.iter().filter_map(|at| moved.get(*at)?.as_ref());
        let is = there.map(decimal).try_fold(Decimal::ZERO, |sum, one| {
            // Whatever their currencies, as the standard has it.
            sum.checked_add(one)
        });
        if said.is_none() || said != is {
            return Err(invalid(
                "this is not the sum of the amounts that are there",
                &format!("{at}/CtrlSum"),
                "add them up, whatever their currencies, or leave it out",
            ));
        }
    }
    Ok(())
}

fn decimal(money: &Money) -> Decimal {
    Decimal::from_i128_with_scale(
        i128::from(money.minor_units),
        u32::from(money.currency.exponent()),
    )
}

fn count(text: &str) -> Option<u64> {
    let good = text.len() <= MAX_COUNT_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| good)
}

fn sum(text: &str) -> Option<Decimal> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let good = digits <= MAX_SUM_DIGITS && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    Decimal::from_str_exact(text).ok().filter(|_| good)
}

fn invalid(reason: &str, at: &str, help: &str) -> Problem {
    Problem::new(ProblemCode::InvalidValue, reason)
        .pointer(at)
        .help(help)
}
