//! And, or, not, either-or, in three values.

use super::operand::Scalar;
use super::text::{Text, Texts};
use super::{Code, Compiler, Gap, Operand, Typed, mistyped};
use crate::cel::node::Node;

impl Compiler<'_> {
    pub(super) fn logic(&self, node: &Node) -> Typed {
        let code = match node {
            Node::Not(inner) => match &**inner {
                Node::Not(twice) => self.boolean(twice),
                inner => not(self.boolean(inner)),
            },
            Node::And(..) => self.chain::<false>(node),
            _ => self.chain::<true>(node),
        };
        Typed::Boolean(Operand::Code(code))
    }

    /// `a && b && c` as one closure over three parts.
    fn chain<const DECISIVE: bool>(&self, node: &Node) -> Code<bool> {
        let mut parts = Vec::new();
        self.parts::<DECISIVE>(node, &mut parts);
        match <[Code<bool>; 2]>::try_from(parts) {
            Ok([one, two]) => pair::<DECISIVE>(one, two),
            Err(parts) => many::<DECISIVE>(parts),
        }
    }

    fn parts<const DECISIVE: bool>(&self, node: &Node, parts: &mut Vec<Code<bool>>) {
        match node {
            Node::And(one, two) if !DECISIVE => {
                self.parts::<DECISIVE>(one, parts);
                self.parts::<DECISIVE>(two, parts);
            }
            Node::Or(one, two) if DECISIVE => {
                self.parts::<DECISIVE>(one, parts);
                self.parts::<DECISIVE>(two, parts);
            }
            node => parts.push(self.boolean(node)),
        }
    }

    pub(super) fn choice(&self, condition: &Node, one: &Node, two: &Node) -> Typed {
        let condition = self.boolean(condition);
        match (self.compile(one), self.compile(two)) {
            (Typed::Boolean(one), Typed::Boolean(two)) => {
                Typed::Boolean(choose(condition, one, two))
            }
            (Typed::Integer(one), Typed::Integer(two)) => {
                Typed::Integer(choose(condition, one, two))
            }
            (Typed::Decimal(one), Typed::Decimal(two)) => {
                Typed::Decimal(choose(condition, one, two))
            }
            (Typed::Money(one), Typed::Money(two)) => Typed::Money(choose(condition, one, two)),
            (Typed::Instant(one), Typed::Instant(two)) => {
                Typed::Instant(choose(condition, one, two))
            }
            (Typed::Duration(one), Typed::Duration(two)) => {
                Typed::Duration(choose(condition, one, two))
            }
            (Typed::Text(one), Typed::Text(two)) => {
                Typed::Text(Text::Choice(Box::new((condition, one, two))))
            }
            (Typed::Texts(one), Typed::Texts(two)) => {
                Typed::Texts(Texts::Choice(Box::new((condition, one, two))))
            }
            _ => mistyped(),
        }
    }
}

fn not(code: Code<bool>) -> Code<bool> {
    Box::new(move |row, missing| code(row, missing).map(|truth| !truth))
}

fn choose<T: Scalar>(condition: Code<bool>, one: Operand<T>, two: Operand<T>) -> Operand<T> {
    let (one, two) = (one.code(), two.code());
    Operand::Code(Box::new(move |row, missing| {
        if condition(row, missing)? {
            one(row, missing)
        } else {
            two(row, missing)
        }
    }))
}

/// Two parts: `&&`, where false decides, or `||`, where true does.
fn pair<const DECISIVE: bool>(one: Code<bool>, two: Code<bool>) -> Code<bool> {
    Box::new(move |row, missing| {
        let before = missing.len();
        let one = one(row, missing);
        if one == Ok(DECISIVE) {
            return one;
        }
        let two = two(row, missing);
        if two == Ok(DECISIVE) {
            missing.truncate(before);
            return two;
        }
        undecided(one, two)
    })
}

fn many<const DECISIVE: bool>(parts: Vec<Code<bool>>) -> Code<bool> {
    Box::new(move |row, missing| {
        let before = missing.len();
        let mut so_far = Ok(!DECISIVE);
        for part in &parts {
            let truth = part(row, missing);
            if truth == Ok(DECISIVE) {
                missing.truncate(before);
                return truth;
            }
            so_far = undecided(so_far, truth);
        }
        so_far
    })
}

/// Two truths of which neither decides: a failure wins over missing facts, and those over a value.
fn undecided(one: Result<bool, Gap>, two: Result<bool, Gap>) -> Result<bool, Gap> {
    match (one, two) {
        (Err(Gap::Missing), Err(gap)) => Err(gap),
        (Err(gap), _) => Err(gap),
        (Ok(_), two) => two,
    }
}
