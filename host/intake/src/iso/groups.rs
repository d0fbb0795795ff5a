//! What asks for a whole group of payments at once is refused: which payments were in a message, the host does not keep, and
//! one that was left out would be believed to be called back.

use super::MessageKind;
use super::document::{Document, NodeId};
use crate::problem::{Problem, ProblemCode};

/// Where a group says that all of it is meant: below which level, by the names of the elements.
const FLAGS: [(usize, &[&str]); 2] = [(1, &["OrgnlGrpInfAndCxl", "GrpCxl"]), (2, &["PmtInfCxl"])];

/// Looks at the groups of a message about a case.
pub(super) fn check(
    document: &Document,
    kind: MessageKind,
    message: NodeId,
) -> Result<(), Problem> {
    if !kind.is_case() {
        return Ok(());
    }
    look(document, kind.shape().levels, message, 1, "/Document/*")
}

fn look(
    document: &Document,
    levels: &[&[&str]],
    parent: NodeId,
    level: usize,
    at: &str,
) -> Result<(), Problem> {
    // What has nothing below it is a transaction.
    let [own, below, ..] = levels else {
        return Ok(());
    };
    for name in *own {
        for (place, group) in document.children(parent, name).enumerate() {
            let at = format!("{at}/{name}[{}]", place + 1);
            for (_, flag) in FLAGS.iter().filter(|(of, _)| *of == level) {
                let said = document.below(group, flag);
                let said = said.and_then(|node| document.text_of(node));
                if said.is_some_and(|said| said.expose(|said| matches!(said.trim(), "true" | "1")))
                {
                    return Err(whole(&format!("{at}/{}", flag.join("/"))));
                }
            }
            if !below
                .iter()
                .any(|name| document.child(group, name).is_some())
            {
                return Err(whole(&at));
            }
            look(document, &levels[1..], group, level + 1, &at)?;
        }
    }
    Ok(())
}

fn whole(at: &str) -> Problem {
    let reason = "a group of payments is not called back as a whole";
    Problem::new(ProblemCode::InvalidValue, reason)
        .pointer(at)
        .help("name each of its transactions in TxInf; nothing of the message was decided")
}
