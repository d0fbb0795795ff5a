//! A problem with the line it points at, for a terminal.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::{Diagnostic, Severity};

/// Whether to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences: files, pipes, golden tests.
    Plain,
    /// ANSI colours.
    Colour,
}

/// Several lines: the problem, the place, the line of `source` with a caret, the help. Without a source the problem is the
/// file itself, which is named.
pub fn render(problem: &Diagnostic, source: Option<&str>, style: Style) -> String {
    let level = match problem.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let title = level
        .primary_title(problem.message.as_str())
        .id(problem.code.id);
    let mut group = match source {
        Some(source) => title.element(
            Snippet::source(source)
                .path(problem.file.as_str())
                .annotation(AnnotationKind::Primary.span(byte_span(problem, source))),
        ),
        None => title.element(Origin::path(problem.file.as_str())),
    };
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    renderer.render(&[group])
}

fn byte_span(problem: &Diagnostic, source: &str) -> std::ops::Range<usize> {
    let line_start: usize = source
        .split_inclusive('\n')
        .take(problem.place.line.saturating_sub(1) as usize)
        .map(str::len)
        .sum();
    let line = source[line_start..].lines().next().unwrap_or("");
    let at = |column: usize| {
        line.char_indices()
            .nth(column)
            .map_or(line.len(), |(i, _)| i)
    };
    let column = problem.place.column.saturating_sub(1) as usize;
    line_start + at(column)..line_start + at(column + problem.width as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, code};

    #[test]
    fn the_caret_stands_under_the_place() {
        let source = "a: 1\nb: äö x\n";
        let problem = Diagnostic::error(
            code::SHAPE,
            "f.yaml",
            Place { line: 2, column: 7 },
            "the value of `b` is not a number",
        )
        .help("write a number");
        let text = render(&problem, Some(source), Style::Plain);
        let lines: Vec<&str> = text.lines().collect();
        let shown = lines
            .iter()
            .position(|l| l.contains("b: äö x"))
            .expect("the line is shown");
        let caret = lines[shown + 1]
            .chars()
            .position(|c| c == '^')
            .expect("a caret");
        let x = lines[shown].chars().position(|c| c == 'x').expect("the x");
        assert_eq!(caret, x, "{text}");
        assert!(
            text.contains("f.yaml:2:7") && text.contains("write a number"),
            "{text}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_the_place() {
        let message = "the file has 1207151 bytes, the limit is 1048576";
        let problem = Diagnostic::error(code::UNREADABLE, "f.yaml", Place::START, message)
            .help("split it, or take out what need not be in it");
        let text = render(&problem, None, Style::Plain);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "error[W0102]: the file has 1207151 bytes, the limit is 1048576",
                "--> f.yaml",
                "= help: split it, or take out what need not be in it",
            ]
        );
    }
}
