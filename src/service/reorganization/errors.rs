//! Why a plan was not registered, approved, applied or taken back, in sentences that say what to do.

use crate::base::date::{iso, shown};
use crate::model::plan::wrong::Wrong;
use crate::model::row_error::RowError;
use crate::service::Failure;
use crate::store::StoreError;
use time::Date;

/// What is not as it was when it was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The units.
    Registry,
    /// The people and their posts.
    People,
    /// What administrators are bound to.
    Scopes,
    /// The plan itself, its decisions or its rules.
    Plan,
}

/// Why nothing was done. Nothing of the act counts then, but for what [`ReorganizationError::Partly`] tells.
#[derive(Debug, thiserror::Error)]
pub enum ReorganizationError {
    /// There is no such plan.
    #[error("no plan of this name is registered; register its file first")]
    UnknownPlan,
    /// The plan has mistakes, or does not fit the units as they are.
    #[error("the plan has {} mistakes: {}", .0.len(), in_english(.0))]
    Wrong(Vec<Wrong>),
    /// Another plan has the name.
    #[error("another plan has this name, or this one is approved already; give it another name, or withdraw the other one first")]
    NameTaken,
    /// The author approves.
    #[error("whoever registered a plan does not approve it; ask somebody else")]
    Author,
    /// Whoever said where people go, or undid what others had said of it, approves.
    #[error(
        "whoever said by a rule, its seats or a decision where people go, or took back or replaced what somebody else had said \
         of it, does not approve that; ask somebody else"
    )]
    Said,
    /// Nobody approved it, or the approval is used up.
    #[error("nobody has approved this; look at its preview and have somebody else approve that")]
    NotApproved,
    /// Something is not as it was approved.
    #[error("{} changed since this was looked at; look at a new preview and approve that", .what.in_english())]
    Stale {
        /// What.
        what: Part,
    },
    /// Its day has not come.
    #[error("the plan counts from {} on; apply it on that day or later", iso(*.effective))]
    NotYet {
        /// Its day.
        effective: Date,
    },
    /// Nobody said where these people go.
    #[error("of {people} people nobody has said where they go; decide that in the worklist, or accept that their posts end")]
    Open {
        /// How many.
        people: i64,
    },
    /// Whoever applies accepts that posts end, and may not: it is not for them to approve.
    #[error(
        "of {people} people nobody has said where they go; decide that in the worklist, or ask somebody who neither registered \
         the plan, nor said where people go, nor undid what others had said of it, to approve or apply it, accepting that \
         their posts end"
    )]
    OpenOfOwn {
        /// How many.
        people: i64,
    },
    /// It is staged, and comes by itself.
    #[error(
        "the plan is staged and comes by itself at its moment; decide once it counts, or have it withdrawn or approved anew \
         before"
    )]
    Coming,
    /// Another plan is being applied or taken back.
    #[error("a plan is being applied just now; wait until that is done and try again")]
    Busy,
    /// It counts already.
    #[error("the plan is applied already; take it back first to change something")]
    Already,
    /// It does not count.
    #[error("the plan is not applied, so nothing can be taken back; look at its status")]
    NotApplied,
    /// A later plan rests on this one.
    #[error("the plan \u{201c}{name}\u{201d} was applied later and touches the same units; take that one back first")]
    LaterPlan {
        /// Which.
        name: String,
    },
    /// Posts were changed since, or rights given in what goes.
    #[error(
        "of {people} people something was changed or given since; accept that changes of posts stay and that rights in what \
         goes end, or undo them first"
    )]
    EditsSince {
        /// How many people.
        people: i64,
    },
    /// Roles of groups were given since in units that go, and perhaps people were changed too.
    #[error("{}", group_roles_in_english(*.roles, *.people))]
    GroupRolesSince {
        /// How many roles.
        roles: i64,
        /// How many people.
        people: i64,
    },
    /// Facts of units were added or changed since.
    #[error("units of this plan were changed since by another hand; undo those changes in the registry first")]
    RegistrySince,
    /// The plan has no such stage.
    #[error("the plan has no stage of this name; choose one that its status lists, or name none")]
    UnknownStage,
    /// Decisions or a rule that do not fit.
    #[error("{} decisions do not fit; correct them: {}", .0.len(), rows_in_english(.0))]
    BadChoice(Vec<RowError>),
    /// Some decisions count, and then it stopped.
    #[error("{done} decisions count already, the others do not: {why}")]
    Partly {
        /// How many count.
        done: i64,
        /// Why it stopped.
        why: Box<ReorganizationError>,
    },
    /// It was withdrawn.
    #[error("the plan was withdrawn; ask its author to register it again")]
    Withdrawn,
    /// Others were always first.
    #[error("others changed people all the time, so nothing was done; try again when there is less to do")]
    Overtaken,
    /// No reason was told.
    #[error("a reason is asked for; write one line of at most 500 characters")]
    Reason,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ReorganizationError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl Part {
    /// In English words.
    pub fn in_english(self) -> &'static str {
        match self {
            Self::Registry => "the units of the registry",
            Self::People => "the posts of people",
            Self::Scopes => "what administrators look after",
            Self::Plan => "the plan, its decisions or its rules",
        }
    }

    fn in_vietnamese(self) -> &'static str {
        match self {
            Self::Registry => "Sổ đăng ký đơn vị",
            Self::People => "Vị trí công tác của nhân sự",
            Self::Scopes => "Phạm vi của người quản trị",
            Self::Plan => "Phương án, quyết định hoặc quy tắc của phương án",
        }
    }

    /// A word for records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::People => "people",
            Self::Scopes => "scopes",
            Self::Plan => "plan",
        }
    }
}

impl ReorganizationError {
    /// The same sentence in Vietnamese.
    pub fn vietnamese(&self) -> String {
        match self {
            Self::UnknownPlan => "Chưa có phương án nào mang tên này; hãy đăng ký tệp phương án trước.".to_owned(),
            Self::Wrong(wrong) => {
                let told: Vec<String> = wrong.iter().map(Wrong::vietnamese).collect();
                format!("Phương án có {} lỗi: {}", wrong.len(), told.join("; "))
            }
            Self::NameTaken => {
                "Tên này đã thuộc về một phương án khác hoặc phương án đã được duyệt; hãy đặt tên khác hoặc rút phương án \
                 kia trước."
                    .to_owned()
            }
            Self::Author => "Người lập phương án không được tự duyệt; hãy nhờ người khác duyệt.".to_owned(),
            Self::NotApproved => "Chưa ai duyệt phương án; hãy xem trước kết quả và nhờ người khác duyệt.".to_owned(),
            Self::Stale { what } => {
                format!("{} đã thay đổi kể từ lần xem trước; hãy xem trước lại và duyệt kết quả mới.", what.in_vietnamese())
            }
            Self::NotYet { effective } => {
                format!("Phương án có hiệu lực từ {}; hãy áp dụng từ ngày đó trở đi.", shown(*effective))
            }
            Self::Open { people } => format!(
                "Còn {people} người chưa được quyết định đơn vị mới; hãy quyết định trong danh sách, hoặc chấp nhận để vị trí \
                 của họ kết thúc."
            ),
            Self::OpenOfOwn { people } => format!(
                "Còn {people} người chưa được quyết định đơn vị mới; hãy quyết định trong danh sách, hoặc nhờ người không lập \
                 phương án, không quyết định nơi chuyển đến và không bỏ hay thay quyết định, quy tắc của người khác duyệt hoặc \
                 áp dụng, chấp nhận để vị trí của họ kết thúc."
            ),
            Self::LaterPlan { name } => format!(
                "Phương án \u{201c}{name}\u{201d} được áp dụng sau và liên quan cùng đơn vị; hãy hoàn tác phương án đó \
                 trước."
            ),
            Self::EditsSince { people } => format!(
                "Sau khi áp dụng, vị trí hoặc quyền của {people} người đã thay đổi; hãy chấp nhận giữ các sửa đổi về vị trí và \
                 kết thúc các quyền ở nơi không còn nữa, hoặc hoàn tác chúng trước."
            ),
            Self::GroupRolesSince { roles, people } => group_roles_in_vietnamese(*roles, *people),
            Self::BadChoice(rows) => {
                let told: Vec<String> = rows.iter().map(|row| row.message_vi.clone()).collect();
                format!("{} quyết định không hợp lệ; hãy sửa lại: {}", rows.len(), told.join("; "))
            }
            Self::Partly { done, why } => {
                format!("{done} quyết định đã có hiệu lực, các quyết định còn lại thì chưa: {}", why.vietnamese())
            }
            Self::Failure(_) => "Hệ thống đang gặp sự cố; hãy thử lại sau.".to_owned(),
            Self::Said
            | Self::Coming
            | Self::Busy
            | Self::Already
            | Self::NotApplied
            | Self::RegistrySince
            | Self::UnknownStage
            | Self::Withdrawn
            | Self::Overtaken
            | Self::Reason => self.briefly().to_owned(),
        }
    }

    /// Those sentences in Vietnamese that hold nothing but words.
    fn briefly(&self) -> &'static str {
        match self {
            Self::Said => {
                "Người đã quyết định nơi chuyển đến của cán bộ, hoặc đã bỏ hay thay quyết định, quy tắc của người khác, \
                 không được duyệt phương án; hãy nhờ người khác duyệt."
            }
            Self::Coming => {
                "Phương án đã được chuẩn bị và sẽ tự áp dụng đúng thời điểm; hãy quyết định sau khi phương án có hiệu lực, hoặc \
                 rút hay duyệt lại phương án trước đó."
            }
            Self::Busy => "Đang có một phương án được áp dụng; hãy đợi xong rồi thử lại.",
            Self::Already => "Phương án đã được áp dụng; muốn thay đổi, hãy hoàn tác trước.",
            Self::NotApplied => "Phương án chưa được áp dụng nên không có gì để hoàn tác; hãy xem trạng thái của phương án.",
            Self::RegistrySince => {
                "Đơn vị của phương án đã bị sửa bằng cách khác; hãy hoàn tác các sửa đổi đó trong sổ đăng ký trước."
            }
            Self::UnknownStage => {
                "Phương án không có giai đoạn mang tên này; hãy chọn giai đoạn có trong trạng thái của phương án, hoặc không nêu \
                 giai đoạn."
            }
            Self::Withdrawn => "Phương án đã được rút; hãy nhờ người lập đăng ký lại.",
            Self::Overtaken => "Dữ liệu nhân sự liên tục thay đổi nên chưa thực hiện được; hãy thử lại khi ít việc hơn.",
            Self::Reason => "Cần nêu lý do; hãy viết một dòng, tối đa 500 ký tự.",
            _ => "",
        }
    }

    /// A word for records: why something waits.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::UnknownPlan => "unknown_plan",
            Self::Wrong(_) => "wrong",
            Self::NameTaken => "name_taken",
            Self::Author => "author",
            Self::Said => "said",
            Self::NotApproved => "not_approved",
            Self::Stale { what } => what.word(),
            Self::NotYet { .. } => "not_yet",
            Self::Open { .. } | Self::OpenOfOwn { .. } => "open",
            Self::Coming => "coming",
            Self::Busy => "busy",
            Self::Already => "already",
            Self::NotApplied => "not_applied",
            Self::LaterPlan { .. } => "later_plan",
            Self::EditsSince { .. } => "edits_since",
            Self::GroupRolesSince { .. } => "group_roles_since",
            Self::RegistrySince => "registry_since",
            Self::UnknownStage => "unknown_stage",
            Self::BadChoice(_) => "bad_choice",
            Self::Partly { why, .. } => why.word(),
            Self::Withdrawn => "withdrawn",
            Self::Overtaken => "overtaken",
            Self::Reason => "reason",
            Self::Failure(_) => "failure",
        }
    }

    /// True for what mends itself: what was begun is taken up again.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Failure(failure) if failure.is_passing())
    }
}

fn in_english(wrong: &[Wrong]) -> String {
    let told: Vec<String> = wrong.iter().map(Wrong::english).collect();
    told.join("; ")
}

fn group_roles_in_english(roles: i64, people: i64) -> String {
    let roles = format!("{roles} roles of groups were given since in units that go");
    if people == 0 {
        return format!("{roles}; accept that these roles end, or take them back first");
    }
    format!(
        "{roles}, and {people} people were changed since; accept that these roles end and that these changes stay, or undo both \
         first"
    )
}

fn group_roles_in_vietnamese(roles: i64, people: i64) -> String {
    let roles = format!("Sau khi áp dụng, {roles} vai trò theo nhóm đã được cấp ở các đơn vị sẽ không còn nữa");
    if people == 0 {
        return format!("{roles}; hãy chấp nhận để các vai trò đó kết thúc hoặc thu hồi chúng trước.");
    }
    format!(
        "{roles} và thông tin của {people} người đã được sửa; hãy chấp nhận để các vai trò đó kết thúc và giữ các sửa đổi, hoặc \
         hoàn tác cả hai trước."
    )
}

fn rows_in_english(rows: &[RowError]) -> String {
    let told: Vec<&str> = rows.iter().map(|row| row.message_en.as_str()).collect();
    told.join("; ")
}

#[cfg(test)]
mod tests;
