//! `motlan bench-sheets`: how long a large file takes at the console, from its last byte to what each row would do.
//!
//! The file is sent and looked at in this process, as an administrator who is signed on: everything but the network is in
//! the figures. Nothing of it is applied unless that is asked for; it belongs on a database of its own.

use crate::app::cli::{CliError, Output, actor};
use crate::model::admin_scope::AdminRole;
use crate::model::authority::AddPeople;
use crate::model::import::{ImportKind, ImportState};
use crate::model::sign_on::Manner;
use crate::service::administrators::{self, Grant};
use crate::service::authority::{Authority, Entered, Units};
use crate::service::provisioning::imports::upload::{self, UploadError};
use crate::service::provisioning::imports::{act, look, run};
use crate::service::provisioning::person_import::{self, Request};
use crate::service::sign_on::{self, Proof};
use crate::service::{Origin, Services, known};
use crate::store::persons;
use clap::Args;
use serde_json::json;
use std::fmt::Write as _;
use std::time::Instant;

/// Who sends the file.
const SENDER: &str = "bench.sheets";

/// How large a file, and what must hold.
#[derive(Debug, Args)]
pub struct SheetsArgs {
    /// Rows of the file.
    #[arg(long, default_value_t = 100_000)]
    rows: u32,
    /// Also apply it, and take it back.
    #[arg(long)]
    apply: bool,
    /// The most that looking at it may take.
    #[arg(long, default_value_t = 20.0)]
    max_seconds: f64,
}

/// Sends, looks, perhaps applies and takes back.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
pub async fn run(args: &SheetsArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let proof = sender(services).await?;
    let text = file(args.rows);
    let begun = Instant::now();
    let mut coming = upload::begin(services, &proof, ImportKind::People, "bench.csv").await.map_err(|error| refused(&error))?;
    for piece in text.as_bytes().chunks(64 * 1_024) {
        coming.push(piece).await.map_err(|error| refused(&error))?;
    }
    let id = coming.finish().await.map_err(|error| refused(&error))?;
    let sent = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    work(services).await?;
    let looked = begun.elapsed().as_secs_f64();
    expect(services, &proof, &id, ImportState::Checked).await?;
    let mut figures = vec![("sent", sent), ("looked at", looked)];
    if args.apply {
        let begun = Instant::now();
        act::apply(services, &proof, &id, false).await.map_err(|error| other(&error))?;
        work(services).await?;
        expect(services, &proof, &id, ImportState::Applied).await?;
        figures.push(("applied", begun.elapsed().as_secs_f64()));
        let begun = Instant::now();
        act::undo(services, &proof, &id).await.map_err(|error| other(&error))?;
        work(services).await?;
        expect(services, &proof, &id, ImportState::Undone).await?;
        figures.push(("taken back", begun.elapsed().as_secs_f64()));
    }
    tell(args, looked, &figures, output)
}

fn tell(args: &SheetsArgs, looked: f64, figures: &[(&str, f64)], output: &mut Output) -> Result<(), CliError> {
    for (step, seconds) in figures {
        output.line(&format!("{:>8} rows  {step:<12} {seconds:>8.2} s", args.rows));
    }
    let steps: Vec<_> = figures.iter().map(|(step, seconds)| json!({ "step": step, "seconds": seconds })).collect();
    let document = json!({ "rows": args.rows, "steps": steps });
    if looked > args.max_seconds {
        return Err(CliError::Document(document, format!("looking at the file took more than {:.0} s", args.max_seconds)));
    }
    if output.json {
        output.document(&document);
    }
    Ok(())
}

fn other(error: &dyn std::fmt::Display) -> CliError {
    CliError::Other(error.to_string())
}

fn refused(error: &UploadError) -> CliError {
    other(error)
}

/// Does all that waits.
async fn work(services: &Services) -> Result<(), CliError> {
    while run::run(services, "bench").await.map_err(|error| other(&error))? {}
    known::refresh(services).await.map_err(|error| other(&error))
}

/// The file is where it should be by now.
async fn expect(services: &Services, proof: &Units<AddPeople>, id: &str, state: ImportState) -> Result<(), CliError> {
    let found = look::file(services, proof, id).await.map_err(|error| other(&error))?;
    let import = found.ok_or_else(|| CliError::Other("the file is gone".to_owned()))?;
    if import.state == state && import.rows_bad == 0 {
        return Ok(());
    }
    let told = format!("the file is {}, with {} bad rows: {}", import.state.word(), import.rows_bad, import.problem_en);
    Err(CliError::Other(told))
}

/// An administrator of the whole city who is signed on with two factors.
async fn sender(services: &Services) -> Result<Units<AddPeople>, CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let request = Request { accept_good: false, dry_run: false, actor: &actor, origin: &origin };
    let text = format!("username,full_name\n{SENDER},Bench Sheets\n");
    person_import::import(services, text.as_bytes(), &request, |_| {}).await.map_err(|error| other(&error))?;
    let grant = Grant {
        username: SENDER,
        role: AdminRole::Directory,
        unit: None,
        client: None,
        valid_from: None,
        valid_to: None,
        actor: &actor,
        origin: &origin,
    };
    administrators::grant(services, &grant).await.map_err(|error| other(&error))?;
    known::refresh(services).await.map_err(|error| other(&error))?;
    let person = persons::find_id_by_username(&mut services.store.read().await?, SENDER).await?;
    let person = person.ok_or_else(|| CliError::Other("the sender of the file is gone".to_owned()))?;
    let methods = "hwk user".to_owned();
    let manner = Manner::default();
    let proof = Proof { person, level: 2, methods, password_since: None, proved_at: None, manner, legacy: None };
    let started = sign_on::start(services, proof, None, &origin).await.map_err(|error| other(&error))?;
    match Authority::enter(services, &started.sign_on, &origin).await.map_err(|error| other(&error))? {
        Entered::In(authority) => {
            authority.units::<AddPeople>().ok_or_else(|| CliError::Other("the sender may bring no files".to_owned()))
        }
        Entered::Away | Entered::OneFactor | Entered::Nobody => {
            Err(CliError::Other("the sender may not enter the console".to_owned()))
        }
    }
}

/// People with a position each, in a unit of today.
fn file(rows: u32) -> String {
    let mut text = "username,full_name,date_of_birth,personal_number,email,phone,employee_code,unit_code,department,title,kind,\
                    primary,decision_no,valid_from,valid_to\n"
        .to_owned();
    for number in 0..rows {
        let _ = writeln!(
            text,
            "sheet.{number:07},Nguyễn Thị Bích {number},1986-08-05,07918{number:07},sheet.{number:07}@vi-du.vn,0900000000,\
             SH{number:07},26740,Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-07-01,"
        );
    }
    text
}
