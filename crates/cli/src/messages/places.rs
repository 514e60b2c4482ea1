//! Bytes of a text as lines and columns.

/// A position in a text, counted from 1 as editors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line.
    pub(crate) line: usize,
    /// Column, in characters.
    pub(crate) column: usize,
}

/// Finds places in one text. Asked in the order of the text, it reads the text once.
#[derive(Debug)]
pub(crate) struct Places<'t> {
    text: &'t str,
    /// How far it has read, in bytes, and the place of that byte.
    read: usize,
    place: Place,
}

impl<'t> Places<'t> {
    /// The places of `text`.
    pub(crate) fn of(text: &'t str) -> Self {
        Places { text, read: 0, place: Place { line: 1, column: 1 } }
    }

    /// The place of a byte; one inside a character counts as its start.
    pub(crate) fn find(&mut self, byte: usize) -> Place {
        let byte = self.text.floor_char_boundary(byte);
        if byte < self.read {
            *self = Places::of(self.text);
        }
        for character in self.text.get(self.read..byte).unwrap_or_default().chars() {
            if character == '\n' {
                self.place = Place { line: self.place.line + 1, column: 1 };
            } else {
                self.place.column += 1;
            }
        }
        self.read = byte;
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_same_in_any_order() {
        let text = "aä\nb\n\nöc";
        let table =
            [(0, (1, 1)), (1, (1, 2)), (2, (1, 2)), (3, (1, 3)), (4, (2, 1)), (6, (3, 1)), (7, (4, 1)), (9, (4, 2))];
        let (mut forth, mut back) = (Places::of(text), Places::of(text));
        for (byte, (line, column)) in table {
            assert_eq!(forth.find(byte), Place { line, column }, "byte {byte}");
        }
        for (byte, (line, column)) in table.into_iter().rev() {
            assert_eq!(back.find(byte), Place { line, column }, "byte {byte}");
        }
        assert_eq!(forth.find(1_000), Place { line: 4, column: 3 });
    }
}
