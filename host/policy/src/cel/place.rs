//! Where in the file a character of an expression stands.
//!
//! An expression is a YAML scalar: plain, quoted, or a block. The map reads the scalar's source beside its value, so that a
//! problem points at the very character, also behind an escape, which is one character of the value and several of the
//! file. What it reads is compared with the value that the parser gives; where the two differ, it knows no more places, and a
//! problem points at the last that it knows.

use std::ops::Range;

use weft_diagnostic::Place;

/// For each character of a scalar's value, what of the file stands for it.
pub(crate) struct PlaceMap {
    spots: Vec<Spot>,
    start: Place,
}

/// Characters of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    line: usize,
    column: usize,
    width: usize,
}

impl PlaceMap {
    /// The map of a scalar with this value that starts at `start` in the file's text: at its quote, or at its first character.
    pub(crate) fn new(text: &str, start: Place, value: &str) -> PlaceMap {
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let (line, column) = (start.line as usize - 1, start.column as usize - 1);
        let source = Source {
            lines: &lines,
            line,
            column,
        };
        // A plain text or a block may begin with a quote of its own; then it is not what stands between two quotes.
        let quoted = match source.peek() {
            Some('"') => source.double_quoted(),
            Some('\'') => source.single_quoted(),
            _ => None,
        };
        let read = quoted.filter(|read| read.iter().map(|(c, _)| *c).eq(value.chars()));
        let spots = match read {
            Some(read) => read.into_iter().map(|(_, spot)| spot).collect(),
            None => source.unquoted(value),
        };
        PlaceMap { spots, start }
    }

    /// The place of the first of some characters of the value, and how many characters of its line they take.
    pub(crate) fn span(&self, characters: Range<usize>) -> (Place, usize) {
        let Some(first) = self.spot(characters.start) else {
            return (self.start, 1);
        };
        let same_line = |spot: &Spot| spot.line == first.line;
        let last = characters.rev().filter_map(|at| self.spot(at));
        let last = last.into_iter().find(same_line).unwrap_or(first);
        let end = last.column.saturating_add(last.width);
        (first.place(), end.saturating_sub(first.column).max(1))
    }

    /// The place of a character of the value; the scalar's start when it is not known.
    pub(crate) fn place(&self, character: usize) -> Place {
        self.spot(character).map_or(self.start, Spot::place)
    }

    fn spot(&self, character: usize) -> Option<Spot> {
        self.spots.get(character).or(self.spots.last()).copied()
    }
}

impl Spot {
    fn place(self) -> Place {
        let clamp = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        Place {
            line: clamp(self.line),
            column: clamp(self.column),
        }
    }
}

/// What was read of a quoted scalar, character for character.
type Read = Vec<(char, Spot)>;

/// A place in the file's text.
#[derive(Clone, Copy)]
struct Source<'a> {
    lines: &'a [Vec<char>],
    line: usize,
    column: usize,
}

impl Source<'_> {
    fn peek(&self) -> Option<char> {
        self.rest().first().copied()
    }

    /// What is left of the line.
    fn rest(&self) -> &[char] {
        let line = self.lines.get(self.line).map_or(&[][..], Vec::as_slice);
        line.get(self.column..).unwrap_or_default()
    }

    fn here(&self, width: usize) -> Spot {
        Spot {
            line: self.line,
            column: self.column,
            width,
        }
    }

    /// The characters that stand here, so many.
    fn take(&mut self, width: usize) -> Spot {
        let spot = self.here(width);
        self.column += width;
        spot
    }

    fn next_line(&mut self) {
        (self.line, self.column) = (self.line + 1, 0);
    }

    fn skip_blanks(&mut self) {
        self.column += self.rest().iter().take_while(|c| is_blank(**c)).count();
    }

    /// `'…'`, in which a doubled quote is one.
    fn single_quoted(mut self) -> Option<Read> {
        let mut read = Read::new();
        self.column += 1;
        loop {
            match self.rest() {
                ['\'', '\'', ..] => read.push(('\'', self.take(2))),
                ['\'', ..] => return Some(read),
                [c, ..] => read.push((*c, self.take(1))),
                [] => self.fold(&mut read, 0)?,
            }
        }
    }

    /// `"…"`, with its escapes.
    fn double_quoted(mut self) -> Option<Read> {
        let mut read = Read::new();
        // Blanks up to here were escaped, and no line end takes them away.
        let mut kept = 0;
        self.column += 1;
        loop {
            match self.rest() {
                ['"', ..] => return Some(read),
                ['\\'] => {
                    self.next_line();
                    self.breaks(&mut read)?;
                    kept = read.len();
                }
                ['\\', ..] => {
                    let (c, width) = escaped(self.rest())?;
                    read.push((c, self.take(width)));
                    kept = read.len();
                }
                [c, ..] => read.push((*c, self.take(1))),
                [] => self.fold(&mut read, kept)?,
            }
        }
    }

    /// The end of a line between quotes: blanks around it do not count, and it is a blank, or as many line ends as there are
    /// empty lines.
    fn fold(&mut self, read: &mut Read, kept: usize) -> Option<()> {
        while read.len() > kept && read.last().is_some_and(|(c, _)| is_blank(*c)) {
            read.pop();
        }
        let end = self.here(1);
        self.next_line();
        if self.breaks(read)? == 0 {
            read.push((' ', end));
        }
        Some(())
    }

    /// Empty lines, of which each is a line end, and the blanks before what comes next. None at the end of the file.
    fn breaks(&mut self, read: &mut Read) -> Option<usize> {
        let mut count = 0;
        loop {
            self.skip_blanks();
            if self.peek().is_some() {
                return Some(count);
            }
            self.lines.get(self.line)?;
            read.push(('\n', self.here(1)));
            count += 1;
            self.next_line();
        }
    }

    /// Plain, or a block: nothing is escaped, and only white space differs from the value, since lines are folded and
    /// indented.
    fn unquoted(mut self, value: &str) -> Vec<Spot> {
        let mut spots = Vec::with_capacity(value.len());
        for wanted in value.chars() {
            if wanted.is_whitespace() {
                let spot = self.here(1);
                self.column += usize::from(self.peek().is_some_and(char::is_whitespace));
                spots.push(spot);
                continue;
            }
            loop {
                match self.peek() {
                    Some(found) if found.is_whitespace() => self.column += 1,
                    Some(found) if found == wanted => break,
                    None if self.line < self.lines.len() => self.next_line(),
                    _ => return spots,
                }
            }
            spots.push(self.take(1));
        }
        spots
    }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// The character that an escape stands for (YAML 1.2.2, section 5.7), and how many characters it takes.
fn escaped(source: &[char]) -> Option<(char, usize)> {
    let digits = |from: usize, count: usize| -> Option<u32> {
        let digits = source.get(from..from + count)?.iter();
        u32::from_str_radix(&digits.collect::<String>(), 16).ok()
    };
    let coded = |count: usize| Some((char::from_u32(digits(2, count)?)?, 2 + count));
    let simple = match source.get(1)? {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        same @ (' ' | '"' | '/' | '\\') => *same,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        'x' => return coded(2),
        'U' => return coded(8),
        'u' => {
            let surrogates = || {
                let pair = [digits(2, 4)?, digits(8, 4)?];
                let pair = [u16::try_from(pair[0]).ok()?, u16::try_from(pair[1]).ok()?];
                let one = char::decode_utf16(pair).next()?.ok()?;
                Some((one, 12))
            };
            return coded(4).or_else(surrogates);
        }
        _ => return None,
    };
    Some((simple, 2))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;
    use proptest::sample::select;
    use weft_diagnostic::yaml::{self, Spanned};

    use super::*;

    #[derive(serde::Deserialize)]
    struct Doc {
        when: Spanned<String>,
    }

    /// The value of `when` in a file, and the place and width of each of its characters, from 1.
    fn read(text: &str) -> (String, Vec<(usize, usize, usize)>) {
        let doc: Doc = yaml::parse("a.yaml", text).unwrap_or_else(|why| panic!("{text}\n{why}"));
        let map = PlaceMap::new(text, yaml::place(&doc.when), &doc.when.value);
        let count = doc.when.value.chars().count();
        let spots = (0..count).map(|at| {
            let (place, width) = map.span(at..at + 1);
            (place.line as usize, place.column as usize, width)
        });
        let spots = spots.collect();
        (doc.when.value, spots)
    }

    /// Where the character `§` of the value stands.
    fn mark(text: &str) -> (usize, usize) {
        let (value, spots) = read(text);
        let at = value.chars().position(|c| c == '§');
        let (line, column, _) = spots[at.expect("a mark")];
        (line, column)
    }

    /// Every way to write a character between double quotes.
    const ESCAPES: [(&str, char); 24] = [
        (r"\0", '\0'),
        (r"\a", '\u{7}'),
        (r"\b", '\u{8}'),
        (r"\t", '\t'),
        ("\\\t", '\t'),
        (r"\n", '\n'),
        (r"\v", '\u{b}'),
        (r"\f", '\u{c}'),
        (r"\r", '\r'),
        (r"\e", '\u{1b}'),
        (r"\ ", ' '),
        (r#"\""#, '"'),
        (r"\/", '/'),
        (r"\\", '\\'),
        (r"\N", '\u{85}'),
        (r"\_", '\u{a0}'),
        (r"\L", '\u{2028}'),
        (r"\P", '\u{2029}'),
        (r"\x41", 'A'),
        (r"\u00e9", 'é'),
        (r"\u20AC", '€'),
        (r"\U0001F600", '😀'),
        (r"\ud83d\ude00", '😀'),
        ("é", 'é'),
    ];

    #[test]
    fn every_escape_is_as_wide_as_it_is_written() {
        for (written, meant) in ESCAPES {
            let (value, spots) = read(&format!("when: \"a{written}§\"\n"));
            assert_eq!(value, format!("a{meant}§"), "{written}");
            let width = written.chars().count();
            let expected = [(1, 8, 1), (1, 9, width), (1, 9 + width, 1)];
            assert_eq!(spots, expected, "{written}");
        }
    }

    #[test]
    fn folded_lines_are_followed() {
        for (text, expected) in [
            ("when: \"a\n  §\"\n", (2, 3)),
            ("when: \"a  \n\n \t \n  é\\x41 §\"\n", (4, 9)),
            ("when: \"a \\\n  §\"\n", (2, 3)),
            ("when: \"a \\\n\n\n  \\ §\"\n", (4, 5)),
            ("when: \"a\\ \n  §\"\n", (2, 3)),
            ("when: \"\n  §\"\n", (2, 3)),
            ("when:\n  \"a\\\n  \\t§\"\n", (3, 5)),
            ("when: 'a''\n\n  ''b''§'\n", (3, 8)),
            ("when: 'a\n  é§'\n", (2, 4)),
            ("when: a.b ==\n  'é' §\n", (2, 7)),
            ("when: |\n    a\n      b\n\n    §\n", (5, 5)),
            ("when: |2-\n    a\n  §\n", (3, 3)),
            ("when: >\n  a.b &&\n\n  é§\n", (4, 4)),
            ("when: >-\n  'card' == §\n", (2, 13)),
            ("when: |\n  \"a\\x41\" §\n", (2, 11)),
            ("when: >-\n\n  > §\n", (3, 5)),
            ("{when: \"\\x41, §\"}\n", (1, 15)),
            ("when: \"a\\x41\r\n  §\"\r\n", (2, 3)),
        ] {
            assert_eq!(mark(text), expected, "{text:?}");
        }
    }

    /// A character of a value, and how it is written between double quotes.
    fn written() -> impl Strategy<Value = (String, char)> {
        let plain = select("ab.=!&|'(){}[]>é€😀".chars().collect::<Vec<_>>());
        prop_oneof![
            plain.prop_map(|c| (c.to_string(), c)),
            select(ESCAPES.to_vec()).prop_map(|(written, c)| (written.to_owned(), c)),
        ]
    }

    /// The same as a folded line, or an escaped one with its empty lines.
    #[derive(Debug, Clone)]
    enum Piece {
        Character(String, char),
        Folded { empty: usize },
        Escaped { empty: usize },
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let piece = prop_oneof![
            8 => written().prop_map(|(written, c)| Piece::Character(written, c)),
            1 => (0..3_usize).prop_map(|empty| Piece::Folded { empty }),
            1 => (0..3_usize).prop_map(|empty| Piece::Escaped { empty }),
        ];
        proptest::collection::vec(piece, 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_written_between_double_quotes_is_found_again(pieces in pieces()) {
            let mut text = "more: x\nwhen: \"x".to_owned();
            let mut value = "x".to_owned();
            let mut expected = vec![Some((2, 8, 1))];
            let (mut line, mut column) = (2, 9);
            for piece in &pieces {
                match piece {
                    Piece::Character(written, c) => {
                        let width = written.chars().count();
                        text.push_str(written);
                        value.push(*c);
                        expected.push(Some((line, column, width)));
                        column += width;
                    }
                    // Each ends with a character of its own, so that two of them are no third thing.
                    Piece::Folded { empty } | Piece::Escaped { empty } => {
                        let is_escaped = matches!(piece, Piece::Escaped { .. });
                        let end = if is_escaped { "\\" } else { " \t" };
                        let ends = "\n".repeat(*empty + 1);
                        write!(text, "{end}{ends}    y").expect("a text");
                        let folded = if *empty == 0 && !is_escaped { " " } else { "" };
                        let breaks = "\n".repeat(*empty);
                        write!(value, "{folded}{breaks}y").expect("a text");
                        expected.extend(vec![None; folded.len() + breaks.len()]);
                        line += empty + 1;
                        expected.push(Some((line, 5, 1)));
                        column = 6;
                    }
                }
            }
            text.push_str("\"\nmost: y\n");
            let (found, spots) = read(&text);
            prop_assert_eq!(&found, &value, "{}", text);
            for (at, expected) in expected.into_iter().enumerate() {
                if let Some(expected) = expected {
                    prop_assert_eq!(spots[at], expected, "{} of {}", at, text);
                }
            }
        }

        #[test]
        fn what_is_written_otherwise_is_found_again(
            parts in proptest::collection::vec("[a-z.'\"é€😀=&(]{1,6}", 1..12),
            style in select(vec!["|", "|-", ">", ">-", "'"]),
            indent in 1..5_usize,
        ) {
            let (mut text, mut places) = (format!("when: {style}"), Vec::new());
            let (mut line, mut column) = (1, 7 + style.chars().count());
            for (number, part) in parts.iter().enumerate() {
                if number > 0 || style != "'" {
                    write!(text, "\n{}", " ".repeat(indent)).expect("a text");
                    (line, column) = (line + 1, indent + 1);
                }
                for c in part.chars() {
                    let width = if style == "'" && c == '\'' { 2 } else { 1 };
                    text.extend(std::iter::repeat_n(c, width));
                    places.push((c, (line, column, width)));
                    column += width;
                }
            }
            text.push_str(if style == "'" { "'\n" } else { "\n" });
            let (value, spots) = read(&text);
            let found = value.chars().zip(spots).filter(|(c, _)| !c.is_whitespace());
            prop_assert_eq!(found.collect::<Vec<_>>(), places, "{}", text);
        }
    }
}
