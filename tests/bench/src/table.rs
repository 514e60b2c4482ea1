//! The table: what was measured, beside what it is held to.

use std::{fmt, fs, path::Path};

use crate::Result;

/// The figures stand between these lines of the file; the rest of it is written by people.
const BEGIN: &str = "<!-- figures: written by dispatch-bench -->";
const END: &str = "<!-- end of figures -->";

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What is measured.
    pub(crate) what: String,
    /// What it should be; empty where there is nothing to hold it to.
    pub(crate) bar: String,
    /// What it is.
    pub(crate) measured: String,
    /// Whether it is as it should be; `None` where nothing is asked for.
    pub(crate) holds: Option<bool>,
}

/// All lines, and where they were measured.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Machine and commit, as sentences.
    pub(crate) place: String,
    /// In their order.
    pub(crate) rows: Vec<Row>,
}

impl Row {
    /// A line that is held to something.
    pub(crate) fn held(
        what: impl Into<String>,
        bar: impl Into<String>,
        measured: impl Into<String>,
        holds: bool,
    ) -> Self {
        Row { what: what.into(), bar: bar.into(), measured: measured.into(), holds: Some(holds) }
    }

    /// A line that is there to be looked at.
    pub(crate) fn told(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Row { what: what.into(), bar: String::new(), measured: measured.into(), holds: None }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.place)?;
        writeln!(f, "| what | bar | measured | |\n| --- | --- | --- | --- |")?;
        for Row { what, bar, measured, holds } in &self.rows {
            let verdict = match holds {
                Some(true) => "holds",
                Some(false) => "**does not hold**",
                None => "",
            };
            writeln!(f, "| {what} | {bar} | {measured} | {verdict} |")?;
        }
        Ok(())
    }
}

impl Table {
    /// Puts the table in the place of the one that stands in the file.
    ///
    /// # Errors
    /// When the file cannot be read or written, or has no place for figures.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let text = fs::read_to_string(file)?;
        let no_place = || format!("{} has no line {BEGIN:?} before a line {END:?}", file.display());
        let (before, rest) = text.split_once(BEGIN).ok_or_else(no_place)?;
        let (_, after) = rest.split_once(END).ok_or_else(no_place)?;
        fs::write(file, format!("{before}{BEGIN}\n\n{self}\n{END}{after}"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_take_the_place_of_figures_and_of_nothing_else() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let table = Table { place: "Here.".to_owned(), rows: vec![Row::held("a", "at most 1", "2", false)] };
        fs::write(file.path(), format!("# Title\n\n{BEGIN}\nfigures of yesterday\n{END}\n\nWhy.\n")).unwrap();
        table.write(file.path()).unwrap();
        table.write(file.path()).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, format!("# Title\n\n{BEGIN}\n\n{table}\n{END}\n\nWhy.\n"));
        assert!(text.contains("| a | at most 1 | 2 | **does not hold** |") && !text.contains("yesterday"));
        fs::write(file.path(), "nothing").unwrap();
        assert!(table.write(file.path()).is_err());
    }
}
