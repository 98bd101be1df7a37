//! The work behind the console: checking a file, applying it, taking it back.
//!
//! One process holds a file at a time, for as long as it says so every minute. It begins from what is stored, so that
//! what a killed process left is begun anew: staged rows count for nothing, and the write that makes a file count also
//! says that it does. The rights are those that the administrator has when the work begins, and each write that makes
//! something count asks whether they are so still: a role that was taken back stops the work.

use super::doer_of;
use super::read::{HELD_SECONDS, Job, Stop, Tally, Target, check_header};
use super::state::{self, OpenSheet, load};
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::import::{ImportKind, ImportState, RowEffect};
use crate::service::audit::{self, Event};
use crate::service::provisioning::bounds::Bounds;
use crate::service::provisioning::change_set::{self, Applied, ChangeSetError};
use crate::service::provisioning::grant_stage::{self, Back, Grants};
use crate::service::provisioning::person_import::TURNS;
use crate::service::provisioning::undo::Undo;
use crate::service::{Failure, Services};
use crate::store::changes::Kind;
use crate::store::import_work::{self, Far, Held};
use crate::store::imports::Import;
use crate::store::{StoreError, Tx, change_sets, import_grants, import_rows, units};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Work that stopped for a passing reason is taken up again after this.
const AGAIN_SECONDS: i64 = 5;

/// Does what waits longest, from beginning to end; false when nothing waits. Every process calls itself by a name of its
/// own.
pub async fn run(services: &Services, holder: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let claimed = import_work::claim(&mut tx, holder, now.plus_seconds(HELD_SECONDS), now).await?;
    tx.commit().await?;
    let Some(import) = claimed else { return Ok(false) };
    let held = Held { id: &import.id, holder };
    if let Err(stop) = work(services, &import, held).await {
        stopped(services, &import, held, stop).await?;
    }
    Ok(true)
}

async fn work(services: &Services, import: &Import, held: Held<'_>) -> Result<(), Stop> {
    let registry = units::load(&mut services.store.read().await?).await?;
    let bounds = Bounds::of(services, &import.asked.by, registry).await?.ok_or(Stop::NotAllowed)?;
    let doer = doer_of(&import.asked);
    let job = Job { services, import, held, doer: &doer, bounds: &bounds };
    match import.state {
        ImportState::Checking => job.check().await,
        ImportState::Applying if import.kind == ImportKind::Grants => job.grant().await,
        ImportState::Applying => job.apply().await,
        ImportState::Undoing => job.undo().await,
        // Nobody works on a file in any other state.
        ImportState::Uploading
        | ImportState::Mapping
        | ImportState::Checked
        | ImportState::Applied
        | ImportState::Undone
        | ImportState::Failed
        | ImportState::Discarded => Ok(()),
    }
}

/// Says why the work stopped, or lets it be taken up again.
async fn stopped(services: &Services, import: &Import, held: Held<'_>, stop: Stop) -> Result<(), Failure> {
    let (vi, en) = match stop {
        Stop::Lost => return Ok(()),
        Stop::Again => return again(services, held).await,
        Stop::Store(error @ StoreError::Corrupt(_)) => {
            tracing::error!(%error, import.id = %import.id, "an import cannot be worked on");
            ("Không đọc được tệp đã lưu.".to_owned(), "The stored file cannot be read.".to_owned())
        }
        Stop::Store(error @ (StoreError::Stale | StoreError::Unavailable(_))) => {
            again(services, held).await?;
            return Err(error.into());
        }
        Stop::File(error) if error.line > 1 => {
            let line = error.line;
            (format!("Dòng {line}: {}", error.message_vi), format!("Line {line}: {}", error.message_en))
        }
        Stop::File(error) => (error.message_vi, error.message_en),
        Stop::NotAllowed => (
            "Tài khoản yêu cầu không còn quyền nhập tệp.".to_owned(),
            "The account that asked for this may not bring files any more.".to_owned(),
        ),
        Stop::Leaving(people) => (
            format!(
                "Hoàn tác tệp này sẽ lấy đi vị trí cuối cùng của {people} người, vượt mức một người được tự quyết định trong 24 \
                 giờ. Hoàn tác trước những tệp đã kết thúc các vị trí khác của họ."
            ),
            format!(
                "Undoing this file would take the last post of {people} people, more than one person may decide on alone \
                 within 24 hours. First undo the files that ended their other posts."
            ),
        ),
        Stop::Contradicted(names) => {
            let names = names.join(", ");
            (
                format!("Thông tin của những người sau vừa được thay đổi ở nơi khác: {names}. Gửi lại tệp để kiểm tra lại."),
                format!("Others have just changed these people: {names}. Send the file again to have it checked anew."),
            )
        }
    };
    if import.kind == ImportKind::Grants && import.state == ImportState::Applying {
        take_all_back(services, import).await?;
    }
    let mut tx = services.store.write().await?;
    import_work::mark_failed(&mut tx, held, (&vi, &en), services.clock.now()).await?;
    Ok(tx.commit().await?)
}

async fn again(services: &Services, held: Held<'_>) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    import_work::release(&mut tx, held, services.clock.now().plus_seconds(AGAIN_SECONDS)).await?;
    Ok(tx.commit().await?)
}

/// A file of grants that cannot be applied to its end leaves none of them.
async fn take_all_back(services: &Services, import: &Import) -> Result<(), Failure> {
    let doer = doer_of(&import.asked);
    while grant_stage::take_back(services, &import.id, (None, &doer)).await? == Back::More {}
    Ok(())
}

impl Job<'_> {
    async fn open(&self) -> Result<(OpenSheet, Vec<String>), Stop> {
        let bytes = load(self.services, &self.import.id).await?;
        let mapping = serde_json::from_str(&self.import.mapping).map_err(StoreError::from)?;
        let sheet = state::open(bytes).await.map_err(Stop::File)?.renamed(&mapping);
        let columns = check_header(self.import.kind, &sheet).map_err(Stop::File)?;
        Ok((sheet, columns))
    }

    /// Begins a set, and gives the one up that a killed process left.
    async fn begin(&self) -> Result<ChangeSetId, Stop> {
        if let Some(earlier) = &self.import.change_set {
            change_set::abandon(self.services, earlier).await?;
        }
        let set = change_set::begin(self.services, "file", self.doer.person.as_str()).await?;
        let mut tx = self.services.store.write().await?;
        if !import_work::mark_staged_in(&mut tx, self.held, Some(&set)).await? {
            return Err(Stop::Lost);
        }
        tx.commit().await?;
        Ok(set)
    }

    /// Stages the rows in a set.
    async fn staged(&self, set: &ChangeSetId, columns: &[String], sheet: &mut OpenSheet) -> Result<Tally, Stop> {
        let read = self.read(sheet, &mut Target::Set(self.stage(set, columns))).await;
        if read.is_err() {
            self.abandon(set).await;
        }
        read
    }

    /// What is left behind here is cleaned by a job: the first failure is what matters.
    async fn abandon(&self, set: &ChangeSetId) {
        if let Err(error) = change_set::abandon(self.services, set).await {
            tracing::warn!(%error, "a set of an import could not be cleaned up now");
        }
    }

    async fn grants(&self, apply: bool) -> Result<Target<'_>, Stop> {
        let who = (self.bounds, self.doer);
        Ok(Target::Grants(Box::new(Grants::begin(self.services, &self.import.id, who, apply).await?)))
    }

    /// What each row would do.
    async fn check(&self) -> Result<(), Stop> {
        let (mut sheet, columns) = self.open().await?;
        if self.import.kind == ImportKind::Grants {
            let tally = self.read(&mut sheet, &mut self.grants(false).await?).await?;
            return self.checked(&tally, ("", "")).await;
        }
        let set = self.begin().await?;
        let mut tally = self.staged(&set, &columns, &mut sheet).await?;
        let checked = match self.leaving(&set).await {
            Ok(leaving) => {
                tally.leaving = leaving.len();
                self.checked(&tally, ("", "")).await
            }
            Err(error) => Err(error.into()),
        };
        // What was staged to be looked at holds no names and numbers while somebody reads.
        self.abandon(&set).await;
        checked
    }

    async fn checked(&self, tally: &Tally, problem: (&str, &str)) -> Result<(), Stop> {
        let mut tx = self.services.store.write().await?;
        let (counts, now) = (tally.counts(), self.services.clock.now());
        if !import_work::mark_checked(&mut tx, self.held, (tally.far, &counts), problem, now).await? {
            return Err(Stop::Lost);
        }
        Ok(tx.commit().await?)
    }

    /// Whether more rows have mistakes by now than whoever pressed has seen.
    fn is_worse(&self, tally: &Tally) -> bool {
        let seen: BTreeMap<String, i64> = serde_json::from_str(&self.import.counts).unwrap_or_default();
        let seen = seen.get(RowEffect::Bad.word()).copied().unwrap_or_default();
        tally.far.rows_bad > if self.import.accept_good { seen } else { 0 }
    }

    /// All of it counts, or nothing.
    async fn apply(&self) -> Result<(), Stop> {
        let (mut sheet, columns) = self.open().await?;
        let set = self.begin().await?;
        let mut tally = self.staged(&set, &columns, &mut sheet).await?;
        if self.is_worse(&tally) {
            tally.leaving = self.leaving(&set).await?.len();
            let checked = self.checked(&tally, CHANGED).await;
            self.abandon(&set).await;
            return checked;
        }
        let applied = self.apply_set(&set, &columns, &mut tally).await;
        if !matches!(applied, Ok(true)) || tally.staged == 0 {
            // A set that counts is not given up by this, whatever else failed.
            self.abandon(&set).await;
        }
        if applied? {
            state::remove_file(self.services, &self.import.id).await?;
        }
        Ok(())
    }

    /// Applies what is staged, or compares it anew and tries again as long as others are first. False when a second person
    /// is needed first: then it is there to be looked at once more.
    async fn apply_set(&self, set: &ChangeSetId, columns: &[String], tally: &mut Tally) -> Result<bool, Stop> {
        for _ in 0..TURNS {
            // Also when others were first: what they ended may have left somebody with the posts that end here.
            let leaving = self.leaving(set).await?;
            tally.leaving = leaving.len();
            match self.applied(set, tally, &leaving).await {
                Ok(true) => return Ok(true),
                Ok(false) => {
                    self.checked(tally, SECOND).await?;
                    return Ok(false);
                }
                Err(ChangeSetError::Overtaken) => {
                    let settled = self.stage(set, columns).settle().await?;
                    if !settled.contradicted.is_empty() {
                        return Err(Stop::Contradicted(settled.contradicted));
                    }
                    tally.staged = settled.persons_new + settled.persons_changed + settled.positions;
                    self.go_on(tally.far).await?;
                }
                Err(error @ (ChangeSetError::GivenUp | ChangeSetError::NotAllowed | ChangeSetError::Store(_))) => {
                    return Err(error.into());
                }
            }
        }
        Err(Stop::Again)
    }

    /// One write: the set counts, and the file says so. False, and nothing counts, when more people lose their last post
    /// than one administrator lets go alone, and nobody else has said so.
    async fn applied(&self, set: &ChangeSetId, tally: &Tally, leaving: &[PersonId]) -> Result<bool, ChangeSetError> {
        let services = self.services;
        let let_happen = leaving.is_empty() || self.is_let_happen(leaving.len()).await?;
        let mut tx = services.store.write().await?;
        self.may_still(&mut tx).await?;
        if !self.lets_go(&mut tx, leaving, let_happen).await? {
            return Ok(false);
        }
        let changes = tally.staged > 0;
        if changes {
            let detail = self.detail(json!({ "change_set": set, "rows": tally.far.rows_read, "rows_bad": tally.far.rows_bad }));
            let applied =
                Applied { event: "people.imported", actor: self.doer.person.as_str(), origin: &self.doer.origin, detail };
            change_set::apply_in(&mut tx, services, set, applied).await?;
        }
        let (counts, now) = (tally.counts(), services.clock.now());
        let set = changes.then_some(set);
        if !import_work::mark_applied(&mut tx, self.held, (tally.far, &counts), set, now).await? {
            return Err(ChangeSetError::GivenUp);
        }
        tx.commit().await?;
        services.known.forget(Kind::People, "", now);
        Ok(true)
    }

    /// Nothing counts of whoever lost a right since the work began.
    async fn may_still(&self, tx: &mut Tx) -> Result<(), ChangeSetError> {
        if self.bounds.still_stand(tx, self.services).await? { Ok(()) } else { Err(ChangeSetError::NotAllowed) }
    }

    /// What every record of this file says.
    fn detail(&self, mut detail: Value) -> Value {
        if let Some(members) = detail.as_object_mut() {
            members.insert("import".to_owned(), json!(self.import.id));
            members.insert("kind".to_owned(), json!(self.import.kind.word()));
            members.insert("acting_as".to_owned(), json!(self.doer.acting_as));
        }
        detail
    }

    pub(super) async fn go_on(&self, far: Far) -> Result<(), Stop> {
        let mut tx = self.services.store.write().await?;
        let until = self.services.clock.now().plus_seconds(HELD_SECONDS);
        if !import_work::mark_far(&mut tx, self.held, far, until).await? {
            return Err(Stop::Lost);
        }
        Ok(tx.commit().await?)
    }

    /// Grants count one by one; a file that has become worse since it was looked at grants nothing.
    async fn grant(&self) -> Result<(), Stop> {
        let done = import_grants::list_lines(&mut self.services.store.read().await?, &self.import.id).await?;
        if done.is_empty() {
            let (mut sheet, _) = self.open().await?;
            let tally = self.read(&mut sheet, &mut self.grants(false).await?).await?;
            if self.is_worse(&tally) {
                return self.checked(&tally, CHANGED).await;
            }
        }
        let (mut sheet, _) = self.open().await?;
        let tally = self.read(&mut sheet, &mut self.grants(true).await?).await?;
        let mut tx = self.services.store.write().await?;
        let (counts, now) = (tally.counts(), self.services.clock.now());
        if !import_work::mark_applied(&mut tx, self.held, (tally.far, &counts), None, now).await? {
            return Err(Stop::Lost);
        }
        let detail = self.detail(json!({ "rows": tally.far.rows_read, "granted": tally.staged }));
        audit::record(&mut tx, self.services, Event::by(self.doer, "roles.imported", None, None, detail)).await?;
        tx.commit().await?;
        Ok(state::remove_file(self.services, &self.import.id).await?)
    }

    /// Takes it back: what nobody changed since.
    async fn undo(&self) -> Result<(), Stop> {
        let services = self.services;
        let far = Far { rows_read: self.import.rows_read, rows_bad: self.import.rows_bad };
        if self.import.kind == ImportKind::Grants {
            loop {
                match grant_stage::take_back(services, &self.import.id, (Some(self.bounds), self.doer)).await? {
                    Back::More => self.go_on(far).await?,
                    Back::Over => break,
                    Back::NotAllowed => return Err(Stop::NotAllowed),
                }
            }
        } else if let Some(set) = &self.import.change_set {
            if !change_sets::is_undone(&mut services.store.read().await?, set).await? {
                self.undo_set(set, far).await?;
            }
            // After the set counts no more; begun anew where a process was killed here.
            Undo::release_numbers(services, set).await?;
            self.let_in(set).await?;
        }
        let mut tx = services.store.write().await?;
        let kept = import_rows::count_kept(&mut tx, &self.import.id).await?;
        if !import_work::mark_undone(&mut tx, self.held, services.clock.now()).await? {
            return Err(Stop::Lost);
        }
        let detail = self.detail(json!({ "change_set": self.import.change_set, "kept": kept }));
        audit::record(&mut tx, services, Event::by(self.doer, "import.undone", None, None, detail)).await?;
        Ok(tx.commit().await?)
    }

    async fn undo_set(&self, set: &ChangeSetId, far: Far) -> Result<(), Stop> {
        let services = self.services;
        if let Some(earlier) = &self.import.undo_set {
            change_set::abandon(services, earlier).await?;
        }
        let rest = change_set::begin(services, "undo", self.doer.person.as_str()).await?;
        let mut tx = services.store.write().await?;
        if !import_work::mark_undone_in(&mut tx, self.held, &rest).await? {
            return Err(Stop::Lost);
        }
        import_rows::remove_all_kept(&mut tx, &self.import.id).await?;
        tx.commit().await?;
        let undo = Undo { services, import: &self.import.id, set, rest: &rest, bounds: self.bounds };
        let mut after = PersonId(String::new());
        while let Some(last) = undo.look(&after).await? {
            after = last;
            self.go_on(far).await?;
        }
        for _ in 0..TURNS {
            let leaving = self.left_by_undoing(set, &rest).await?;
            match self.undone(&undo, &leaving).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(Stop::Leaving(leaving.len())),
                Err(ChangeSetError::Overtaken) => {
                    undo.look_again().await?;
                    self.go_on(far).await?;
                }
                Err(error @ (ChangeSetError::GivenUp | ChangeSetError::NotAllowed | ChangeSetError::Store(_))) => {
                    return Err(error.into());
                }
            }
        }
        Err(Stop::Again)
    }

    /// One write: the set counts no more, and what stays is told by another one. False, and nothing changes, when more
    /// people lose their last post by that than one administrator lets go alone.
    async fn undone(&self, undo: &Undo<'_>, leaving: &[PersonId]) -> Result<bool, ChangeSetError> {
        let services = self.services;
        let mut tx = services.store.write().await?;
        self.may_still(&mut tx).await?;
        if !self.lets_go(&mut tx, leaving, false).await? {
            return Ok(false);
        }
        let until = services.clock.now().plus_seconds(HELD_SECONDS);
        let far = Far { rows_read: self.import.rows_read, rows_bad: self.import.rows_bad };
        if !import_work::mark_far(&mut tx, self.held, far, until).await? {
            return Err(ChangeSetError::GivenUp);
        }
        let detail = self.detail(json!({ "change_set": self.import.change_set }));
        let applied =
            Applied { event: "people.import_undone", actor: self.doer.person.as_str(), origin: &self.doer.origin, detail };
        undo.finish(&mut tx, applied).await?;
        tx.commit().await?;
        services.known.forget(Kind::People, "", services.clock.now());
        Ok(true)
    }
}

/// Why a file waits for a second person.
const SECOND: (&str, &str) = (
    "Tệp này kết thúc vị trí cuối cùng của nhiều người hơn mức một người được tự quyết định trong 24 giờ. Chưa áp dụng dòng \
     nào; bấm áp dụng để gửi yêu cầu tới người thứ hai.",
    "This file ends the last post of more people than one person may decide on alone within 24 hours. Nothing was applied; \
     press apply to ask a second person.",
);
/// Why a file is to be looked at again.
const CHANGED: (&str, &str) = (
    "Dữ liệu đã thay đổi sau khi kiểm tra nên có thêm dòng lỗi. Chưa áp dụng dòng nào; xem lại trước khi áp dụng.",
    "Data changed after the check, so more rows have mistakes now. Nothing was applied; look again before applying.",
);
