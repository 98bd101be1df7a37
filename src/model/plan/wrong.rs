//! What is wrong with a plan: where, and why in both languages.

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

    /// The reason in Vietnamese.
    pub fn vietnamese(&self) -> String {
        match &self.what {
            What::Code(error) => error.vietnamese().to_owned(),
            other => other.in_vietnamese(),
        }
    }

    /// The reason in English.
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

/// The table of mistakes: each with what it tells, in both languages.
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
        }
    };
}

mistakes! {
    // The file.

    /// The head cannot be read.
    Head(reason: String) = "phần đầu của phương án chưa đúng mẫu TOML: {reason}",
        "the head of the plan is not TOML as it should be: {reason}";
    /// There is no table of steps.
    NoTable = "thiếu dòng +++ ngăn phần đầu với bảng các bước", "there is no line +++ between the head and the table of steps";
    /// The table's header is another.
    Header = "dòng tiêu đề của bảng phải là step,unit,kind,name,code,parent,into,relation",
        "the table's header must be step,unit,kind,name,code,parent,into,relation";
    /// Something that is needed is not there.
    Missing = "mục này không được để trống", "this must not be empty";
    /// The plan's name cannot be.
    PlanName = "tên phương án có từ 3 đến 64 ký tự a-z, 0-9 và dấu -", "a plan's name has 3 to 64 characters a-z, 0-9 and -";
    /// No number of the instrument.
    NoNumber = "thiếu số của văn bản làm căn cứ", "the number of the instrument is missing";
    /// No date.
    NoDate = "thiếu ngày", "the date is missing";
    /// Not a date, or one that nothing can begin on.
    BadDate = "không phải là ngày; viết 2025-07-01", "not a date; write 2025-07-01";
    /// Too long, or with characters that nobody can see.
    Text = "quá dài hoặc có ký tự điều khiển không nhìn thấy được", "too long, or with control characters that nobody can see";
    /// More cells than columns.
    Cells(count: usize) = "dòng có {count} ô, nhiều hơn số cột của bảng", "the row has {count} cells, more than the table has columns";
    /// No such step.
    Step = "bước phải là một trong: create, rename, recode, merge, divide, dissolve, move, attach",
        "the step must be one of: create, rename, recode, merge, divide, dissolve, move, attach";
    /// No such kind of unit.
    Kind(kinds: String) = "loại đơn vị phải là một trong: {kinds}", "the kind must be one of: {kinds}";
    /// A relation that this step has not.
    Relation(words: &'static str) = "với bước này, ô này phải là: {words}", "in this step, this cell must be: {words}";
    /// A cell that this step does not use.
    Unused = "bước này không dùng ô này; hãy để trống", "this step does not use this cell; leave it empty";
    /// A key that cannot be.
    Key = "sau dấu + là khóa của đơn vị mới: từ 1 đến 32 ký tự A-Z, a-z, 0-9, dấu chấm, - và _",
        "after + comes the key of a new unit: 1 to 32 characters A-Z, a-z, 0-9, dots, - and _";
    /// A code that cannot be.
    Code(error: CodeError) = "{error}", "{error}";

    // The plan by itself.

    /// The same is said twice.
    Twice(line: u64) = "dòng {line} đã nói điều này", "line {line} says this already";
    /// Two new units have one key.
    KeyTwice(line: u64) = "dòng {line} đã tạo đơn vị mang khóa này", "line {line} creates a unit with this key already";
    /// Two new units of one parent have one name.
    NameTwice(line: u64) = "dòng {line} đã dùng tên này dưới cùng một cấp trên", "line {line} has this name under the same parent already";
    /// Two units get one code.
    CodeTwice(line: u64) = "dòng {line} đã dùng mã này", "line {line} gives this code already";
    /// No row creates this unit.
    NoSuchKey(key: String) = "không dòng nào tạo đơn vị +{key}", "no row creates a unit +{key}";
    /// A unit of this level lies in another.
    NoParent = "đơn vị cấp này phải nằm trong một đơn vị khác", "a unit of this level must have a parent";
    /// A unit that begins does not end.
    NewEnds = "đơn vị mới không thể chấm dứt ngay trong phương án tạo ra nó", "a new unit cannot end in the plan that creates it";
    /// A unit that begins has no other name, code or parent before.
    NewChanges = "đơn vị mới: hãy ghi điều này ở dòng tạo ra nó", "this unit is new: say this in the row that creates it";
    /// It goes whole into two.
    TwoWholes(line: u64) = "dòng {line} đã nhập nguyên đơn vị này vào một đơn vị khác; hãy dùng divide nếu nó được chia ra",
        "line {line} merges this unit whole into another; use divide when it is divided";
    /// It is whole and divided.
    MergeAndDivide(line: u64) = "dòng {line} nhập nguyên đơn vị này; một đơn vị không thể vừa nhập nguyên vừa được chia",
        "line {line} merges this unit whole; a unit cannot be merged and divided";
    /// It is divided into less than two.
    DivideOnce = "đơn vị được chia phải có ít nhất hai nơi nhận; nếu chỉ có một, hãy dùng merge",
        "a divided unit needs two targets at least; use merge when there is one";
    /// It is dissolved otherwise than it goes on.
    AlsoDissolved(line: u64) = "dòng {line} nói đơn vị này đi tiếp thành đơn vị khác", "line {line} says otherwise what becomes of this unit";
    /// It ends and changes.
    EndsAndChanges(line: u64) = "đơn vị này chấm dứt theo dòng {line} nên không đổi được gì nữa",
        "this unit ends by line {line}, so nothing of it can change";
    /// Units go into each other.
    MergeCycle = "các đơn vị nhập vòng vào nhau", "units are merged into each other in a circle";
    /// A stage's name cannot be, or is there twice.
    StageName(name: String) = "tên giai đoạn “{name}” trống, bị trùng, hoặc là rest (tên dành riêng)",
        "the stage name “{name}” is empty, given twice, or rest, which is reserved";
    /// A stage names a unit that the plan does not.
    StageUnit(unit: String) = "không bước nào dẫn tới đơn vị {unit} của giai đoạn", "no step leads to the unit {unit} of the stage";
    /// Two stages name a unit.
    StageUnitTwice(unit: String) = "đơn vị {unit} nằm trong hai giai đoạn", "the unit {unit} is in two stages";
    /// A unit ends in two stages.
    TwoStages(line: u64) = "dòng {line} đưa đơn vị này sang một giai đoạn khác; một đơn vị chấm dứt trong một giai đoạn",
        "line {line} puts this unit into another stage; a unit ends in one stage";

    // The plan and the registry.

    /// The plan has no such stage.
    UnknownStage(name: String) = "phương án không có giai đoạn {name}", "the plan has no stage {name}";
    /// Nobody has this code.
    Unknown(code: String) = "không có đơn vị mang mã {code} vào ngày trước ngày có hiệu lực",
        "no unit has the code {code} on the day before the plan takes effect";
    /// Several may have this code, or it is not known which.
    Ambiguous(code: String) = "không rõ mã {code} là của đơn vị nào vào ngày trước ngày có hiệu lực",
        "it is not clear which unit has the code {code} on the day before the plan takes effect";
    /// Another stage creates it.
    OtherStage(key: String, stage: String) = "đơn vị +{key} thuộc giai đoạn {stage} chưa được áp dụng; hãy áp dụng giai đoạn đó trước",
        "the unit +{key} belongs to the stage {stage}, which is not applied yet; apply that one first";
    /// It was created already.
    Already = "đơn vị này đã được tạo: phần này của phương án đã áp dụng", "this unit is there already: this part of the plan was applied";
    /// It ends on another day.
    OtherEnd = "danh mục ghi đơn vị này chấm dứt vào ngày khác với ngày trước ngày có hiệu lực",
        "the registry ends this unit on another day than the one before the plan takes effect";
    /// It is over by then.
    Over = "đơn vị này không còn vào ngày có hiệu lực", "this unit is over on the day the plan takes effect";
    /// Something begins later.
    Later = "danh mục đã ghi một thay đổi của đơn vị này từ ngày có hiệu lực trở đi; hãy gỡ thay đổi đó trước",
        "the registry has a change of this unit on that day or later; take that back first";
    /// All of it is so already.
    Nothing = "bước này không thay đổi gì", "this step changes nothing";
    /// It has a code of the scheme.
    HasCode(code: String) = "đơn vị này đã có mã {code} của bộ mã này; hãy dùng recode để đổi",
        "this unit has the code {code} of this scheme; use recode to change it";
    /// A code of a unit that goes on.
    CodeHeld(unit: String) = "mã này vẫn đang là của {unit}", "this code still belongs to {unit}";
    /// A code of a unit that gives it up in another stage.
    CodeStage(unit: String, stage: String) = "mã này vẫn đang là của {unit}, đơn vị chỉ bỏ mã ở giai đoạn {stage}; \
         hãy đưa hai bước vào cùng một giai đoạn, hoặc áp dụng giai đoạn đó trước",
        "this code still belongs to {unit}, which gives it up in the stage {stage}; put both steps into one stage, or apply that \
         one first";
    /// A name that is in use there.
    NameHeld = "một đơn vị cùng loại dưới cùng cấp trên đang mang tên này",
        "a unit of the same kind under the same parent has this name already";
    /// A name that is given up in another stage.
    NameStage(stage: String) = "một đơn vị cùng loại dưới cùng cấp trên đang mang tên này và chỉ thôi mang ở giai đoạn {stage}; \
         hãy đưa hai bước vào cùng một giai đoạn, hoặc áp dụng giai đoạn đó trước",
        "a unit of the same kind under the same parent has this name, and gives it up in the stage {stage}; put both steps into \
         one stage, or apply that one first";
    /// What it goes into is not there.
    TargetEnds = "đơn vị nhận không tồn tại vào ngày có hiệu lực", "the target does not exist on the day the plan takes effect";
    /// The parent is not there.
    ParentEnds = "đơn vị cấp trên không tồn tại vào ngày có hiệu lực", "the parent does not exist on the day the plan takes effect";
    /// The parent is none for a unit of this level.
    ParentLevel = "cấp trên phải là đơn vị cấp cao hơn: tỉnh trên huyện, huyện trên xã",
        "the parent must be of a higher level: a province above districts, a district above communes";
    /// A unit lies in itself.
    ParentCycle = "đơn vị này trở thành cấp trên của chính nó", "this unit would lie in itself";
    /// A unit is left behind.
    Orphan(unit: String) = "{unit} vẫn nằm dưới đơn vị chấm dứt này; hãy chuyển hoặc kết thúc nó trong cùng phương án",
        "{unit} still lies in this unit that ends; move it or end it in the same plan";
    /// A unit is left behind until another stage.
    OrphanStage(unit: String, stage: String) = "{unit} vẫn nằm dưới đơn vị chấm dứt này, còn bước của nó thuộc giai đoạn {stage}; \
         hãy đưa hai bước vào cùng một giai đoạn, hoặc áp dụng giai đoạn đó trước",
        "{unit} still lies in this unit that ends, and its own step is in the stage {stage}; put both steps into one stage, or \
         apply that one first";
    /// The registry says otherwise of two units.
    OtherPair = "danh mục đã ghi quan hệ khác cho hai đơn vị này", "the registry says otherwise of these two units";
    /// The registry contradicts itself.
    Misfit = "danh mục đơn vị có dữ liệu mâu thuẫn nên không áp được phương án", "the registry contradicts itself, so the plan does not fit it";
}
