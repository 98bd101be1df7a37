//! Files that are made to do harm, or were saved by mistake in another form: told by name, at once, and nothing of them
//! counts.

use crate::support::TestApp;
use crate::support::imports::{administrator, checked, id_of, send};
use crate::support::people::{HEADER, people};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use motlan::base::xlsx;
use motlan::model::admin_scope::AdminRole;
use motlan::model::row_error::RowError;
use motlan::service::sheet::Sheet;
use motlan::store::imports;
use std::io::Write as _;

const BOOK: &str = r#"<workbook><sheets><sheet name="1" r:id="rId1"/></sheets></workbook>"#;
const SHEET: &str = "xl/worksheets/sheet1.xml";

/// A ZIP of deflated parts, of which the last is made of a text and of another one many times over (tens of thousands).
fn archive(parts: &[(&str, &str)], (name, begin, again, times): (&str, &str, &str, usize)) -> Vec<u8> {
    let (mut bytes, mut directory): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
    let mut add = |name: &str, packed: &[u8], crc: u32, length: usize| {
        let offset = u32::try_from(bytes.len()).expect("small");
        let mut about: Vec<u8> = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
        about.extend(crc.to_le_bytes());
        about.extend(u32::try_from(packed.len()).expect("small").to_le_bytes());
        // What an archive tells of sizes is not believed.
        about.extend(u32::try_from(length.min(1_000)).expect("small").to_le_bytes());
        about.extend(u16::try_from(name.len()).expect("small").to_le_bytes());
        about.extend([0_u8, 0]);
        bytes.extend(b"PK\x03\x04".iter().chain(&about).chain(name.as_bytes()).chain(packed));
        directory.extend(b"PK\x01\x02\x14\x00".iter().chain(&about).chain(&[0_u8; 10]));
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    };
    for (name, text) in parts {
        let (packed, crc) = packed(text, "", 0);
        add(name, &packed, crc, text.len());
    }
    let (packed, crc) = packed(begin, again, times);
    add(name, &packed, crc, begin.len() + again.len() * times);
    let count = u16::try_from(parts.len() + 1).expect("small").to_le_bytes();
    let start = u32::try_from(bytes.len()).expect("small").to_le_bytes();
    let size = u32::try_from(directory.len()).expect("small").to_le_bytes();
    bytes.append(&mut directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0".iter().chain(&count).chain(&count).chain(&size).chain(&start).chain(&[0_u8, 0]));
    bytes
}

fn packed(begin: &str, again: &str, times: usize) -> (Vec<u8>, u32) {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let mut crc = Crc::new();
    let block = again.repeat(times.min(10_000));
    let mut write = |text: &str| {
        crc.update(text.as_bytes());
        encoder.write_all(text.as_bytes()).expect("memory");
    };
    write(begin);
    for _ in 0..times / 10_000 {
        write(&block);
    }
    (encoder.finish().expect("memory"), crc.sum())
}

fn opened(bytes: &[u8]) -> Result<Sheet<&[u8]>, RowError> {
    Sheet::open(bytes)
}

/// Reads a sheet to its end, or to what stops it.
fn read(bytes: &[u8]) -> Result<u64, RowError> {
    let mut sheet = opened(bytes)?;
    let mut rows = 0;
    while sheet.next_row()?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

#[track_caller]
fn refused(bytes: &[u8], word: &str) {
    let error = read(bytes).expect_err("refused");
    assert!(error.message_en.contains(word) && !error.message_vi.is_empty(), "{error}");
}

#[test]
fn a_workbook_that_unpacks_to_gigabytes_is_refused_on_the_way() {
    let text = format!("<si><t>{}</t></si>", "x".repeat(1_000));
    let strings = ("xl/sharedStrings.xml", "<sst>", text.as_str(), 100_000);
    let bomb = archive(&[("xl/workbook.xml", BOOK), (SHEET, "<worksheet><sheetData/></worksheet>")], strings);
    assert!(bomb.len() < 2_000_000, "{}", bomb.len());
    refused(&bomb, "too large");

    let endless = ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>", "xxxxxxxxxx", 10_000_000);
    refused(&archive(&[("xl/workbook.xml", BOOK)], endless), "too large");
}

#[test]
fn a_sheet_of_ten_million_cells_is_refused_on_the_way() {
    let begin = "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>username</t></is></c></row><row>";
    let cells = archive(&[("xl/workbook.xml", BOOK)], (SHEET, begin, "<c s=\"1\"/>", 10_000_000));
    assert!(cells.len() < 2_000_000, "{}", cells.len());
    refused(&cells, "too large");
    let far =
        "<worksheet><sheetData><row><c r=\"XFD1048576\" t=\"inlineStr\"><is><t>a</t></is></c></row></sheetData></worksheet>";
    refused(&archive(&[("xl/workbook.xml", BOOK)], (SHEET, far, "", 0)), "too many columns");
}

#[test]
fn a_text_that_a_workbook_shows_again_and_again_fills_no_memory() {
    let book = |text: usize, rows: usize| {
        let strings = format!("<sst><si><t>note</t></si><si><t>{}</t></si></sst>", "x".repeat(text));
        let begin = "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></row><row><c t=\"s\"><v>1</v></c></row>";
        let parts = [("xl/workbook.xml", BOOK), ("xl/sharedStrings.xml", strings.as_str())];
        archive(&parts, (SHEET, begin, "<row><c t=\"s\"><v>1</v></c></row>", rows))
    };
    let many = book(4_000, 20_000);
    assert!(many.len() < 20_000, "{}", many.len());
    let (rows, wrong) = opened(&many).expect("a workbook").read_all(20_010);
    assert_eq!((rows.len(), wrong.len()), (0, 1));
    assert!(wrong[0].message_en.contains("too much text") && wrong[0].line > 5_000, "{}", wrong[0]);
    let (rows, wrong) = opened(&book(100, 20_000)).expect("a workbook").read_all(20_010);
    assert_eq!((rows.len(), wrong.len()), (20_001, 0), "what people write is read");

    let (rows, wrong) = opened(&book(200_000, 0)).expect("a workbook").read_all(10);
    assert!(rows.is_empty() && wrong[0].message_en.contains("longer than 4096 bytes"), "{wrong:?}");
}

#[test]
fn what_declares_entities_or_points_outside_is_no_workbook() {
    let doctype = "<!DOCTYPE a [<!ENTITY b \"xxxxxxxxxx\"><!ENTITY c SYSTEM \"file:///etc/passwd\">]><worksheet><sheetData><row><c><v>&b;&c;</v></c></row></sheetData></worksheet>";
    refused(&archive(&[("xl/workbook.xml", BOOK)], (SHEET, doctype, "", 0)), "cannot be read");
    let names = r#"<Relationships><Relationship Id="rId1" Target="../../../../etc/passwd"/></Relationships>"#;
    let outside = archive(&[("xl/workbook.xml", BOOK), ("xl/_rels/workbook.xml.rels", names)], (SHEET, "<worksheet/>", "", 0));
    refused(&outside, "no sheet");
    let whole = xlsx::workbook(&[vec!["username".to_owned()], vec!["kim".to_owned()]]).expect("a workbook");
    assert_eq!(read(&whole), Ok(1));
    for cut in [8, whole.len() / 2, whole.len() - 1] {
        assert!(read(&whole[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn days_and_numbers_of_a_workbook_are_read_as_people_see_them() {
    let styles = r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>"#;
    let strings = "<sst><si><t>day</t></si><si><r><t>num</t></r><r><t>ber</t></r><rPh><t>x</t></rPh></si></sst>";
    let rows = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>fails</t></is></c></row>\
                <row r=\"3\"><c r=\"A3\" s=\"1\"><v>45839</v></c><c r=\"B3\"><v>7.4186098092E10</v></c></row>\
                <row r=\"4\"><c r=\"C4\" t=\"e\"><f>1/0</f><v>#DIV/0!</v></c></row></sheetData></worksheet>";
    let parts = [("xl/workbook.xml", BOOK), ("xl/styles.xml", styles), ("xl/sharedStrings.xml", strings)];
    let bytes = archive(&parts, (SHEET, rows, "", 0));

    let mut sheet = opened(&bytes).expect("a workbook");
    assert_eq!(sheet.columns(), ["day", "number", "fails"]);
    let row = sheet.next_row().expect("readable").expect("a row").expect("a good row");
    assert_eq!((row.line, row.get("day"), row.get("number")), (3, "2025-07-01", "74186098092"));
    let failing = sheet.next_row().expect("readable").expect("a row").expect_err("a bad row");
    assert_eq!((failing.line, failing.column.as_str()), (4, "fails"));
}

#[test]
fn files_in_another_encoding_are_told_by_name() {
    let utf16: Vec<u8> = "username,full_name\nkim,Kim\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&[vec![0xff, 0xfe], utf16].concat(), "UTF-16");
    refused(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "older Excel workbook");
    // Windows-1258: the row is told, and the others are read.
    let windows = b"username,full_name\nkim,Nguy\xea\xden\nminh,Minh\n";
    let mut sheet = opened(windows).expect("a sheet");
    let bad = sheet.next_row().expect("readable").expect("a row").expect_err("a bad row");
    assert!(bad.message_en.contains("UTF-8"), "{bad}");
    assert!(sheet.next_row().expect("readable").expect("a row").is_ok());
}

#[tokio::test]
async fn a_file_that_cannot_be_read_stays_on_the_list_with_its_reason() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let before = people(&app).await;
    let endless = format!("{HEADER}kim.nt,\"{}", "x".repeat(1_500_000));
    for (text, word) in [("username;full_name\nkim;Kim\n", "dấu phẩy"), (endless.as_str(), "ngoặc kép"), ("", "tiêu đề")]
    {
        let sent = send(&app, &mut root, "people", text).await;
        if text.is_empty() {
            assert_eq!((sent.status, sent.page()), (422, Some("admin-imports")), "nothing was chosen");
            continue;
        }
        let address = sent.location().to_owned();
        crate::support::imports::work(&app).await;
        let page = root.get(&address).await;
        assert!(page.body.contains("import-trouble") && page.body.contains(word), "{}", page.body);
        let found = imports::find(&mut app.services().store.read().await.expect("a connection"), id_of(&address)).await;
        assert_eq!(found.expect("an answer").expect("the file").state.word(), "failed");
    }
    assert_eq!(people(&app).await, before);
}

#[tokio::test]
async fn a_file_over_the_limit_leaves_nothing_behind() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let large = format!("{HEADER}{}", "x,y\n".repeat(8_400_000));
    assert!(large.len() > 32 * 1_024 * 1_024);

    let sent = send(&app, &mut root, "people", &large).await;

    assert_eq!((sent.status, sent.page()), (413, Some("admin-imports")), "{}", sent.body);
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(imports::list(&mut conn, None, None, 10).await.expect("a list").iter().all(|file| file.state.word() == "discarded"));
}

#[tokio::test]
async fn the_stored_file_is_sealed_and_goes_when_it_is_not_needed() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let text = "username,full_name,personal_number\nkim.nt,Nguyễn Thị Kim,074186098092\n";
    let address = checked(&app, &mut root, "people", text).await;
    let chunk = async || {
        let mut conn = app.services().store.read().await.expect("a connection");
        imports::find_chunk(&mut conn, id_of(&address), 0).await.expect("an answer")
    };
    let stored = chunk().await.expect("a piece");
    assert!(!stored.windows(12).any(|window| window == b"074186098092"));

    crate::support::imports::apply(&app, &mut root, &address).await;
    assert!(chunk().await.is_none());
}
