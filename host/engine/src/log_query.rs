//! What a regulator asks of the audit log, as it stands behind the `?`.

use std::str::FromStr;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use weft_audit::Filter;
use weft_audit::limits::MAX_PAGE;
use weft_dictionary::Timestamp;
use weft_intake::Problem;
use weft_verdict::Verdict;

use crate::problems;

/// Records on a page when nothing is said.
const PAGE: usize = 100;

/// One page of the records that meet all conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    pub(crate) filter: Filter,
    /// The index from which on.
    pub(crate) cursor: u64,
    /// Records on the page at the most.
    pub(crate) limit: usize,
}

/// The names that [`LogQuery::parse`] knows.
pub(crate) const NAMES: [&str; 14] = [
    "decision",
    "payment",
    "case",
    "account",
    "caller",
    "plugin",
    "policy",
    "verdict",
    "operation",
    "region",
    "from",
    "to",
    "cursor",
    "limit",
];

impl LogQuery {
    /// Of what stands behind the `?` of a path.
    pub fn parse(query: &str) -> Result<LogQuery, Problem> {
        let mut escapes = query.split('%').skip(1);
        let is_escape = |text: &str| {
            text.get(..2)
                .is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        if !escapes.all(is_escape) {
            return Err(problems::bad_query());
        }
        LogQuery::of(form_urlencoded::parse(query.as_bytes()))
    }

    /// Of names and values; each name once.
    fn of<T: AsRef<str>>(pairs: impl IntoIterator<Item = (T, T)>) -> Result<LogQuery, Problem> {
        let mut query = LogQuery {
            filter: Filter::default(),
            cursor: 0,
            limit: PAGE,
        };
        let mut seen = Vec::new();
        for (name, value) in pairs {
            // What a decoder puts in the place of bytes that are no text.
            if [name.as_ref(), value.as_ref()]
                .iter()
                .any(|text| text.contains('\u{fffd}'))
            {
                return Err(problems::bad_query());
            }
            let known = NAMES.iter().find(|known| **known == name.as_ref());
            let name = *known.ok_or_else(problems::no_such_parameter)?;
            if seen.contains(&name) {
                return Err(problems::bad_parameter(name, "is there more than once"));
            }
            seen.push(name);
            query.set(name, value.as_ref())?;
        }
        Ok(query)
    }

    fn set(&mut self, name: &'static str, value: &str) -> Result<(), Problem> {
        if value.is_empty() {
            return Err(problems::bad_parameter(name, "is empty"));
        }
        let bad = |what| problems::bad_parameter(name, what);
        let instant =
            || Timestamp::parse(value).ok_or_else(|| bad("is no instant of a record (RFC 3339)"));
        let filter = &mut self.filter;
        let text = match name {
            "decision" => &mut filter.decision,
            "payment" => &mut filter.transaction,
            "case" => &mut filter.case,
            "account" => &mut filter.account,
            "caller" => &mut filter.by,
            "plugin" => &mut filter.plugin,
            "policy" => &mut filter.policy,
            "operation" => &mut filter.what,
            "region" => &mut filter.region,
            "verdict" => {
                let text: StrDeserializer<'_, Error> = value.into_deserializer();
                let verdict = Verdict::deserialize(text);
                filter.verdict = Some(verdict.map_err(|_| bad("is no verdict"))?);
                return Ok(());
            }
            "from" => {
                filter.from = Some(instant()?);
                return Ok(());
            }
            "to" => {
                filter.to = Some(instant()?);
                return Ok(());
            }
            "cursor" => {
                self.cursor = u64::from_str(value).map_err(|_| bad("is no index of a record"))?;
                return Ok(());
            }
            _ => {
                let limit = usize::from_str(value).ok();
                let limit = limit.filter(|limit| (1..=MAX_PAGE).contains(limit));
                self.limit = limit.ok_or_else(|| bad("is no number from 1 to 1000"))?;
                return Ok(());
            }
        };
        *text = Some(value.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<LogQuery, String> {
        LogQuery::parse(text).map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn every_name_is_taken() {
        let text = |name: &str| match name {
            "verdict" => "hold",
            "from" | "to" => "2026-11-01T00:00:00Z",
            "cursor" | "limit" => "7",
            _ => "x",
        };
        let all: Vec<String> = NAMES
            .iter()
            .map(|name| format!("{name}={}", text(name)))
            .collect();
        let query = of(&all.join("&")).expect("taken");
        assert_eq!((query.cursor, query.limit), (7, 7));
        let Filter {
            decision,
            transaction,
            case,
            account,
            by,
            plugin,
            policy,
            verdict,
            what,
            region,
            from,
            to,
            last,
        } = query.filter;
        let texts = [
            decision,
            transaction,
            case,
            account,
            by,
            plugin,
            policy,
            what,
            region,
        ];
        assert_eq!(texts, [const { Some(()) }; 9].map(|_| Some("x".to_owned())));
        assert_eq!((verdict, from, last), (Some(Verdict::Hold), to, None));
    }

    #[test]
    fn values_are_decoded() {
        let query = of("case=a%2Bb+c%25").expect("taken");
        assert_eq!(query.filter.case.as_deref(), Some("a+b c%"));
    }

    #[test]
    fn what_is_no_query_is_told_without_its_value() {
        for (text, what) in [
            ("paymnet=4111111111111111", "parameter"),
            ("case=1&case=2", "`case` is there more than once"),
            ("verdict=perhaps", "`verdict` is no verdict"),
            ("from=yesterday", "`from` is no instant"),
            ("limit=0", "`limit` is no number"),
            ("limit=1001", "`limit` is no number"),
            ("cursor=-1", "`cursor` is no index"),
            ("case=", "`case` is empty"),
            ("case=%FF", "percent-encoded"),
            ("case=%zz", "percent-encoded"),
            ("case=a%4", "percent-encoded"),
            ("case=%", "percent-encoded"),
        ] {
            let told = of(text).expect_err(text);
            assert!(told.contains(what), "{text}: {told}");
        }
    }
}
