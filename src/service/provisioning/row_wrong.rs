//! Mistakes that are found when rows are compared with what is known.

use crate::model::row_error::RowError;
use crate::service::withheld::Brought;
use std::borrow::Cow;

/// A mistake in a column of all rows of a person.
pub(super) struct Wrong {
    column: String,
    vi: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Wrong {
    /// What is wrong with a column.
    pub(super) fn new(column: String, vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { column, vi: vi.into(), en: en.into() }
    }
}

/// Tells the same mistake for each line.
pub(super) fn fail(lines: &[u64], wrong: &Wrong, errors: &mut Vec<RowError>) {
    errors.extend(lines.iter().map(|line| RowError::new(*line, &wrong.column, &*wrong.vi, &*wrong.en)));
}

/// A post that would bring somebody a role which is not for whoever brings the file to give.
pub(super) fn brings(brought: &Brought) -> Wrong {
    let Brought { system, role, by: _ } = brought;
    Wrong::new(
        brought.column().to_owned(),
        format!(
            "vị trí này mang theo vai trò \u{201c}{role}\u{201d} của \u{201c}{system}\u{201d} mà Ông/Bà không được cấp; vui lòng \
             nhờ quản trị viên toàn danh bạ nhập"
        ),
        format!(
            "this post brings the role \u{201c}{role}\u{201d} in \u{201c}{system}\u{201d}, which is not yours to give; whoever \
             keeps the whole directory enters it"
        ),
    )
}

/// The same for a unit, a person and a number: it does not say which of them is there.
pub(super) fn outside() -> Wrong {
    Wrong::new(
        String::new(),
        "dòng này nằm ngoài phạm vi quản trị của Ông/Bà, hoặc trùng với dữ liệu do nơi khác quản lý; vui lòng chuyển đến quản trị viên phụ trách",
        "this row is outside what you administer, or meets data that others look after; hand it to the administrator in charge",
    )
}

pub(super) fn unplaced() -> Wrong {
    Wrong::new(
        "unit_code".to_owned(),
        "người mới phải có vị trí trong đơn vị thuộc phạm vi quản trị của Ông/Bà",
        "somebody new needs a position in a unit that you administer",
    )
}

pub(super) fn oneself() -> Wrong {
    Wrong::new(
        "username".to_owned(),
        "không ai tự sửa thông tin của mình qua tệp; vui lòng nhờ quản trị viên khác",
        "nobody changes themselves by a file; ask another administrator",
    )
}

pub(super) fn another_person() -> Wrong {
    Wrong::new(
        "personal_number".to_owned(),
        "tên đăng nhập này thuộc về người có số định danh khác; tên đăng nhập không bao giờ dùng lại",
        "this user name belongs to a person with another personal number; user names are never reused",
    )
}

pub(super) fn number_taken() -> Wrong {
    Wrong::new(
        "personal_number".to_owned(),
        "số định danh này là của một tài khoản khác: mỗi người một tài khoản",
        "this personal number belongs to another account: one account for one person",
    )
}

pub(super) fn told_differently() -> Wrong {
    Wrong::new(
        "title".to_owned(),
        "một dòng khác ghi cùng vị trí này (cùng đơn vị, phòng ban, chức danh, ngày bắt đầu) nhưng nội dung khác",
        "another row tells the same position (unit, department, title, first day) differently",
    )
}

pub(super) fn name_taken() -> Wrong {
    Wrong::new(
        "username".to_owned(),
        "trùng với tên đăng nhập của người khác khi bỏ dấu; hãy chọn tên khác",
        "without accents this is another person's user name; choose another one",
    )
}

pub(super) fn disagrees(column: String) -> Wrong {
    Wrong::new(
        column,
        "khác với một dòng khác của cùng tên đăng nhập; các dòng của một người phải ghi giống nhau",
        "differs from another row with this user name; rows of one person must agree",
    )
}

pub(super) fn disabled() -> Wrong {
    Wrong::new(
        "username".to_owned(),
        "tài khoản này đã bị khóa; tên đăng nhập không bao giờ dùng lại",
        "this account is disabled; user names are never reused",
    )
}
