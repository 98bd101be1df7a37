//! The one page that each system has, for those who are signed in and for those who are not.

use super::Kind;
use super::claims::PositionClaim;
use super::claims::UnitClaim;
use super::pages;
use super::pages::Meeting;
use super::pages::Official;
use super::pages::OldUnit;
use super::pages::Post;
use super::pages::Unit;
use super::party::Party;
use super::session::Session;
use super::session::cookie;
use crate::base::date::parse;
use crate::base::date::shown;
use crate::base::date::vietnam_date;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;

/// `GET /`
pub(super) async fn get(State(party): State<Arc<Party>>, headers: HeaderMap) -> Response {
    let session = cookie(&headers, party.config.kind.session_cookie()).and_then(|id| party.sessions.find(&id));
    let Some(session) = session else {
        return pages::signed_out(&party);
    };
    let official = official(&session);
    match party.config.kind {
        Kind::Tthc => pages::tthc(&party, official, session.last_dossier()),
        Kind::VanBan => pages::van_ban(&party, official, old_units(&session)),
        Kind::HopKhongGiay => pages::hop(&party, official, meetings(&party, &session)),
    }
}

fn official(session: &Session) -> Official {
    let claims = &session.claims;
    Official {
        subject: session.subject.clone(),
        name: session.name.clone(),
        unit: claims.unit.as_ref().map(unit),
        position: claims.position.as_ref().map(post),
        others: claims
            .positions
            .iter()
            .filter(|other| claims.position.as_ref().is_none_or(|acting| acting.id != other.id))
            .map(post)
            .collect(),
        roles: claims.roles.clone(),
    }
}

fn unit(claim: &UnitClaim) -> Unit {
    Unit {
        name: claim.name.clone(),
        kind: kind_name(&claim.kind),
        gso: claim.codes.get("gso").cloned(),
        agency: claim.codes.get("agency").cloned(),
        since: claim.valid_from.as_deref().map(readable),
        path: claim.path.iter().map(|place| place.name.clone()).collect::<Vec<_>>().join(", "),
    }
}

fn post(claim: &PositionClaim) -> Post {
    Post {
        title: claim.title.clone(),
        department: claim.department.clone(),
        unit: claim.unit_name().map(str::to_owned),
        primary: claim.primary,
    }
}

/// The units that the acting one succeeds, each with the last day on which it was right.
fn old_units(session: &Session) -> Vec<OldUnit> {
    let day_before = session
        .claims
        .unit
        .as_ref()
        .and_then(|unit| unit.valid_from.as_deref())
        .and_then(parse)
        .and_then(time::Date::previous_day)
        .map(shown);
    session
        .claims
        .legacy_units
        .iter()
        .map(|claim| OldUnit {
            name: claim.name.clone(),
            kind: kind_name(&claim.kind),
            gso: claim.codes.get("gso").cloned(),
            until: claim.valid_to.as_deref().map(readable).or_else(|| day_before.clone()),
        })
        .collect()
}

/// Sample meetings of the day, in the acting unit.
fn meetings(party: &Party, session: &Session) -> Vec<Meeting> {
    let day = shown(vietnam_date(party.now()));
    let place = session.claims.unit.as_ref().map_or("đơn vị", |unit| unit.name.as_str());
    [
        ("08:00", "Giao ban đầu ngày", "Phòng họp số 1"),
        ("10:00", "Tiến độ giải quyết hồ sơ quá hạn", "Phòng họp số 2"),
        ("14:30", "Phối hợp chỉnh lý dữ liệu sau sắp xếp", "Phòng họp trực tuyến"),
    ]
    .into_iter()
    .map(|(time, topic, room)| Meeting { when: format!("{time}, {day}"), topic, room: format!("{room}, {place}") })
    .collect()
}

fn readable(date: &str) -> String {
    parse(date).map_or_else(|| date.to_owned(), shown)
}

fn kind_name(kind: &str) -> String {
    let name = match kind {
        "phuong" => "phường",
        "xa" => "xã",
        "dac_khu" => "đặc khu",
        "thi_tran" => "thị trấn",
        "quan" => "quận",
        "huyen" => "huyện",
        "thanh_pho" => "thành phố",
        "tinh" => "tỉnh",
        "thanh_pho_tw" => "thành phố trực thuộc trung ương",
        other => other,
    };
    name.to_owned()
}
