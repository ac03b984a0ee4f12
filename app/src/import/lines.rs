//! The lines of a CSV file, one at a time.
//!
//! No column of ours can hold a line break, so a line is a record: a quote that is not closed spoils its own line only,
//! lines are counted as an editor does, and never more than one of them is in memory, however large the file.

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, BufReader, Read},
};

use csv_core::ReadRecordResult;
use sha2::{Digest as _, Sha256};

/// The longest line with its end, in bytes: several times what our columns can hold.
const LONGEST: usize = 8 * 1024;

/// The most columns of a line.
const WIDEST: usize = 64;

/// Reads lines, and hashes all it reads.
pub(super) struct Lines<R> {
    input: BufReader<Hashed<R>>,
    number: u64,
    line: Vec<u8>,
    csv: csv_core::Reader,
    text: Vec<u8>,
    ends: [usize; WIDEST],
}

/// A line with something in it.
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: u64,
    /// What stands in its columns, or why nobody can tell.
    pub(super) columns: Result<Vec<&'a [u8]>, &'static str>,
}

impl<R: Read> Lines<R> {
    pub(super) fn of(input: R) -> Self {
        let input = BufReader::new(Hashed { input, hash: Sha256::new() });
        let (csv, text) = (csv_core::Reader::new(), vec![0; LONGEST]);
        Self { input, number: 0, line: Vec::new(), csv, text, ends: [0; WIDEST] }
    }

    /// The next line that is not empty; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let whole = self.read()?;
            if !whole {
                return Ok(Some(Line { number: self.number, columns: Err("is longer than 8 KiB") }));
            }
            if self.line.is_empty() {
                return Ok(None);
            }
            while self.line.pop_if(|end| matches!(end, b'\n' | b'\r')).is_some() {}
            if !self.line.is_empty() {
                return Ok(Some(Line { number: self.number, columns: self.columns() }));
            }
        }
    }

    /// The hash of what was read: of the whole file, at its end.
    pub(super) fn hash(&self) -> String {
        let mut hex = String::new();
        for byte in self.input.get_ref().hash.clone().finalize() {
            _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    /// Reads the next line with its end. False if it is too long: then it is skipped.
    fn read(&mut self) -> io::Result<bool> {
        self.number += 1;
        let (mut whole, most) = (true, u64::try_from(LONGEST).unwrap_or(u64::MAX));
        loop {
            self.line.clear();
            self.input.by_ref().take(most).read_until(b'\n', &mut self.line)?;
            if self.line.len() < LONGEST || self.line.ends_with(b"\n") {
                return Ok(whole);
            }
            whole = false;
        }
    }

    fn columns(&mut self) -> Result<Vec<&[u8]>, &'static str> {
        self.line.push(b'\n');
        self.csv.reset();
        let (read, _, _, columns) = self.csv.read_record(&self.line, &mut self.text, &mut self.ends);
        match read {
            ReadRecordResult::Record => {}
            ReadRecordResult::OutputEndsFull => return Err("has more than 64 columns"),
            // The text is as long as the longest line.
            ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::End => {
                return Err("opens a quote and does not close it");
            }
        }
        let ends = self.ends.get(..columns).unwrap_or_default();
        let starts = std::iter::once(&0).chain(ends);
        Ok(starts.zip(ends).map(|(start, end)| self.text.get(*start..*end).unwrap_or_default()).collect())
    }
}

/// Hashes what is read.
struct Hashed<R> {
    input: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buf)?;
        self.hash.update(buf.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
        let (mut lines, mut read) = (Lines::of(text), Vec::new());
        while let Some(Line { number, columns }) = lines.next().unwrap() {
            let text = |column: &&[u8]| String::from_utf8_lossy(column).into_owned();
            read.push((number, columns.map(|columns| columns.iter().map(text).collect())));
        }
        read
    }

    fn line(number: u64, columns: &[&str]) -> (u64, Result<Vec<String>, &'static str>) {
        (number, Ok(columns.iter().map(|&column| column.to_owned()).collect()))
    }

    #[test]
    fn lines_are_counted_as_an_editor_does_whatever_ends_them() {
        let expected = [line(1, &["a", "b"]), line(3, &["", "c,\"d\""]), line(4, &["e"])];
        assert_eq!(read(b"a,b\n\n,\"c,\"\"d\"\"\"\ne"), expected);
        assert_eq!(read(b"\xef\xbb\xbfa,b\r\n\r\n,\"c,\"\"d\"\"\"\r\ne\r\n"), expected);
        assert_eq!(read(b""), []);
        assert_eq!(read(b"\n\n"), []);
    }

    #[test]
    fn a_bad_line_spoils_no_other() {
        let wide = ",".repeat(64);
        let text = format!("\"a,b\nc\n{wide}\n{}\n{}\nd\n", &wide[1..], "x".repeat(100_000));
        let read = read(text.as_bytes());
        assert_eq!(read[0], (1, Err("opens a quote and does not close it")));
        assert_eq!(read[1], line(2, &["c"]));
        assert_eq!(read[2], (3, Err("has more than 64 columns")));
        assert_eq!(read[3].1.as_ref().map(Vec::len), Ok(64));
        assert_eq!(read[4], (5, Err("is longer than 8 KiB")));
        assert_eq!(read[5..], [line(6, &["d"])]);
    }

    #[test]
    fn a_line_that_does_not_end_is_not_kept() {
        let mut lines = Lines::of(io::repeat(b'x').take(50_000_000));
        assert_eq!(lines.next().unwrap().unwrap().columns, Err("is longer than 8 KiB"));
        assert!(lines.line.capacity() < 4 * LONGEST, "{}", lines.line.capacity());
        assert!(lines.next().unwrap().is_none());
    }

    #[test]
    fn the_hash_is_that_of_the_whole_file() {
        let mut lines = Lines::of(&b"abc"[..]);
        while lines.next().unwrap().is_some() {}
        // FIPS 180-2, appendix B.1
        assert_eq!(lines.hash(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
