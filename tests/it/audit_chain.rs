//! Promises about the trail of records: whoever alters, removes, adds or moves one, in the database or in an
//! export, is found out, and the first entry is named.

use crate::support::records::rows_of;
use crate::support::trail::{Hand, exported, forged, keys, own, run, scene};
use crate::support::{TestApp, stage};
use motlan::model::audit_entry::Kind;
use motlan::service::trail::export::{self, Format, Wanted};
use motlan::service::trail::report::{Report, Wrong};
use motlan::service::trail::seal::PublicKey;
use motlan::service::trail::verify::{self, Means};
use motlan::service::trail::{chain, kept};
use motlan::store::audit::AuditRow;
use motlan::store::{audit, audit_chain, audit_seals};
use serde_json::Value;
use std::path::Path;

/// What was found, in short.
fn found(report: &Report) -> (Option<Wrong>, Option<i64>) {
    assert_eq!(report.whole, report.finding.is_none());
    (report.finding.as_ref().map(|finding| finding.wrong), report.finding.as_ref().and_then(|finding| finding.seq))
}

#[tokio::test]
async fn records_get_their_places_when_they_have_settled_and_once() {
    let app = TestApp::start().await;
    app.official("kim").await;
    let before = app.audit_events().await.len();

    assert_eq!(run(&app, "one").await, 0, "nothing has settled");
    let report = own(&app).await;
    assert!(report.whole && report.newest_seal.is_none());
    assert_eq!(report.waiting, i64::try_from(before).expect("a count"));
    app.advance_seconds(chain::SETTLE_SECONDS + 1);
    assert_eq!(run(&app, "one").await, before as u64);
    assert_eq!(run(&app, "one").await, 0, "once");

    let report = own(&app).await;
    assert!(report.whole && report.macs_checked, "{report:?}");
    assert_eq!((report.entries, report.first, report.waiting), (i64::try_from(before).expect("a count"), Some(1), 0));
    assert_eq!(report.newest_seal.map(|newest| newest.seq), report.last);
    app.advance_seconds(1);
    assert_eq!(run(&app, "another node").await, 0, "one node at a time");
}

#[tokio::test]
async fn a_record_that_came_into_sight_late_is_not_missed() {
    let (app, _dir) = scene().await;
    let hand = Hand::of(&app);
    app.official("late").await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let late = audit_chain::audit_rows_after(&mut conn, "", 1).await.expect("rows").remove(0);
    drop(conn);
    // It is written, and not committed yet when the others get their places.
    hand.execute(&format!("DELETE FROM audit WHERE id = '{}'", late.id)).await;
    app.advance_seconds(60);
    assert!(run(&app, "one").await >= 1);
    let mut tx = app.services().store.write().await.expect("a unit of work");
    audit::add(&mut tx, &late).await.expect("added");
    tx.commit().await.expect("committed");
    let report = own(&app).await;
    assert!(report.whole && report.waiting == 1, "{}", report.sentence());

    app.advance_seconds(60);
    assert_eq!(run(&app, "one").await, 1);

    let report = own(&app).await;
    assert!(report.whole && report.waiting == 0, "{}", report.sentence());
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of everything that a hand could do")]
async fn what_is_done_to_the_database_is_found_and_the_first_entry_is_named() {
    let (app, _dir) = scene().await;
    let hand = Hand::of(&app);
    hand.remember().await;
    let (act, grant) = (hand.place(Kind::Audit, 3).await, hand.place(Kind::Grant, 2).await);
    let (seq, id) = (act.seq, act.row_id.as_str());
    let newest = hand.last().await;
    let copy = "id, at, event, actor, person_id, client_id, address, request_id, detail, mac";
    let rest = "at, event, actor, person_id, client_id, address, request_id, detail, mac";
    let table: Vec<(&str, Vec<String>, Wrong, Option<i64>)> = vec![
        ("a flipped letter", vec![format!("UPDATE audit SET event = event || 'x' WHERE id = '{id}'")], Wrong::Altered, Some(seq)),
        ("a word less", vec![format!("UPDATE audit SET request_id = NULL WHERE id = '{id}'")], Wrong::Altered, Some(seq)),
        ("a grant", vec![format!("UPDATE grants SET acr = 'x' WHERE id = '{}'", grant.row_id)], Wrong::Altered, Some(grant.seq)),
        ("a digest", vec![format!("UPDATE audit_chain SET digest = mac WHERE seq = {seq}")], Wrong::Altered, Some(seq)),
        ("a link", vec![format!("UPDATE audit_chain SET link = digest WHERE seq = {seq}")], Wrong::Reordered, Some(seq)),
        ("a moment", vec![format!("UPDATE audit_chain SET at = at + 1 WHERE seq = {seq}")], Wrong::Altered, Some(seq)),
        ("a row", vec![format!("DELETE FROM audit WHERE id = '{id}'")], Wrong::Missing, Some(seq)),
        ("a grant's row", vec![format!("DELETE FROM grants WHERE id = '{}'", grant.row_id)], Wrong::Missing, Some(grant.seq)),
        ("a place", vec![format!("DELETE FROM audit_chain WHERE seq = {seq}")], Wrong::Missing, Some(seq)),
        (
            "a row and its place",
            vec![format!("DELETE FROM audit WHERE id = '{id}'"), format!("DELETE FROM audit_chain WHERE seq = {seq}")],
            Wrong::Missing,
            Some(seq),
        ),
        (
            "an old row more",
            vec![format!(
                "INSERT INTO audit ({copy}) SELECT '01900000-0000-7000-8000-000000000001', {rest} FROM audit WHERE id = '{id}'"
            )],
            Wrong::Added,
            None,
        ),
        (
            "a fresh row more",
            vec![format!(
                "INSERT INTO audit ({copy}) SELECT 'ffffffff-ffff-7fff-8fff-ffffffffffff', {rest} FROM audit WHERE id = '{id}'"
            )],
            Wrong::Added,
            None,
        ),
        (
            "a row without a name",
            vec![format!("INSERT INTO audit ({copy}) SELECT '', {rest} FROM audit WHERE id = '{id}'")],
            Wrong::Added,
            None,
        ),
        (
            "a row that has a place below the first",
            vec![
                format!("INSERT INTO audit ({copy}) SELECT 'x', {rest} FROM audit WHERE id = '{id}'"),
                "INSERT INTO audit_chain (seq, kind, row_id, at, digest, link, mac)
                 SELECT -5, 'audit', 'x', at, digest, link, mac FROM audit_chain WHERE seq = 1"
                    .to_owned(),
            ],
            Wrong::Added,
            Some(-5),
        ),
        (
            "a row that has a place behind the last",
            vec![
                format!("INSERT INTO audit ({copy}) SELECT 'x', {rest} FROM audit WHERE id = '{id}'"),
                format!(
                    "INSERT INTO audit_chain (seq, kind, row_id, at, digest, link, mac)
                     SELECT {newest} + 1, 'audit', 'x', at, digest, link, mac FROM audit_chain WHERE seq = 1"
                ),
            ],
            Wrong::Added,
            Some(newest + 1),
        ),
        (
            "two that changed places",
            vec![
                format!("UPDATE audit_chain SET seq = -1 WHERE seq = {seq}"),
                format!("UPDATE audit_chain SET seq = {seq} WHERE seq = {seq} + 1"),
                format!("UPDATE audit_chain SET seq = {seq} + 1 WHERE seq = -1"),
            ],
            Wrong::Reordered,
            Some(seq),
        ),
        (
            "the first seal",
            vec!["DELETE FROM audit_seals WHERE seq = (SELECT MIN(seq) FROM audit_seals)".to_owned()],
            Wrong::Seal,
            None,
        ),
        ("all seals", vec!["DELETE FROM audit_seals".to_owned()], Wrong::Added, Some(1)),
        (
            "a seal's words",
            vec![format!("UPDATE audit_seals SET seal = replace(seal, '.', '.A') WHERE seq = {newest}")],
            Wrong::Seal,
            Some(newest),
        ),
        ("the key", vec!["UPDATE audit_keys SET public_jwk = '{}'".to_owned()], Wrong::Seal, None),
    ];

    for (case, statements, wrong, place) in table {
        for statement in &statements {
            hand.execute(statement).await;
        }
        let report = own(&app).await;
        let finding = report.finding.as_ref().unwrap_or_else(|| panic!("{case}: nothing was found"));
        assert_eq!(finding.wrong, wrong, "{case}: {}", finding.sentence());
        assert!(place.is_none() || finding.seq == place, "{case}: {}", finding.sentence());
        assert!(wrong != Wrong::Altered || finding.id.is_some(), "{case}: {}", finding.sentence());
        hand.put_back().await;
        assert!(own(&app).await.whole, "{case}: put back");
    }
}

#[tokio::test]
async fn whoever_does_the_sums_again_in_the_database_is_found_by_the_macs() {
    let (app, _dir) = scene().await;
    let hand = Hand::of(&app);
    hand.remember().await;
    let act = hand.place(Kind::Audit, 3).await;
    let (seq, id) = (act.seq, act.row_id.as_str());

    hand.execute(&format!("UPDATE audit SET actor = 'somebody' WHERE id = '{id}'")).await;
    hand.do_the_sums_again().await;
    assert_eq!(found(&own(&app).await), (Some(Wrong::Altered), Some(seq)));
    hand.put_back().await;

    hand.execute(&format!("DELETE FROM audit WHERE id = '{id}'")).await;
    hand.execute(&format!("DELETE FROM audit_chain WHERE seq = {seq}")).await;
    hand.execute(&format!("UPDATE audit_chain SET seq = -seq WHERE seq > {seq}")).await;
    hand.execute("UPDATE audit_chain SET seq = -seq - 1 WHERE seq < 0").await;
    hand.do_the_sums_again().await;
    assert_eq!(found(&own(&app).await), (Some(Wrong::Reordered), Some(seq)), "the next one stands in its place");
    hand.put_back().await;

    assert!(own(&app).await.whole);
}

#[tokio::test]
async fn a_database_that_was_set_back_is_found_by_a_seal_that_was_kept_and_grows_no_further() {
    let (app, _dir) = scene().await;
    let services = app.services();
    let hand = Hand::of(&app);
    let then = hand.last().await;
    hand.remember().await;
    app.official("later").await;
    app.advance_seconds(60);
    run(&app, "one").await;
    let newest = own(&app).await.newest_seal.expect("a seal");
    assert!(newest.seq > then);

    // All tables as they were: everything in the database fits together.
    hand.put_back().await;

    let report = own(&app).await;
    assert_eq!(found(&report), (Some(Wrong::Missing), Some(then + 1)), "{}", report.sentence());
    app.advance_seconds(60);
    app.official("afterwards").await;
    app.advance_seconds(60);
    let refused = chain::run(services, "one").await.expect_err("the chain must not grow");
    assert!(refused.to_string().contains("not as it was"), "{refused}");
    assert_eq!(hand.last().await, then, "nothing was added");

    // A node that remembers nothing goes on; whoever kept the seal can tell.
    let place = kept::place(services).expect("a place");
    std::fs::remove_file(&place).expect("removed");
    run(&app, "one").await;
    assert!(hand.last().await > then);
    assert!(verify::own(services, None).await.expect("an answer").whole);
    for text in [newest.seal.clone(), serde_json::json!({ "newest_seal": newest }).to_string()] {
        let report = verify::own(services, Some(&text)).await.expect("an answer");
        assert_eq!(found(&report).0, Some(Wrong::Missing), "{}", report.sentence());
    }
    assert!(verify::own(services, Some("a.b.c")).await.is_err(), "no seal of ours");
}

#[tokio::test]
async fn everything_made_anew_is_found_by_what_a_node_remembers() {
    let (app, _dir) = scene().await;
    let hand = Hand::of(&app);
    hand.execute("DELETE FROM audit WHERE id = (SELECT row_id FROM audit_chain WHERE seq = 1)").await;
    for table in ["audit_chain", "audit_seals", "audit_keys"] {
        hand.execute(&format!("DELETE FROM {table}")).await;
    }

    assert_eq!(found(&own(&app).await).0, Some(Wrong::Seal));
    app.advance_seconds(60);
    assert!(chain::run(app.services(), "one").await.is_err());
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(audit_seals::list_keys(&mut conn).await.expect("keys").is_empty(), "no other key was made");
}

#[tokio::test]
async fn a_row_that_another_hand_wrote_gets_no_place_and_holds_nobody_up() {
    let app = TestApp::start().await;
    app.official("kim").await;
    let hand = Hand::of(&app);
    let id = rows_of(&app, "password.set").await.remove(0).id;
    hand.execute(&format!("UPDATE audit SET actor = 'somebody' WHERE id = '{id}'")).await;
    app.advance_seconds(20);
    let all = app.audit_events().await.len() as u64;

    assert_eq!(run(&app, "one").await, all - 1);

    let report = own(&app).await;
    let finding = report.finding.expect("found");
    assert_eq!((finding.wrong, finding.seq, finding.id), (Wrong::Added, None, Some(id)));
}

#[tokio::test]
async fn an_export_is_whole_and_says_so_with_the_key_that_was_kept_alone() {
    let (app, dir) = scene().await;
    let path = dir.path().join("audit.jsonl");
    let text = exported(&app).await;
    std::fs::write(&path, &text).expect("written");
    let kept = keys(&app).await;
    let means = Means { keys: kept.clone(), ..Means::default() };

    let report = verify::file(&path, &means).await.expect("an answer");

    assert!(report.whole && !report.macs_checked, "{}", report.sentence());
    assert_eq!((report.first, report.last), (Some(1), own(&app).await.last));
    assert!(report.written_at.is_some());
    let envelope = Some(app.services().envelope.clone());
    let means = Means { keys: kept, envelope, ..Means::default() };
    assert!(verify::file(&path, &means).await.expect("an answer").macs_checked);
    assert!(verify::file(&path, &Means::default()).await.is_err(), "the file's own key proves nothing");
    assert!(!text.contains("mật khẩu rất dài"), "nobody's password");
}

#[tokio::test]
async fn what_is_done_to_an_export_is_found_and_the_first_entry_is_named() {
    let (app, dir) = scene().await;
    let path = dir.path().join("audit.jsonl");
    let means = Means { keys: keys(&app).await, ..Means::default() };
    let text = exported(&app).await;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let entries: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].starts_with("{\"seq\":")).collect();
    let (third, fourth) = (entries[2], entries[3]);
    assert_eq!(fourth, third + 1, "side by side");
    let first_seal = lines.iter().position(|line| line.starts_with("{\"seal\":")).expect("a seal");
    let other = lines[third].replacen("\"id\":\"", "\"id\":\"x", 1);
    let table: Vec<(&str, Vec<String>, Wrong, Option<i64>)> = vec![
        ("a removed one", changed(&lines, |all| drop(all.remove(third))), Wrong::Missing, Some(3)),
        ("an added one", changed(&lines, |all| all.insert(fourth, other.clone())), Wrong::Added, Some(3)),
        ("one twice", changed(&lines, |all| all.insert(fourth, lines[third].clone())), Wrong::Added, Some(3)),
        ("two swapped", changed(&lines, |all| all.swap(third, fourth)), Wrong::Reordered, Some(3)),
        ("one moved to the end", changed(&lines, |all| all[third..].rotate_left(1)), Wrong::Reordered, Some(3)),
        ("the end cut off", changed(&lines, |all| all.truncate(first_seal + 1)), Wrong::Missing, None),
        ("all but the head", changed(&lines, |all| all.truncate(1)), Wrong::Missing, Some(1)),
        ("no head", changed(&lines, |all| drop(all.remove(0))), Wrong::Altered, None),
        ("no first seal", changed(&lines, |all| drop(all.remove(first_seal))), Wrong::Seal, None),
        ("no last seal", changed(&lines, |all| drop(all.pop())), Wrong::Seal, None),
        ("nothing", Vec::new(), Wrong::Seal, None),
    ];

    for (case, lines, wrong, seq) in table {
        let text = if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" };
        std::fs::write(&path, text).expect("written");
        let report = verify::file(&path, &means).await.expect("an answer");
        let sentence = report.sentence();
        assert_eq!(found(&report).0, Some(wrong), "{case}: {sentence}");
        assert!(seq.is_none() || found(&report).1 == seq, "{case}: {sentence}");
    }
}

fn changed(lines: &[String], change: impl FnOnce(&mut Vec<String>)) -> Vec<String> {
    let mut lines = lines.to_vec();
    change(&mut lines);
    lines
}

#[tokio::test]
async fn no_byte_of_an_export_can_be_flipped_unseen() {
    let (app, dir) = scene().await;
    let path = dir.path().join("audit.jsonl");
    let means = Means { keys: keys(&app).await, ..Means::default() };
    let bytes = exported(&app).await.into_bytes();
    let third = line_start(&bytes, 3)..line_start(&bytes, 4);
    // The head and an entry to the last byte, and the rest here and there.
    let places = (0..bytes.len()).filter(|at| *at < 40 || third.contains(at) || at % 41 == 0);

    for at in places {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        std::fs::write(&path, &flipped).expect("written");
        let report = verify::file(&path, &means).await.expect("an answer");
        let finding = report.finding.unwrap_or_else(|| panic!("byte {at}"));
        if third.contains(&at) {
            let places = finding.place.clone().unwrap_or_default();
            assert!(places.contains("line 4") || finding.seq == Some(3), "byte {at}: {}", finding.sentence());
        }
    }
}

/// Where a line begins, the first being 0.
fn line_start(bytes: &[u8], line: usize) -> usize {
    let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
    if line == 0 { 0 } else { ends[line - 1] + 1 }
}

#[tokio::test]
async fn whoever_does_the_sums_again_in_an_export_is_found_by_the_seals() {
    let (app, dir) = scene().await;
    let path = dir.path().join("audit.jsonl");
    let kept = keys(&app).await;
    let text = exported(&app).await;

    std::fs::write(&path, forged(&text, 3)).expect("written");

    let means = Means { keys: kept.clone(), ..Means::default() };
    let report = verify::file(&path, &means).await.expect("an answer");
    let finding = report.finding.expect("found");
    assert_eq!(finding.wrong, Wrong::Altered, "{}", finding.sentence());
    assert!(finding.seq.is_some_and(|first| first <= 3) && finding.until.is_some_and(|last| last >= 3), "{}", finding.sentence());

    // With the key-encryption key the MACs name the very entry.
    let envelope = Some(app.services().envelope.clone());
    let means = Means { keys: kept.clone(), envelope, ..Means::default() };
    let report = verify::file(&path, &means).await.expect("an answer");
    assert_eq!(found(&report), (Some(Wrong::Altered), Some(3)));

    // Sealed anew with a key of the forger's own: it is not the one that was kept.
    let another = stage(|_| {}).await;
    another.official("mallory").await;
    another.advance_seconds(60);
    run(&another, "one").await;
    std::fs::write(&path, exported(&another).await).expect("written");
    let means = Means { keys: kept, ..Means::default() };
    let report = verify::file(&path, &means).await.expect("an answer");
    assert_eq!(found(&report).0, Some(Wrong::Seal), "{}", report.sentence());
}

#[tokio::test]
async fn a_part_of_the_time_is_written_between_two_seals_and_verifies_too() {
    let (app, dir) = scene().await;
    let services = app.services();
    let middle = services.clock.now();
    let last = own(&app).await.last.expect("entries");
    app.advance_seconds(3_600);
    app.official("later").await;
    app.advance_seconds(60);
    run(&app, "one").await;
    let mut bytes = Vec::<u8>::new();

    let wanted = Wanted { format: Format::Jsonl, from: Some(middle), to: None };
    let written = export::write(services, &wanted, &mut bytes).await.expect("written");

    assert_eq!(written.first, last + 1);
    let path = dir.path().join("part.jsonl");
    std::fs::write(&path, &bytes).expect("written");
    let means = Means { keys: keys(&app).await, ..Means::default() };
    let report = verify::file(&path, &means).await.expect("an answer");
    assert!(report.whole, "{}", report.sentence());
    assert_eq!((report.first, report.last), (Some(written.first), Some(written.last)));
    for (format, head) in [(Format::Csv, "\u{feff}\"seq\""), (Format::Cef, "CEF:0|motlan|")] {
        let mut bytes = Vec::<u8>::new();
        let wanted = Wanted { format, from: Some(middle), to: None };
        let written = export::write(services, &wanted, &mut bytes).await.expect("written");
        let text = String::from_utf8(bytes).expect("text");
        assert!(text.starts_with(head), "{text}");
        assert!(written.entries >= 1 && text.contains("password.set"));
    }
    let never = Wanted { format: Format::Jsonl, from: Some(services.clock.now()), to: None };
    assert!(export::write(services, &never, &mut Vec::<u8>::new()).await.is_err());
}

#[tokio::test]
async fn a_copy_of_the_embedded_database_is_gone_through_without_being_touched() {
    let (app, dir) = scene().await;
    let hand = Hand::of(&app);
    if hand.is_shared() {
        println!("skipped: a copy of PostgreSQL is restored first and gone through as a database");
        return;
    }
    let path = dir.path().join("backup.db");
    hand.execute_alone(&format!("VACUUM INTO '{}'", path.display())).await;
    let before = std::fs::read(&path).expect("the copy");
    let means = || Means { envelope: Some(app.services().envelope.clone()), ..Means::default() };

    let report = verify::file(&path, &means()).await.expect("an answer");

    assert!(report.whole && report.macs_checked, "{}", report.sentence());
    let kept = Means { keys: keys(&app).await, ..Means::default() };
    assert!(verify::file(&path, &kept).await.expect("an answer").whole, "with the public key alone");
    assert!(verify::file(&path, &Means::default()).await.is_err(), "no key at all");
    assert_eq!(std::fs::read(&path).expect("the copy"), before);
    assert!(!Path::new(&format!("{}-wal", path.display())).exists());

    let act = hand.place(Kind::Audit, 3).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let row = audit_chain::audit_rows(&mut conn, act.seq, act.seq).await.expect("rows").remove(0);
    let mut flipped = before.clone();
    for at in events_of(&before, &row) {
        flipped[at] ^= 1;
    }
    std::fs::write(&path, &flipped).expect("written");
    for means in [means(), kept] {
        let report = verify::file(&path, &means).await.expect("an answer");
        assert_eq!(found(&report), (Some(Wrong::Altered), Some(act.seq)), "{}", report.sentence());
    }
}

/// Where a row's event begins in a file of SQLite: behind its id and the six bytes of its moment. Pages that were split
/// keep copies of rows that nobody reads.
fn events_of(bytes: &[u8], row: &AuditRow) -> Vec<usize> {
    let (id, event) = (row.id.as_bytes(), row.event.as_bytes());
    let is_row = |at: &usize| bytes[*at..].starts_with(id) && bytes[at + id.len() + 6..].starts_with(event);
    let found: Vec<usize> = (0..bytes.len() - id.len() - 6).filter(is_row).map(|at| at + id.len() + 6).collect();
    assert!(!found.is_empty(), "the row is there");
    found
}

#[test]
fn a_key_is_read_as_it_was_printed_and_never_a_private_one() {
    let jwk = r#"{"alg":"EdDSA","crv":"Ed25519","kty":"OKP","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let read = |text: &str| PublicKey::read_all(text);

    assert_eq!(read(jwk).map(|keys| keys.len()), Some(1));
    assert_eq!(read(&format!("{{\"keys\":[{jwk},{jwk}]}}")).map(|keys| keys.len()), Some(2));
    for bad in ["", "{}", "{\"keys\":[]}", &jwk.replace("\"x\"", "\"d\":\"AA\",\"x\""), "[]"] {
        assert_eq!(read(bad), None, "{bad}");
    }
    let key: Value = serde_json::from_str(jwk).expect("JSON");
    assert_eq!(PublicKey::of(&key).map(|key| key.kid).as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
}
