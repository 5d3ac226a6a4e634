//! Output of benchmarks and fault runs: tables that can be pasted into a document.

use std::fmt::Display;

/// Prints a line.
#[allow(clippy::print_stdout, reason = "benchmarks and fault runs are programs that print")]
pub fn say(line: impl Display) {
    println!("{line}");
}

/// A table in Markdown.
#[derive(Debug, Clone)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings and no rows.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    /// Adds a row, with one cell per heading.
    pub fn row<const N: usize>(&mut self, cells: [&dyn Display; N]) {
        self.rows.push(cells.map(|cell| cell.to_string().replace('|', "\\|")).to_vec());
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, row) in self.rows.iter().enumerate() {
            writeln!(f, "| {} |", row.join(" | "))?;
            if number == 0 {
                writeln!(f, "|{}", "---|".repeat(row.len()))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(&["what", "result"]);
        table.row([&"a|b", &1]);
        assert_eq!(table.to_string(), "| what | result |\n|---|---|\n| a\\|b | 1 |\n");
    }
}
