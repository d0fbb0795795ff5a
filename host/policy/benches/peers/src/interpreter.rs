//! The CEL interpreter: a program for each rule.

use cel::{Context, Program, Value};

use crate::Engine;
use crate::workload::{Payment, Rule};

pub(crate) struct Interpreter {
    programs: Vec<Program>,
}

impl Engine for Interpreter {
    const NAME: &'static str = "cel 0.15.0";
    type Input = Context<'static, 'static>;

    fn new(rules: &[Rule]) -> Interpreter {
        let programs = rules
            .iter()
            .map(|rule| Program::compile(&text(rule)).expect("CEL"));
        Interpreter {
            programs: programs.collect(),
        }
    }

    fn input(&self, p: &Payment) -> Self::Input {
        let mut context = Context::default();
        context.add_variable_from_value("amount", p.amount_minor);
        context.add_variable_from_value("count", p.count);
        context.add_variable_from_value("new_device", p.new_device);
        context.add_variable_from_value("payer", p.payer);
        context.add_variable_from_value("payee", p.payee);
        context.add_variable_from_value("channel", p.channel);
        context.add_variable_from_value("age", p.age_hours);
        context
    }

    fn decide(&mut self, context: &Self::Input) -> usize {
        self.programs
            .iter()
            .filter(|program| fires(program, context))
            .count()
    }

    fn fired(&mut self, context: &Self::Input) -> Vec<String> {
        let programs = self.programs.iter().enumerate();
        let fired = programs.filter(|(_, program)| fires(program, context));
        let mut fired: Vec<String> = fired.map(|(number, _)| format!("r{number}")).collect();
        fired.sort();
        fired
    }
}

fn fires(program: &Program, context: &Context<'_, '_>) -> bool {
    program.execute(context).expect("a value") == Value::Bool(true)
}

fn text(rule: &Rule) -> String {
    match rule {
        Rule::Corridor {
            euro,
            payers: [a, b],
        } => {
            format!("amount >= {} && payer in ['{a}', '{b}']", euro * 100)
        }
        Rule::Velocity { count } => format!("count > {count} && new_device"),
        Rule::Destination { payee, euro } => {
            format!("payee == '{payee}' && amount > {}", euro * 100)
        }
        Rule::Channel {
            channels: [a, b],
            count,
        } => {
            format!("!(channel in ['{a}', '{b}']) && count >= {count}")
        }
        Rule::Young { hours, euro, count } => {
            format!(
                "(age < {hours} && amount > {}) || count > {count}",
                euro * 100
            )
        }
    }
}
