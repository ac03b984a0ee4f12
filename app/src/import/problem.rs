//! What is wrong with a file, told all at once.

use std::fmt;

/// How many are told; the others are counted.
const TOLD: usize = 100;

/// Something wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Counted from 1, as an editor does.
    pub(super) line: u64,
    /// Which column, counted from 1, and its name; none if it is about the whole line.
    pub(super) column: Option<(usize, &'static str)>,
    pub(super) reason: String,
}

impl Problem {
    pub(super) fn of_line(line: u64, reason: impl Into<String>) -> Self {
        Self { line, column: None, reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some((number, name)) = self.column {
            write!(f, ", column {number} ({name})")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// All that was found, as far as it is told.
#[derive(Debug, Default)]
pub(super) struct Problems {
    told: Vec<Problem>,
    untold: u64,
    lines: u64,
}

impl Problems {
    /// Adds what is wrong with one line.
    pub(super) fn add(&mut self, of_line: Vec<Problem>) {
        self.lines += 1;
        for problem in of_line {
            if self.told.len() < TOLD { self.told.push(problem) } else { self.untold += 1 }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// How many lines have problems.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }
}

/// A line for each.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.told.iter().map(|problem| format!("  {problem}")).collect();
        f.write_str(&lines.join("\n"))?;
        if self.untold > 0 {
            write!(f, "\n  and {} more", self.untold)?;
        }
        Ok(())
    }
}
