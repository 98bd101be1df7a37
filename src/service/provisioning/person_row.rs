//! One row of a people file: checked cell by cell against the registry.

use super::person_facts::{Facts, PERSONAL};
use crate::base::date::shown;
use crate::base::id::UnitId;
use crate::base::text::nfc;
use crate::model::person::{FURTHER_CLAIMS, Username};
use crate::model::personal_number::PersonalNumber;
use crate::model::position::PositionKind;
use crate::model::registry::{LookUp, Registry};
use crate::model::row_error::RowError;
use crate::model::unit_code;
use crate::service::sheet::{Row, Sheet};
use std::collections::BTreeMap;
use std::io::Read;
use time::Date;

/// The columns that tell of a position.
pub(super) const POSITION: [&str; 8] =
    ["unit_code", "department", "title", "kind", "primary", "decision_no", "valid_from", "valid_to"];

/// A position as a row tells it.
#[derive(Debug, Clone)]
pub(super) struct PositionTold {
    pub(super) unit: UnitId,
    pub(super) department: String,
    pub(super) title: String,
    pub(super) kind: PositionKind,
    pub(super) primary: bool,
    pub(super) decision_no: String,
    pub(super) valid_from: Date,
    pub(super) valid_to: Option<Date>,
}

/// A row without mistakes of its own.
#[derive(Debug, Clone)]
pub(super) struct PersonRow {
    pub(super) line: u64,
    pub(super) username: Username,
    pub(super) facts: Facts,
    pub(super) position: Option<PositionTold>,
}

/// Checks the header; the answer is the columns that tell of the person.
pub(super) fn personal_columns<R: Read>(sheet: &Sheet<R>) -> Result<Vec<String>, RowError> {
    let personal = |name: &str| PERSONAL.contains(&name) || FURTHER_CLAIMS.contains(&name);
    sheet.check_header(&["username", "full_name"], |name| name == "username" || personal(name) || POSITION.contains(&name))?;
    if POSITION.iter().any(|column| sheet.has(column)) {
        sheet.check_header(&["unit_code", "title", "kind", "valid_from"], |_| true)?;
    }
    Ok(sheet.columns().iter().filter(|name| personal(name)).cloned().collect())
}

/// Reads a row.
pub(super) fn read(row: &Row, registry: &Registry, today: Date) -> Result<PersonRow, RowError> {
    let username =
        Username::parse(row.needed("username")?).map_err(|error| row.wrong("username", error.vietnamese(), error.to_string()))?;
    Ok(PersonRow { line: row.line, username, facts: facts(row, today)?, position: position(row, registry)? })
}

fn facts(row: &Row, today: Date) -> Result<Facts, RowError> {
    row.needed("full_name")?;
    let date_of_birth = row.date("date_of_birth")?;
    if date_of_birth.is_some_and(|born| born > today || born.year() < 1900) {
        return Err(row.wrong("date_of_birth", "ngày sinh không thể đúng", "this date of birth cannot be right"));
    }
    let mut claims = BTreeMap::new();
    for claim in FURTHER_CLAIMS {
        if let Some(value) = text(row, claim, 1_000)? {
            claims.insert(claim.to_owned(), value);
        }
    }
    Ok(Facts {
        full_name: text(row, "full_name", 200)?.unwrap_or_default(),
        date_of_birth,
        personal_number: personal_number(row)?,
        email: email(row)?,
        phone: phone(row)?,
        employee_code: text(row, "employee_code", 64)?,
        claims,
    })
}

/// A text of at most so many characters; `None` when the cell is empty.
pub(super) fn text(row: &Row, column: &str, longest: usize) -> Result<Option<String>, RowError> {
    let value = nfc(row.get(column));
    if value.chars().count() > longest {
        return Err(row.wrong(column, format!("dài quá {longest} ký tự"), format!("longer than {longest} characters")));
    }
    Ok((!value.is_empty()).then_some(value))
}

fn personal_number(row: &Row) -> Result<Option<PersonalNumber>, RowError> {
    let cell = row.get("personal_number");
    if cell.is_empty() {
        return Ok(None);
    }
    // The number itself is not repeated in the message: messages are logged and mailed.
    PersonalNumber::parse(cell).map(Some).ok_or_else(|| {
        let count = cell.chars().count();
        row.wrong(
            "personal_number",
            format!("số định danh cá nhân có đúng 12 chữ số, ô này có {count} ký tự (bảng tính thường làm mất số 0 ở đầu)"),
            format!(
                "a personal number has exactly 12 digits, this cell has {count} characters (spreadsheets drop leading zeros)"
            ),
        )
    })
}

fn email(row: &Row) -> Result<Option<String>, RowError> {
    let value = text(row, "email", 254)?;
    // An addr-spec of atoms (RFC 5322 §3.4.1), which is what the claim `email` holds (OpenID Connect Core §5.1).
    let atom = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    let right = |address: &str| {
        address
            .split_once('@')
            .is_some_and(|(local, domain)| domain.contains('.') && local.split('.').all(atom) && domain.split('.').all(atom))
    };
    match value {
        Some(address) if !right(&address) => {
            Err(row.wrong("email", "không phải là địa chỉ thư điện tử", "this is not an e-mail address"))
        }
        other => Ok(other),
    }
}

fn phone(row: &Row) -> Result<Option<String>, RowError> {
    let value = text(row, "phone", 32)?;
    let right = |number: &str| {
        number.chars().any(|c| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || "+-(). ".contains(c))
    };
    match value {
        Some(number) if !right(&number) => {
            Err(row.wrong("phone", "không phải là số điện thoại", "this is not a telephone number"))
        }
        other => Ok(other),
    }
}

/// The position of the row; `None` when all its cells are empty.
pub(super) fn position(row: &Row, registry: &Registry) -> Result<Option<PositionTold>, RowError> {
    if POSITION.iter().all(|column| row.get(column).is_empty()) {
        return Ok(None);
    }
    row.needed("valid_from")?;
    let Some(valid_from) = row.date("valid_from")? else { return Ok(None) };
    let valid_to = row.date("valid_to")?;
    if valid_to.is_some_and(|last| last < valid_from) {
        return Err(row.wrong("valid_to", "ngày kết thúc ở trước ngày bắt đầu", "the last day is before the first"));
    }
    let kind = kind(row, row.needed("kind")?)?;
    row.needed("title")?;
    Ok(Some(PositionTold {
        unit: unit(row, registry, valid_from)?,
        department: text(row, "department", 200)?.unwrap_or_default(),
        title: text(row, "title", 200)?.unwrap_or_default(),
        kind,
        primary: primary(row)?,
        decision_no: text(row, "decision_no", 100)?.unwrap_or_default(),
        valid_from,
        valid_to,
    }))
}

/// The kind of employment that a cell names.
pub(super) fn kind(row: &Row, cell: &str) -> Result<PositionKind, RowError> {
    PositionKind::parse(cell).ok_or_else(|| {
        let kinds = PositionKind::ALL.map(PositionKind::as_str).join(", ");
        row.wrong("kind", format!("phải là một trong: {kinds}"), format!("must be one of: {kinds}"))
    })
}

fn primary(row: &Row) -> Result<bool, RowError> {
    Ok(perhaps_primary(row)?.unwrap_or(false))
}

/// Whether it is the main post; `None` when the row does not say.
pub(super) fn perhaps_primary(row: &Row) -> Result<Option<bool>, RowError> {
    match row.get("primary").to_lowercase().as_str() {
        "true" | "1" | "x" | "có" | "yes" => Ok(Some(true)),
        "false" | "0" | "không" | "no" => Ok(Some(false)),
        "" => Ok(None),
        _ => Err(row.wrong("primary", "phải là true hoặc false", "must be true or false")),
    }
}

/// The unit that the code meant on the first day of the position.
pub(super) fn unit(row: &Row, registry: &Registry, on: Date) -> Result<UnitId, RowError> {
    let (scheme, code) = unit_code::reference(row.needed("unit_code")?);
    if scheme == "id" {
        let id = UnitId(code.to_owned());
        return registry
            .unit(&id)
            .map(|unit| unit.id.clone())
            .ok_or_else(|| row.wrong("unit_code", "không có đơn vị nào mang định danh này", "no unit has this id"));
    }
    unit_code::check(scheme, code).map_err(|error| row.wrong("unit_code", error.vietnamese(), error.to_string()))?;
    let day = shown(on);
    match registry.look_up(scheme, code, on) {
        LookUp::One(unit) => Ok(unit.id.clone()),
        LookUp::None => Err(row.wrong(
            "unit_code",
            format!("không có đơn vị nào mang mã {code} vào ngày {day}"),
            format!("no unit has the code {code} on {day}"),
        )),
        LookUp::Candidates(units) => {
            let named: Vec<String> =
                units.iter().map(|unit| format!("{} (id:{})", registry.name_on(unit, on), unit.id)).collect();
            let named = named.join(", ");
            Err(row.wrong(
                "unit_code",
                format!("vào ngày {day} mã {code} có thể là: {named}; hãy ghi id của đơn vị"),
                format!("on {day} the code {code} may be: {named}; write the unit's id"),
            ))
        }
    }
}
