//! Where in the file a character of an expression stands.
//!
//! An expression is a YAML scalar: plain, quoted, or a block. The map walks the scalar's source beside its
//! value, so that a problem points at the very character.

use std::ops::Range;

use weft_diagnostic::Place;

/// For each character of a scalar's value, its place in the file.
pub(crate) struct PlaceMap {
    places: Vec<Place>,
    start: Place,
}

impl PlaceMap {
    /// The map of a scalar with this value that starts at `start` in the file's text.
    pub(crate) fn new(text: &str, start: Place, value: &str) -> PlaceMap {
        let lines: Vec<Vec<char>> = text.lines().map(|l| l.chars().collect()).collect();
        let (line, column) = (start.line as usize - 1, start.column as usize - 1);
        let first = lines.get(line).and_then(|l| l.get(column)).copied();
        let begin = match first {
            Some('|' | '>') => (line + 1, 0),
            // A block may begin with a quote of its own; which of the two it is does not matter then.
            Some(quote @ ('"' | '\'')) if !value.starts_with(quote) => (line, column + 1),
            _ => (line, column),
        };
        PlaceMap {
            places: walk(&lines, begin, value),
            start,
        }
    }

    /// The place of the first of some characters of the value, and how many characters of its line they take.
    pub(crate) fn span(&self, characters: Range<usize>) -> (Place, usize) {
        let first = self.place(characters.start);
        let last = characters
            .rev()
            .map(|character| self.place(character))
            .find(|place| place.line == first.line);
        let width = last.map_or(0, |last| last.column.saturating_sub(first.column));
        (first, width as usize + 1)
    }

    /// The place of a character of the value; the scalar's start when it is not known.
    pub(crate) fn place(&self, character: usize) -> Place {
        self.places
            .get(character)
            .or(self.places.last())
            .copied()
            .unwrap_or(self.start)
    }
}

/// Walks the source from `begin` and finds the value's characters one after the other. White space of the
/// value is matched by any white space or line end of the source, since YAML folds it.
fn walk(lines: &[Vec<char>], begin: (usize, usize), value: &str) -> Vec<Place> {
    let (mut line, mut column) = begin;
    let mut places = Vec::with_capacity(value.len());
    for wanted in value.chars() {
        if wanted.is_whitespace() {
            places.push(place(line, column));
            if lines.get(line).is_some_and(|l| column < l.len()) {
                column += 1;
            }
            continue;
        }
        while let Some(source) = lines.get(line) {
            match source.get(column) {
                Some(found) if *found == wanted => break,
                // Indentation, an escape, a doubled quote.
                Some(_) => column += 1,
                None => (line, column) = (line + 1, 0),
            }
        }
        places.push(place(line, column));
        column += 1;
    }
    places
}

fn place(line: usize, column: usize) -> Place {
    let clamp = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
    Place {
        line: clamp(line),
        column: clamp(column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, line: u32, column: u32, value: &str, character: usize) -> (u32, u32) {
        let place = PlaceMap::new(text, Place { line, column }, value).place(character);
        (place.line, place.column)
    }

    #[test]
    fn plain_quoted_and_block_scalars_are_mapped() {
        assert_eq!(of("when: a.b == 1", 1, 7, "a.b == 1", 7), (1, 14));
        assert_eq!(of("when: \"!a.b\"", 1, 7, "!a.b", 1), (1, 9));
        assert_eq!(of("when: 'a == ''x'''", 1, 7, "a == 'x'", 6), (1, 15));
        let block = "when: |\n  a.b &&\n  c.d\n";
        assert_eq!(of(block, 1, 7, "a.b &&\nc.d\n", 7), (3, 3));
        let quoted = "when: >-\n  'card' == a.b\nmore: 'x'\n";
        assert_eq!(of(quoted, 2, 3, "'card' == a.b", 10), (2, 13));
        let folded = "when: >\n  a.b &&\n  c.d\n";
        assert_eq!(of(folded, 1, 7, "a.b && c.d\n", 9), (3, 5));
    }
}
