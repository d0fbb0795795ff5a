//! Bounded parsing.
//!
//! The CEL parser recurses, and a deep or long expression overflows its stack, which aborts the process.
//! So length and nesting are bounded before it sees the text, and it runs on a stack of its own: the
//! caller runs all of loading inside [`on_large_stack`].

use cel::common::ast::SourceInfo;
use cel::parser::{Expression, Parser};

use crate::limits;

/// Why a text is not an expression: which character, and what is wrong.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) character: usize,
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

/// A parsed expression.
pub(crate) struct Parsed {
    pub(crate) root: Expression,
    source: String,
    info: SourceInfo,
}

impl Parsed {
    /// The characters of the text that a node stands for: where it starts, and how many.
    pub(crate) fn characters(&self, node: u64) -> (usize, usize) {
        let Some((start, stop)) = self.info.offset_for(node) else {
            return (0, 1);
        };
        let (start, stop) = (start as usize, stop as usize);
        let total = self.source.chars().count();
        (
            start.min(total),
            (stop + 1).saturating_sub(start).clamp(1, total.max(1)),
        )
    }
}

/// Reads an expression. Call it inside [`on_large_stack`].
pub(crate) fn parse(text: &str) -> Result<Parsed, Unreadable> {
    check_bounds(text)?;
    let parser = Parser::new()
        .max_recursion_depth(limits::MAX_EXPRESSION_CHARS as u16)
        .error_recovery_limit(4);
    match parser.parse_with_source_info(text) {
        Ok((root, info)) => Ok(Parsed {
            root,
            source: text.to_owned(),
            info,
        }),
        Err(errors) => Err(unreadable(text, &errors)),
    }
}

/// Runs `work` where the parser's recursion has room.
pub(crate) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("weft-policy-load".into())
            .stack_size(limits::PARSER_STACK_BYTES)
            .spawn_scoped(scope, work)?;
        match thread.join() {
            Ok(done) => Ok(done),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn check_bounds(text: &str) -> Result<(), Unreadable> {
    let count = text.chars().count();
    if count > limits::MAX_EXPRESSION_CHARS {
        return Err(Unreadable {
            character: 0,
            message: format!(
                "the expression has {count} characters, the limit is {}",
                limits::MAX_EXPRESSION_CHARS
            ),
            help: "split it into variables or rules",
        });
    }
    let mut depth = 0_usize;
    for (character, c) in text.chars().enumerate() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits::MAX_NESTING {
            return Err(Unreadable {
                character,
                message: format!("brackets are nested deeper than {}", limits::MAX_NESTING),
                help: "split it into variables",
            });
        }
    }
    Ok(())
}

fn unreadable(text: &str, errors: &cel::parser::ParseErrors) -> Unreadable {
    let Some(first) = errors.errors.first() else {
        return Unreadable {
            character: 0,
            message: "this is not an expression".into(),
            help: "see cel.dev",
        };
    };
    let (line, column) = first.pos;
    let line = usize::try_from(line - 1).unwrap_or_default();
    let column = usize::try_from(column - 1).unwrap_or_default();
    let before: usize = text
        .split_inclusive('\n')
        .take(line)
        .map(|l| l.chars().count())
        .sum();
    Unreadable {
        character: before + column,
        message: format!("this is not an expression: {}", plain(&first.msg)),
        help: "expressions are CEL, see cel.dev; texts stand in 'single quotes'",
    }
}

/// The parser's words without its list of everything that could have stood there instead.
fn plain(message: &str) -> String {
    let message = message.split(" expecting ").next().unwrap_or(message);
    message
        .trim_start_matches("Syntax error: ")
        .replace("mismatched input '<EOF>'", "it ends too early")
}
