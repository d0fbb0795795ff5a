//! Bounded parsing.
//!
//! The CEL parser recurses, and a deep or long expression overflows its stack, which aborts the process.
//! So length and nesting are bounded before it sees the text, and it runs on a stack of its own: the
//! caller runs all of loading inside [`on_large_stack`].

use std::ops::Range;

use cel::common::ast::{Expr, SourceInfo};
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
    source: Vec<char>,
    /// Which character each byte of the text belongs to: the parser counts bytes.
    character_of: Vec<usize>,
    info: SourceInfo,
}

impl Parsed {
    /// The characters of the token by which the parser knows a node: of `a.b` the point, of `f(x)` the bracket.
    fn token(&self, node: u64) -> Option<Range<usize>> {
        let (start, stop) = self.info.offset_for(node)?;
        let character = |byte: u32| self.character_of.get(byte as usize).copied();
        let (start, last) = (character(start)?, character(stop)?);
        (start <= last).then_some(start..last + 1)
    }

    /// The characters of the text that an expression stands in, from its first to its last.
    pub(crate) fn characters(&self, expression: &Expression) -> Range<usize> {
        let all = self.extent(expression).unwrap_or(0..self.source.len());
        self.with_brackets(all)
    }

    fn extent(&self, expression: &Expression) -> Option<Range<usize>> {
        let own = self.token(expression.id);
        let own = own.map(|token| self.around(expression, token));
        let parts = parts(&expression.expr).into_iter();
        let parts = parts.filter_map(|part| self.extent(part));
        own.into_iter().chain(parts).reduce(|one, two| {
            let (start, end) = (one.start.min(two.start), one.end.max(two.end));
            start..end
        })
    }

    /// A token with what belongs to it: the name after a point, the name before a bracket, all up to its end.
    fn around(&self, expression: &Expression, token: Range<usize>) -> Range<usize> {
        let is_call = match &expression.expr {
            Expr::Call(call) => call.target.is_none(),
            Expr::Select(select) => select.test,
            _ => false,
        };
        match self.source[token.start] {
            '.' => {
                let named = |from: usize, is: fn(char) -> bool| {
                    let rest = self.source[from..].iter();
                    from + rest.take_while(|c| is(**c)).count()
                };
                let name = named(token.end, char::is_whitespace);
                token.start..named(name, is_of_name)
            }
            open @ ('(' | '[' | '{') => {
                let before = self.source[..token.start].iter().rev();
                let name = before.take_while(|c| is_call && open == '(' && is_of_name(**c));
                token.start - name.count()..self.closed(token.start).unwrap_or(token.end)
            }
            _ => token,
        }
    }

    /// Behind the bracket that closes the one at a character.
    fn closed(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut quote = None;
        let mut source = self.source.iter().enumerate().skip(open);
        while let Some((at, c)) = source.next() {
            match (quote, c) {
                (Some(within), c) if within == *c => quote = None,
                // What is escaped ends no text.
                (Some(_), '\\') => drop(source.next()),
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(*c),
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The same with the brackets that stand around its first part: of `(a || b) && c` the first one.
    fn with_brackets(&self, all: Range<usize>) -> Range<usize> {
        let mut all = all;
        let opens = |at: usize| self.source[at] == '(';
        let mut before = all.start;
        while let Some(at) = before.checked_sub(1) {
            before = at;
            let closed = if opens(at) { self.closed(at) } else { None };
            match closed {
                // It closes within the expression, or at its end.
                Some(end) if end <= all.end => all.start = at,
                None if self.source[at].is_whitespace() => {}
                _ => break,
            }
        }
        // A bracket that opens within it and closes behind it.
        let unclosed = all.clone().filter(|at| opens(*at));
        let end = unclosed.filter_map(|at| self.closed(at)).max();
        all.start..end.map_or(all.end, |end| end.max(all.end))
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The expressions that stand within one.
fn parts(expression: &Expr) -> Vec<&Expression> {
    match expression {
        Expr::Select(select) => vec![&*select.operand],
        Expr::Call(call) => call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Comprehension(comprehension) => vec![&comprehension.iter_range],
        _ => Vec::new(),
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
            source: text.chars().collect(),
            character_of: text
                .chars()
                .enumerate()
                .flat_map(|(character, c)| std::iter::repeat_n(character, c.len_utf8()))
                .collect(),
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
    let character = before + column;
    if first.msg.contains("has() macro") {
        return Unreadable {
            character,
            message: "`has` asks whether one fact is there, and this is none".into(),
            help: "write has(section.field); a section such as `device` is a group of facts, so ask for each that is meant",
        };
    }
    // Behind `expecting` stands all that could have stood there.
    let met = first.msg.split(" expecting ").next().unwrap_or_default();
    let (message, help) = match met.contains("<EOF>") {
        true => (
            "it ends too early".to_owned(),
            "write what is missing: a value, or a bracket that closes",
        ),
        false => found(&text.chars().skip(character).collect::<String>()),
    };
    Unreadable {
        character,
        message: format!("this is not an expression: {message}"),
        help,
    }
}

/// What cannot stand where the parser stopped, and what to write instead.
fn found(rest: &str) -> (String, &'static str) {
    let word: String = rest.chars().take_while(|c| is_of_name(*c)).collect();
    let token = match rest.chars().next() {
        None => return ("it ends too early".to_owned(), "write what is missing"),
        Some(_) if !word.is_empty() => word,
        Some(sign) => sign.to_string(),
    };
    let help = match token.as_str() {
        "and" => "write && for and",
        "or" => "write || for or",
        "not" => "write ! for not",
        "is" | "=" => "compare with ==",
        "&" => "write && for and",
        "|" => "write || for or",
        "\"" | "'" => "end a text with the quote that it begins with",
        ")" | "]" | "}" => {
            "open the bracket, or take it out; between two values there is an operator"
        }
        "<" | ">" | "!" => "write <, <=, >, >=, == or !=, with a value on each side",
        _ => {
            "between two values there is an operator, such as && or ==; texts stand in 'single quotes'"
        }
    };
    (format!("`{token}` cannot stand here"), help)
}
