//! What is wrong with a row of a file, for those who have to mend it.

/// One mistake: where, and why in both languages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RowError {
    /// The file's line on which the row begins; the header is line 1.
    pub line: u64,
    /// The column by its name; empty when the whole row is meant.
    pub column: String,
    /// The reason in Vietnamese.
    pub message_vi: String,
    /// The reason in English.
    pub message_en: String,
}

impl RowError {
    /// A mistake in a column of a row.
    pub fn new(line: u64, column: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { line, column: column.to_owned(), message_vi: vi.into(), message_en: en.into() }
    }
}

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} / {}", self.line, self.column, self.message_vi, self.message_en)
    }
}
