//! The bounds of a JSON body, checked in one pass before anything of it is read.

use crate::limits;
use crate::problem::{Problem, ProblemCode};

/// Refuses a body that is deeper or has more values than a body may. What is not JSON at all passes
/// here, the parser refuses it.
pub(crate) fn check(body: &[u8]) -> Result<(), Problem> {
    let mut depth = 0_usize;
    let mut values = 0_u32;
    let mut in_text = false;
    let mut escaped = false;
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => {
                depth += 1;
                values += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > limits::MAX_JSON_DEPTH {
            let depth = limits::MAX_JSON_DEPTH;
            return Err(refused(format!(
                "the body is more than {depth} levels deep"
            )));
        }
        if values > limits::MAX_JSON_VALUES {
            let most = limits::MAX_JSON_VALUES;
            return Err(refused(format!("the body has more than {most} values")));
        }
    }
    Ok(())
}

fn refused(reason: String) -> Problem {
    Problem::new(ProblemCode::Malformed, reason).help("send only fields of the dictionary")
}
