//! Sends a story's requests, and holds the replies to what the story says.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use hyper::body::Bytes;
use serde_json::Value as Json;

use super::story::{Body, Expect, ROLES, Step, Story};
use super::tell;
use crate::client::{Client, Question};
use crate::exit::Failed;
use crate::token::Token;

/// Plays a story against a host.
pub(crate) struct Player<'a> {
    address: SocketAddr,
    /// One for each of [`ROLES`].
    tokens: &'a [Token],
    /// Replies by the names under which steps remember them.
    remembered: BTreeMap<String, Json>,
}

impl<'a> Player<'a> {
    pub(crate) fn new(address: SocketAddr, tokens: &'a [Token]) -> Player<'a> {
        Player {
            address,
            tokens,
            remembered: BTreeMap::new(),
        }
    }

    /// How many steps led to something else than the story says.
    pub(crate) async fn play(mut self, story: &Story) -> Result<usize, Failed> {
        let mut client = Client::connect(self.address).await?;
        let mut surprises = 0;
        for (number, step) in story.steps.iter().enumerate() {
            tell::step(number + 1, &step.title);
            let mut held = true;
            for body in &step.send {
                let decision = self.send(&mut client, step, body).await?;
                held &= tell::surprise(surprise(&decision, &step.expect));
                if let Some(name) = &step.remember {
                    self.remembered.insert(name.clone(), decision);
                }
            }
            surprises += usize::from(!held);
        }
        Ok(surprises)
    }

    /// Sends a body, tells what came back, and gives the decision as its caller sees it.
    async fn send(&self, client: &mut Client, step: &Step, body: &Body) -> Result<Json, Failed> {
        let token: &str = &self.tokens[step.caller].secret;
        let text = self.fill(&body.text);
        let bytes = Bytes::from(text.into_bytes());
        let answer = client
            .ask(Question::decision(token, body.content_type, bytes))
            .await?;
        let from = ROLES[step.caller].0;
        if !answer.status.is_success() {
            let problem: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
            tell::problem(from, &body.name, answer.status.as_u16(), &problem);
            return Ok(problem);
        }
        if answer.content_type == "application/json" {
            let decision: Json = serde_json::from_slice(&answer.body)?;
            tell::decision(from, &body.name, &decision);
            return Ok(decision);
        }
        // A status report names the decision; the host tells the rest about it.
        let report = String::from_utf8_lossy(&answer.body);
        tell::report(&report);
        let path = format!("/v1/decisions/{}", decision_id(&report));
        let answer = client.ask(Question::get(&path, Some(token))).await?;
        let decision: Json = serde_json::from_slice(&answer.body)?;
        tell::decision(from, &body.name, &decision);
        Ok(decision)
    }

    /// Puts parts of earlier replies where the text has `{{name.path}}`.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((path, after)) = after.split_once("}}") else {
                break;
            };
            filled.push_str(before);
            filled.push_str(self.part(path).unwrap_or_default());
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn part(&self, path: &str) -> Option<&str> {
        let (name, rest) = path.split_once('.')?;
        let mut at = self.remembered.get(name)?;
        for key in rest.split('.') {
            at = at.get(key)?;
        }
        at.as_str()
    }
}

/// The first decision that a report names, or nothing.
fn decision_id(report: &str) -> &str {
    let Some(start) = report.find("dec_") else {
        return "";
    };
    let id = &report[start..];
    let end = id
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(id.len());
    &id[..end]
}

/// What is not as the story says.
fn surprise(decision: &Json, expect: &Expect) -> Option<String> {
    let verdict = decision["verdict"].as_str().unwrap_or("no verdict");
    let wanted: Vec<&str> = expect.verdict.iter().map(|v| v.as_str()).collect();
    if !wanted.is_empty() && !wanted.contains(&verdict) {
        let wanted = wanted.join(" or ");
        return Some(format!("the story says {wanted}, this is {verdict}"));
    }
    if let Some(state) = &expect.state {
        let is = decision["payment"]["state"].as_str().unwrap_or("unknown");
        if is != state {
            return Some(format!("the story says the payment is {state}, it is {is}"));
        }
    }
    match &expect.again {
        Some(again) => surprise(&decision["decided_again"], again),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use weft_verdict::Verdict;

    #[test]
    fn parts_of_earlier_replies_are_put_in() {
        let mut player = Player::new(SocketAddr::from(([127, 0, 0, 1], 1)), &[]);
        let reply = json!({"challenge": {"id": "chl_1"}});
        player.remembered.insert("held".into(), reply);
        let filled = player.fill(r#"{"id": "{{held.challenge.id}}", "x": "{{held.other}}"}"#);
        assert_eq!(filled, r#"{"id": "chl_1", "x": ""}"#);
    }

    #[test]
    fn a_report_names_its_decision() {
        assert_eq!(decision_id("<AddtlInf>dec_a2b</AddtlInf>"), "dec_a2b");
        assert_eq!(decision_id("<AddtlInf/>"), "");
    }

    #[test]
    fn what_the_story_does_not_say_is_a_surprise() {
        let expect = Expect {
            verdict: vec![Verdict::Hold],
            state: Some("pending".into()),
            again: None,
        };
        let held = json!({"verdict": "hold", "payment": {"state": "pending"}});
        assert_eq!(surprise(&held, &expect), None);
        let allowed = json!({"verdict": "allow", "payment": {"state": "released"}});
        assert!(surprise(&allowed, &expect).is_some());
        let refused = json!({"verdict": "hold", "payment": {"state": "refused"}});
        assert!(surprise(&refused, &expect).is_some());
        assert!(surprise(&json!({"code": "malformed"}), &expect).is_some());
    }
}
