//! Regorus: a set of the rules that fire, compiled for its virtual machine, which stays loaded.

use std::fmt::Write as _;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine as Builder, Value};

use crate::Engine;
use crate::workload::{Payment, Rule};

const ENTRY: &str = "data.bench.fired";

pub(crate) struct Rego {
    machine: RegoVM,
}

impl Rego {
    fn run(&mut self, input: &Value) -> Value {
        self.machine.set_input(input.clone());
        self.machine.execute().expect("a value")
    }
}

impl Engine for Rego {
    const NAME: &'static str = "regorus 0.14.1 (VM)";
    type Input = Value;

    fn new(rules: &[Rule]) -> Rego {
        let mut policy = String::from("package bench\n\nimport rego.v1\n\n");
        for (number, rule) in rules.iter().enumerate() {
            for body in bodies(rule) {
                let _ = writeln!(policy, "fired contains \"r{number}\" if {{\n{body}\n}}\n");
            }
        }
        let mut builder = Builder::new();
        builder
            .add_policy("bench.rego".into(), policy)
            .expect("Rego");
        let compiled = builder
            .compile_with_entrypoint(&ENTRY.into())
            .expect("compiles");
        let program = Compiler::compile_from_policy(&compiled, &[ENTRY]).expect("a program");
        let mut machine = RegoVM::new();
        machine.load_program(program);
        Rego { machine }
    }

    fn input(&self, payment: &Payment) -> Value {
        Value::from_json_str(&crate::json(payment).to_string()).expect("JSON")
    }

    fn decide(&mut self, input: &Value) -> usize {
        self.run(input).as_set().expect("a set").len()
    }

    fn fired(&mut self, input: &Value) -> Vec<String> {
        let value = self.run(input);
        let fired = value.as_set().expect("a set").iter();
        let mut fired: Vec<String> = fired
            .map(|id| id.as_string().expect("a text").to_string())
            .collect();
        fired.sort();
        fired
    }
}

/// The bodies of a rule: either of two is one each.
fn bodies(rule: &Rule) -> Vec<String> {
    match rule {
        Rule::Corridor {
            euro,
            payers: [a, b],
        } => vec![format!(
            "input.amount >= {}\ninput.payer in {{\"{a}\", \"{b}\"}}",
            euro * 100
        )],
        Rule::Velocity { count } => vec![format!("input.count > {count}\ninput.new_device")],
        Rule::Destination { payee, euro } => {
            vec![format!(
                "input.payee == \"{payee}\"\ninput.amount > {}",
                euro * 100
            )]
        }
        Rule::Channel {
            channels: [a, b],
            count,
        } => vec![format!(
            "not input.channel in {{\"{a}\", \"{b}\"}}\ninput.count >= {count}"
        )],
        Rule::Young { hours, euro, count } => vec![
            format!("input.age < {hours}\ninput.amount > {}", euro * 100),
            format!("input.count > {count}"),
        ],
    }
}
