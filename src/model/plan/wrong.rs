//! What is wrong with a plan: where, why and what to do about it, in both languages.

use crate::model::row_error::RowError;
use crate::model::unit_code::CodeError;

/// One mistake of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The file's line; 0 is the head.
    pub line: u64,
    /// The column, or the head's key; empty when all of it is meant.
    pub column: &'static str,
    /// The mistake.
    pub what: What,
}

impl Wrong {
    /// A mistake in a row.
    pub fn new(line: u64, column: &'static str, what: What) -> Self {
        Self { line, column, what }
    }

    /// A mistake in the head.
    pub fn head(column: &'static str, what: What) -> Self {
        Self::new(0, column, what)
    }

    /// The reason in Vietnamese, and what to do.
    pub fn vietnamese(&self) -> String {
        match &self.what {
            What::Code(error) => format!("{}; hãy sửa lại mã", error.vietnamese()),
            other => other.in_vietnamese(),
        }
    }

    /// The reason in English, and what to do.
    pub fn english(&self) -> String {
        self.what.in_english()
    }

    /// As the mistakes of other files are told.
    pub fn to_row_error(&self) -> RowError {
        RowError::new(self.line, self.column, self.vietnamese(), self.english())
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} / {}", self.line, self.column, self.vietnamese(), self.english())
    }
}

/// The table of mistakes: each with what it tells and what to do, in both languages.
macro_rules! mistakes {
    ($($(#[$doc:meta])* $name:ident $(($($told:ident: $kind:ty),+))? = $vi:literal, $en:literal;)+) => {
        /// What is wrong. A number is the line of the other row.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum What {
            $($(#[$doc])* $name $(($($kind),+))?,)+
        }

        impl What {
            fn in_vietnamese(&self) -> String {
                match self {
                    $(Self::$name $(($($told),+))? => format!($vi),)+
                }
            }

            fn in_english(&self) -> String {
                match self {
                    $(Self::$name $(($($told),+))? => format!($en),)+
                }
            }

            /// One of each.
            #[cfg(test)]
            fn one_of_each() -> Vec<Self> {
                vec![$(Self::$name $(($(<$kind as asking::Example>::example()),+))?,)+]
            }
        }
    };
}

mistakes! {
    // The file.

    /// The head cannot be read.
    Head(reason: String) = "phần đầu của phương án chưa đúng mẫu TOML; hãy sửa lại: {reason}",
        "the head of the plan is not TOML as it should be; correct it: {reason}";
    /// There is no table of steps.
    NoTable = "thiếu dòng +++ hoặc bảng các bước sau dòng đó; hãy viết phần đầu, dòng +++ rồi bảng các bước",
        "the line +++ or the table of steps after it is missing; write the head, a line +++ and then the table";
    /// The table's header is another.
    Header = "dòng tiêu đề của bảng chưa đúng; hãy viết step,unit,kind,name,code,parent,into,relation",
        "the table's header is another one; write step,unit,kind,name,code,parent,into,relation";
    /// Something that is needed is not there.
    Missing = "mục này không được để trống; hãy điền vào", "this must not be empty; fill it in";
    /// The plan's name cannot be.
    PlanName = "tên phương án chưa đúng; hãy dùng từ 3 đến 64 ký tự a-z, 0-9 và dấu -",
        "this cannot be a plan's name; use 3 to 64 characters a-z, 0-9 and -";
    /// No number of the instrument.
    NoNumber = "thiếu số của văn bản làm căn cứ; hãy ghi số vào number của [instrument]",
        "the number of the instrument is missing; write it as number of [instrument]";
    /// No date.
    NoDate = "thiếu ngày; hãy viết như 2025-07-01", "the date is missing; write it as 2025-07-01";
    /// Not a date, or one that nothing can begin on.
    BadDate = "không phải là ngày; hãy viết như 2025-07-01", "not a date; write it as 2025-07-01";
    /// Too long, or with characters that nobody can see.
    Text = "quá dài hoặc có ký tự điều khiển không nhìn thấy được; hãy rút ngắn hoặc xóa các ký tự đó",
        "too long, or with control characters that nobody can see; shorten it, or remove those";
    /// More cells than columns.
    Cells(count: usize) = "dòng có {count} ô, nhiều hơn số cột của bảng; hãy bỏ ô thừa, hoặc đặt ô có dấu phẩy trong ngoặc kép",
        "the row has {count} cells, more than the table has columns; remove some, or put a cell with a comma into quotes";
    /// No such step.
    Step = "không có bước này; hãy viết một trong: create, rename, recode, merge, divide, dissolve, move, attach",
        "there is no such step; write one of: create, rename, recode, merge, divide, dissolve, move, attach";
    /// No such kind of unit.
    Kind(kinds: String) = "không có loại đơn vị này; hãy viết một trong: {kinds}", "there is no such kind; write one of: {kinds}";
    /// A relation that this step has not.
    Relation(words: &'static str) = "bước này không có quan hệ đó; hãy chỉ dùng: {words}",
        "this step has no such relation; use only: {words}";
    /// A cell that this step does not use.
    Unused = "bước này không dùng ô này; hãy để trống", "this step does not use this cell; leave it empty";
    /// A key that cannot be.
    Key = "hãy viết dấu + rồi khóa của đơn vị mới: từ 1 đến 32 ký tự A-Z, a-z, 0-9, dấu chấm, - và _",
        "write + and then the key of a new unit: 1 to 32 characters A-Z, a-z, 0-9, dots, - and _";
    /// A code that cannot be.
    Code(error: CodeError) = "{error}; hãy sửa lại mã", "{error}; correct the code";

    // The plan by itself.

    /// The same is said twice.
    Twice(line: u64) = "dòng {line} đã nói điều này; hãy xóa một trong hai dòng",
        "line {line} says this already; remove one of the two";
    /// Two new units have one key.
    KeyTwice(line: u64) = "dòng {line} đã tạo đơn vị mang khóa này; hãy dùng khóa khác",
        "line {line} creates a unit with this key already; use another key";
    /// Two new units of one parent have one name.
    NameTwice(line: u64) = "dòng {line} đã dùng tên này dưới cùng một cấp trên; hãy đặt tên khác",
        "line {line} has this name under the same parent already; give the unit another name";
    /// Two units get one code.
    CodeTwice(line: u64) = "dòng {line} đã dùng mã này; hãy dùng mã khác",
        "line {line} gives this code already; use another code";
    /// No row creates this unit.
    NoSuchKey(key: String) = "không dòng nào tạo đơn vị +{key}; hãy sửa khóa, hoặc thêm một dòng create",
        "no row creates a unit +{key}; correct the key, or add a row with create";
    /// A unit of this level lies in another.
    NoParent = "đơn vị cấp này phải nằm trong một đơn vị khác; hãy điền ô parent",
        "a unit of this level must have a parent; fill in the cell parent";
    /// A unit that begins does not end.
    NewEnds = "đơn vị mới không thể chấm dứt ngay trong phương án tạo ra nó; hãy xóa dòng này, hoặc ghi mã của một đơn vị đã có",
        "a new unit cannot end in the plan that creates it; remove this row, or give the code of a unit that was there before";
    /// A unit that begins has no other name, code or parent before.
    NewChanges = "đơn vị mới: hãy ghi điều này ở dòng tạo ra nó", "this unit is new: say this in the row that creates it";
    /// It goes whole into two.
    TwoWholes(line: u64) = "dòng {line} đã nhập nguyên đơn vị này vào một đơn vị khác; hãy dùng divide nếu nó được chia ra",
        "line {line} merges this unit whole into another; use divide when it is divided";
    /// It is whole and divided.
    MergeAndDivide(line: u64) = "dòng {line} nhập nguyên đơn vị này; một đơn vị không thể vừa nhập nguyên vừa được chia; \
         hãy chỉ giữ merge hoặc divide",
        "line {line} merges this unit whole; a unit cannot be merged and divided; keep only merge or divide";
    /// It is divided into less than two.
    DivideOnce = "đơn vị được chia phải có ít nhất hai nơi nhận; hãy thêm nơi nhận, hoặc dùng merge nếu chỉ có một",
        "a divided unit needs two targets at least; add another, or use merge when there is only one";
    /// It is dissolved otherwise than it goes on.
    AlsoDissolved(line: u64) = "dòng {line} nói khác về đơn vị nhận; hãy ghi cùng một đơn vị ở ô into, hoặc xóa một dòng",
        "line {line} says otherwise what becomes of this unit; give both the same unit in the cell into, or remove one";
    /// It ends and changes.
    EndsAndChanges(line: u64) = "đơn vị này chấm dứt theo dòng {line} nên không đổi được gì nữa; \
         hãy xóa dòng này, hoặc mọi dòng làm đơn vị chấm dứt",
        "this unit ends by line {line}, so nothing of it can change; remove this row, or all rows by which it ends";
    /// Units go into each other.
    MergeCycle = "các đơn vị nhập vòng vào nhau; hãy ghi ở ô into một đơn vị không chấm dứt",
        "units are merged into each other in a circle; give a unit that does not end in the cell into";
    /// A stage's name cannot be, or is there twice.
    StageName(name: String) = "tên giai đoạn “{name}” trống, bị trùng, hoặc là rest (tên dành riêng); hãy đặt tên khác",
        "the stage name “{name}” is empty, given twice, or rest, which is reserved; use another name";
    /// A stage names a unit that the plan does not.
    StageUnit(unit: String) = "không bước nào dẫn tới đơn vị {unit} của giai đoạn; hãy sửa hoặc bỏ đơn vị này trong units",
        "no step leads to the unit {unit} of the stage; correct it in units, or leave it out";
    /// Two stages name a unit.
    StageUnitTwice(unit: String) = "các giai đoạn ghi đơn vị {unit} hai lần; hãy chỉ ghi một lần",
        "the stages name the unit {unit} twice; keep one of the two";
    /// A unit ends in two stages.
    TwoStages(line: u64) = "dòng {line} đưa đơn vị này sang một giai đoạn khác; một đơn vị chấm dứt trong một giai đoạn; \
         hãy để mọi đơn vị nhận của nó trong cùng một giai đoạn",
        "line {line} puts this unit into another stage; a unit ends in one stage; keep all its targets in the same one";

    // The plan and the registry.

    /// The plan has no such stage.
    UnknownStage(name: String) = "phương án không có giai đoạn {name}; \
         hãy chọn giai đoạn mà motlan reorg status liệt kê, hoặc không nêu giai đoạn",
        "the plan has no stage {name}; choose one that motlan reorg status lists, or name none";
    /// Nobody has this code.
    Unknown(code: String) = "không có đơn vị mang mã {code} vào ngày trước ngày có hiệu lực; \
         hãy sửa mã hoặc ngày, hoặc nạp đơn vị trước bằng motlan unit import",
        "no unit has the code {code} on the day before the plan takes effect; correct the code or that day, or bring the unit in \
         first by motlan unit import";
    /// Several may have this code, or it is not known which.
    Ambiguous(code: String) = "không rõ mã {code} là của đơn vị nào vào ngày trước ngày có hiệu lực; \
         hãy dùng ở mọi dòng cùng một mã mà chỉ đơn vị đó mang, hoặc làm rõ trong danh mục trước",
        "it is not clear which unit has the code {code} on the day before the plan takes effect; use one code that only that \
         unit has in all rows, or make it clear in the registry first";
    /// Another stage creates it.
    OtherStage(key: String, stage: String) = "đơn vị +{key} thuộc giai đoạn {stage} chưa được áp dụng; hãy áp dụng giai đoạn đó trước",
        "the unit +{key} belongs to the stage {stage}, which is not applied yet; apply that one first";
    /// It was created already.
    Already = "đơn vị này đã được tạo: phần này của phương án đã áp dụng; muốn áp dụng lại, hãy hoàn tác trước",
        "this unit is there already: this part of the plan was applied; take it back first to apply it again";
    /// It ends on another day.
    OtherEnd = "danh mục ghi đơn vị này chấm dứt vào ngày khác với ngày trước ngày có hiệu lực; \
         hãy sửa ngày có hiệu lực (effective), hoặc hoàn tác trước phương án đã ghi ngày kia",
        "the registry ends this unit on another day than the one before the plan takes effect; correct the plan's day \
         (effective), or take back first the plan that gave the other day";
    /// It is over by then.
    Over = "đơn vị này không còn vào ngày có hiệu lực; hãy xóa dòng này, hoặc ghi mã của một đơn vị vẫn còn",
        "this unit is over on the day the plan takes effect; remove this row, or give the code of a unit that goes on";
    /// Something begins later.
    Later = "danh mục đã ghi một thay đổi của đơn vị này từ ngày có hiệu lực trở đi; hãy gỡ thay đổi đó trước",
        "the registry has a change of this unit on that day or later; take that back first";
    /// All of it is so already.
    Nothing = "bước này không thay đổi gì; hãy xóa dòng này, hoặc sửa lại ô này",
        "this step changes nothing; remove this row, or correct this cell";
    /// It has a code of the scheme.
    HasCode(code: String) = "đơn vị này đã có mã {code} của bộ mã này; hãy dùng recode để đổi",
        "this unit has the code {code} of this scheme; use recode to change it";
    /// A code of a unit that goes on.
    CodeHeld(unit: String) = "mã này vẫn đang là của {unit}; \
         hãy dùng mã khác, hoặc đổi mã hay kết thúc đơn vị đó trong cùng phương án",
        "this code still belongs to {unit}; use another code, or give that unit another one or end it in the same plan";
    /// A code of a unit that gives it up in another stage.
    CodeStage(unit: String, stage: String) = "mã này vẫn đang là của {unit}, đơn vị chỉ bỏ mã ở giai đoạn {stage}; \
         hãy đưa hai bước vào cùng một giai đoạn, hoặc áp dụng giai đoạn đó trước",
        "this code still belongs to {unit}, which gives it up in the stage {stage}; put both steps into one stage, or apply that \
         one first";
    /// A name that is in use there.
    NameHeld = "một đơn vị cùng loại dưới cùng cấp trên đang mang tên này; \
         hãy dùng tên khác, hoặc đổi tên hay kết thúc đơn vị đó trong cùng phương án",
        "a unit of the same kind under the same parent has this name already; use another name, or rename or end that unit in \
         the same plan";
    /// A name that is given up in another stage.
    NameStage(stage: String) = "một đơn vị cùng loại dưới cùng cấp trên đang mang tên này và chỉ thôi mang ở giai đoạn {stage}; \
         hãy đưa hai bước vào cùng một giai đoạn, hoặc áp dụng giai đoạn đó trước",
        "a unit of the same kind under the same parent has this name, and gives it up in the stage {stage}; put both steps into \
         one stage, or apply that one first";
    /// What it goes into is not there.
    TargetEnds = "đơn vị nhận không tồn tại vào ngày có hiệu lực; hãy ghi ở ô into một đơn vị tồn tại vào ngày đó",
        "the target does not exist on the day the plan takes effect; give a unit that does in the cell into";
    /// The parent is not there.
    ParentEnds = "đơn vị cấp trên không tồn tại vào ngày có hiệu lực; hãy ghi một đơn vị cấp trên tồn tại vào ngày đó",
        "the parent does not exist on the day the plan takes effect; give a parent that does";
    /// The parent is none for a unit of this level.
    ParentLevel = "cấp trên phải là đơn vị cấp cao hơn: tỉnh trên huyện, huyện trên xã; hãy ghi một đơn vị như vậy",
        "the parent must be of a higher level: a province above districts, a district above communes; give such a unit";
    /// A unit lies in itself.
    ParentCycle = "đơn vị này trở thành cấp trên của chính nó; hãy ghi một đơn vị khác ở ô parent",
        "this unit would lie in itself; give another unit in the cell parent";
    /// A unit is left behind.
    Orphan(unit: String) = "{unit} vẫn nằm dưới đơn vị chấm dứt này; hãy chuyển hoặc kết thúc nó trong cùng phương án",
        "{unit} still lies in this unit that ends; move it or end it in the same plan";
    /// A unit is left behind until another stage.
    OrphanStage(unit: String, stage: String) = "{unit} vẫn nằm dưới đơn vị chấm dứt này, còn bước của nó thuộc giai đoạn {stage}; \
         hãy đưa hai bước vào cùng một giai đoạn, hoặc áp dụng giai đoạn đó trước",
        "{unit} still lies in this unit that ends, and its own step is in the stage {stage}; put both steps into one stage, or \
         apply that one first";
    /// The registry says otherwise of two units.
    OtherPair = "danh mục đã ghi quan hệ khác hoặc ngày khác cho hai đơn vị này; \
         hãy ghi bước và ngày có hiệu lực đúng như danh mục, hoặc hoàn tác trước phương án đã ghi điều đó",
        "the registry has another relation or day for these two units; use the step and the day that it has, or take back first \
         the plan that brought them";
    /// The registry contradicts itself.
    Misfit = "danh mục đơn vị có dữ liệu mâu thuẫn nên không áp được phương án; \
         hãy xem các đơn vị của phương án bằng motlan unit show và làm rõ trong danh mục trước",
        "the registry contradicts itself, so the plan does not fit it; look at the plan's units by motlan unit show, and put the \
         registry right first";
}

/// What every text that refuses something is asked for in tests: that it says what to do.
#[cfg(test)]
pub(crate) mod asking {
    use crate::model::unit_code::CodeError;

    /// With what a clause in English begins that asks for something.
    const VERBS: [&str; 24] = [
        "accept", "add", "apply", "ask", "choose", "correct", "decide", "fill", "give", "keep", "leave", "look", "move", "put",
        "register", "remove", "say", "shorten", "take", "try", "undo", "use", "wait", "write",
    ];

    fn is_request(clause: &str) -> bool {
        let first = clause.split_whitespace().next().unwrap_or_default().to_lowercase();
        VERBS.contains(&first.as_str())
    }

    /// True when words in English ask for something.
    pub fn asks_in_english(words: &str) -> bool {
        words.split([';', ':']).any(is_request)
    }

    /// True when words in Vietnamese do.
    pub fn asks_in_vietnamese(words: &str) -> bool {
        words.to_lowercase().split(|letter: char| !letter.is_alphabetic()).any(|word| word == "hãy")
    }

    /// Something to tell in a mistake.
    pub trait Example {
        /// Which.
        fn example() -> Self;
    }

    impl Example for String {
        fn example() -> Self {
            "Phường Mẫu".to_owned()
        }
    }

    impl Example for &'static str {
        fn example() -> Self {
            "whole"
        }
    }

    impl Example for u64 {
        fn example() -> Self {
            12
        }
    }

    impl Example for usize {
        fn example() -> Self {
            12
        }
    }

    impl Example for CodeError {
        fn example() -> Self {
            Self::Gso
        }
    }
}

#[cfg(test)]
mod tests {
    use super::asking::{asks_in_english, asks_in_vietnamese};
    use super::*;

    #[test]
    fn every_mistake_says_what_to_do_in_both_languages() {
        let codes = [CodeError::Scheme, CodeError::Agency, CodeError::Agency2016, CodeError::Other].map(What::Code);
        for what in What::one_of_each().into_iter().chain(codes) {
            let wrong = Wrong::new(3, "unit", what);
            assert!(asks_in_vietnamese(&wrong.vietnamese()), "{wrong:?}: {}", wrong.vietnamese());
            assert!(asks_in_english(&wrong.english()), "{wrong:?}: {}", wrong.english());
        }
    }

    #[test]
    fn words_that_only_say_what_is_wrong_ask_for_nothing() {
        for words in ["this step changes nothing", "the step must be one of: create, move, merge", "no use; nobody has it"] {
            assert!(!asks_in_english(words), "{words}");
        }
        for words in ["bước này không thay đổi gì", "đơn vị nhận không tồn tại vào ngày có hiệu lực"] {
            assert!(!asks_in_vietnamese(words), "{words}");
        }
    }
}
