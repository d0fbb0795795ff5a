//! ZEN: one decision table that collects, compiled.

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine, Variable};

use crate::Engine;
use crate::workload::{Payment, Rule};

pub(crate) struct Zen {
    decision: Decision,
    runtime: Runtime,
}

impl Zen {
    fn run(&self, input: &Variable) -> Variable {
        let response = self.runtime.block_on(self.decision.evaluate(input.clone()));
        response.expect("a decision").result
    }
}

impl Engine for Zen {
    const NAME: &'static str = "zen-engine 2.1.6";
    type Input = Variable;

    fn new(rules: &[Rule]) -> Zen {
        let column = |field: &str| json!({ "id": field, "name": field, "field": field });
        let mut columns: Vec<Value> =
            ["amount", "count", "new_device", "payer", "payee", "channel"]
                .map(column)
                .to_vec();
        // A column without a field holds conditions over all of them.
        columns.push(json!({ "id": "any", "name": "any" }));
        let rows: Vec<Value> = rules
            .iter()
            .enumerate()
            .map(|(n, rule)| row(n, rule))
            .collect();
        let graph = json!({
            "nodes": [
                { "id": "in", "name": "in", "type": "inputNode", "content": {} },
                { "id": "table", "name": "table", "type": "decisionTableNode", "content": {
                    "hitPolicy": "collect",
                    "inputs": columns,
                    "outputs": [{ "id": "rule", "name": "rule", "field": "rule" }],
                    "rules": rows,
                } },
                { "id": "out", "name": "out", "type": "outputNode", "content": {} },
            ],
            "edges": [
                { "id": "e1", "sourceId": "in", "targetId": "table" },
                { "id": "e2", "sourceId": "table", "targetId": "out" },
            ],
        });
        let content: DecisionContent = serde_json::from_value(graph).expect("a graph");
        let engine = DecisionEngine::default();
        let mut decision = engine.create_decision(content.into()).expect("a decision");
        decision.compile();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        Zen { decision, runtime }
    }

    fn input(&self, payment: &Payment) -> Variable {
        crate::json(payment).into()
    }

    fn decide(&mut self, input: &Variable) -> usize {
        match self.run(input) {
            Variable::Array(fired) => fired.borrow().len(),
            _ => 0,
        }
    }

    fn fired(&mut self, input: &Variable) -> Vec<String> {
        let Value::Array(fired) = self.run(input).to_value() else {
            return Vec::new();
        };
        let name = |hit: &Value| hit["rule"].as_str().expect("a text").to_owned();
        let mut fired: Vec<String> = fired.iter().map(name).collect();
        fired.sort();
        fired
    }
}

/// A row of the table; an empty cell is any value.
fn row(number: usize, rule: &Rule) -> Value {
    let mut cells = match rule {
        Rule::Corridor {
            euro,
            payers: [a, b],
        } => json!({
            "amount": format!(">= {}", euro * 100),
            "payer": format!("\"{a}\", \"{b}\""),
        }),
        Rule::Velocity { count } => json!({ "count": format!("> {count}"), "new_device": "true" }),
        Rule::Destination { payee, euro } => json!({
            "payee": format!("\"{payee}\""),
            "amount": format!("> {}", euro * 100),
        }),
        Rule::Channel {
            channels: [a, b],
            count,
        } => json!({
            "channel": format!("$ not in [\"{a}\", \"{b}\"]"),
            "count": format!(">= {count}"),
        }),
        Rule::Young { hours, euro, count } => json!({
            "any": format!("(age < {hours} and amount > {}) or count > {count}", euro * 100),
        }),
    };
    cells["_id"] = json!(format!("row{number}"));
    cells["rule"] = json!(format!("\"r{number}\""));
    cells
}
