//! Workbooks of one sheet (ECMA-376 Part 1 §18, in a ZIP of stored parts). Every
//! cell is a text: nothing in it is ever taken for a formula, a number or a date.

use flate2::Crc;
use std::fmt::Write as _;

const TYPES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
    r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
    r#"<Default Extension="xml" ContentType="application/xml"/>"#,
    r#"<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>"#,
    r#"<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#,
    r#"<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>"#,
    "</Types>"
);
const ROOT: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>"#,
    "</Relationships>"
);
const BOOK: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">"#,
    r#"<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>"#
);
const BOOK_PARTS: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#,
    r#"<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>"#,
    r#"<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>"#,
    "</Relationships>"
);
// Style 0 is plain. Style 1 is text (format 49, so that 079… keeps its zero); style 2 the same in bold.
const STYLES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#,
    r#"<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>"#,
    r#"<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>"#,
    r#"<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"#,
    r#"<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>"#,
    r#"<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>"#,
    r#"<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>"#,
    r#"<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>"#,
    "</styleSheet>"
);

/// A workbook with these rows, the first of them in bold. What XML cannot hold is left out.
pub fn workbook(rows: &[Vec<String>]) -> Vec<u8> {
    let sheet = sheet(rows);
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_PARTS),
        ("xl/styles.xml", STYLES),
        ("xl/worksheets/sheet1.xml", sheet.as_str()),
    ];
    archive(&parts)
}

fn sheet(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let mut text = concat!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#
    )
    .to_owned();
    // Columns are text also where nobody has typed yet.
    let _ = write!(text, r#"<cols><col min="1" max="{columns}" width="22" style="1" customWidth="1"/></cols><sheetData>"#);
    for (place, row) in rows.iter().enumerate() {
        let (number, style) = (place + 1, if place == 0 { 2 } else { 1 });
        let _ = write!(text, r#"<row r="{number}">"#);
        for (column, cell) in row.iter().enumerate() {
            let name = column_name(column);
            let _ = write!(text, r#"<c r="{name}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">"#);
            escape(cell, &mut text);
            text.push_str("</t></is></c>");
        }
        text.push_str("</row>");
    }
    text.push_str("</sheetData></worksheet>");
    text
}

/// `A`, `B`, … `Z`, `AA`, …
fn column_name(place: usize) -> String {
    const LETTERS: [char; 26] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X',
        'Y', 'Z',
    ];
    let mut name = Vec::new();
    let mut rest = place + 1;
    while rest > 0 {
        name.push(LETTERS[(rest - 1) % 26]);
        rest = (rest - 1) / 26;
    }
    name.into_iter().rev().collect()
}

fn escape(cell: &str, text: &mut String) {
    for letter in cell.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '\t' | '\n' => text.push(letter),
            // What XML 1.0 §2.2 does not allow.
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            _ => text.push(letter),
        }
    }
}

/// A ZIP of stored parts (APPNOTE 4.3). The parts are small: none comes near 4 GiB.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut bytes, mut directory): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let offset = four(bytes.len());
        // Version 2.0, UTF-8 names, stored, 1980-01-01.
        let mut about: Vec<u8> = vec![20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
        about.extend(crc.sum().to_le_bytes());
        about.extend(four(text.len()));
        about.extend(four(text.len()));
        about.extend(two(name.len()));
        about.extend([0_u8, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&about);
        bytes.extend(name.as_bytes());
        bytes.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&about);
        // No comment, disk 0, no attributes.
        directory.extend([0_u8; 10]);
        directory.extend(offset);
        directory.extend(name.as_bytes());
    }
    let start = four(bytes.len());
    let size = four(directory.len());
    bytes.append(&mut directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(two(parts.len()));
    bytes.extend(two(parts.len()));
    bytes.extend(size);
    bytes.extend(start);
    bytes.extend([0_u8, 0]);
    bytes
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_spreadsheets_name_them() {
        let table = [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")];
        for (place, name) in table {
            assert_eq!(column_name(place), name);
        }
    }

    #[test]
    fn cells_are_texts_whatever_they_say() {
        let written = sheet(&[vec!["a<b>&\u{1}".to_owned(), "=1+1".to_owned()]]);
        assert!(written.contains("a&lt;b&gt;&amp;</t>"), "{written}");
        assert!(written.contains(r#"<c r="B1" s="2" t="inlineStr"><is><t xml:space="preserve">=1+1</t>"#), "{written}");
        assert!(!written.contains("<f>"));
    }
}
