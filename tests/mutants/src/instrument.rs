//! Source in which every mutant is a branch: `crate::mutant::on(7)` opens the seventh.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use proc_macro2::Span;
use syn::{Expr, parse_quote, spanned::Spanned, visit_mut::VisitMut};

use crate::Mutant;

/// The module that the branches ask. It is asked on every path, so it is short:
/// a mark of what was reached, once, and a comparison.
const SWITCH: &str = r#"
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod mutant {
    use std::{io::Write, sync::{LazyLock, Mutex, atomic::{AtomicBool, Ordering}}};
    static OPEN: LazyLock<u32> =
        LazyLock::new(|| std::env::var("MUTANT_OPEN").ok().and_then(|word| word.parse().ok()).unwrap_or(0));
    static REACHED: LazyLock<Option<(Mutex<std::fs::File>, Vec<AtomicBool>)>> = LazyLock::new(|| {
        let path = std::env::var_os("MUTANT_REACHED")?;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path).ok()?;
        Some((Mutex::new(file), (0..20_000).map(|_| AtomicBool::new(false)).collect()))
    });
    pub fn on(number: u32) -> bool {
        if let Some((file, seen)) = &*REACHED
            && !seen[number as usize].swap(true, Ordering::Relaxed)
        {
            let _ = file.lock().unwrap().write_all(format!("{number}\n").as_bytes());
        }
        *OPEN == number
    }
}
"#;

/// The untouched text of every file that has mutants, and of the root.
pub fn originals(house: &Path, mutants: &[Mutant]) -> BTreeMap<String, String> {
    let mut files: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    files.insert("src/lib.rs");
    files
        .into_iter()
        .map(|file| (file.to_owned(), std::fs::read_to_string(house.join(file)).expect("a file of the list can be read")))
        .collect()
}

/// Writes the house with all mutants but those left out; answers the ones that
/// found no place in it.
pub fn write(house: &Path, mutants: &[Mutant], originals: &BTreeMap<String, String>, left_out: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut homeless = BTreeSet::new();
    for (file, text) in originals {
        let mut places = Places::new();
        for mutant in mutants.iter().filter(|mutant| mutant.file == *file && !left_out.contains(&mutant.number)) {
            places.entry((mutant.genre.clone(), mutant.begins)).or_default().push(mutant.clone());
        }
        let mut tree = syn::parse_file(text).expect("a file of the tree is Rust");
        let mut branches = Branches { places };
        branches.visit_file_mut(&mut tree);
        homeless.extend(branches.places.values().flatten().map(|mutant| mutant.number));
        let mut text = prettyplease::unparse(&tree);
        if file == "src/lib.rs" {
            text.push_str(SWITCH);
        }
        let path = house.join(file);
        if std::fs::read_to_string(&path).is_ok_and(|before| before != text) {
            std::fs::write(path, text).expect("the house can be written");
        }
    }
    homeless
}

type Places = HashMap<(String, (usize, usize)), Vec<Mutant>>;

struct Branches {
    places: Places,
}

impl Branches {
    /// The mutants of a genre that begin here; each is found once.
    fn at(&mut self, genre: &str, span: Span) -> Vec<Mutant> {
        let begins = span.start();
        self.places.remove(&(genre.to_owned(), (begins.line, begins.column + 1))).unwrap_or_default()
    }

    /// `begins` is where the body began before anything in it was wrapped.
    fn values(&mut self, begins: Option<Span>, body: &mut syn::Block) {
        let Some(begins) = begins else { return };
        for mutant in self.at("FnValue", begins) {
            let number = mutant.number;
            let value: Expr = syn::parse_str(&mutant.replacement).expect("a value of the list is an expression");
            body.stmts.insert(0, parse_quote! { if crate::mutant::on(#number) { return #value; } });
        }
    }

    fn binary(&mut self, binary: &syn::ExprBinary) -> Option<Expr> {
        let found = self.at("BinaryOperator", binary.op.span());
        if found.is_empty() {
            return None;
        }
        if has_let(&binary.left) || has_let(&binary.right) {
            return self.homeless("BinaryOperator", binary.op.span(), found);
        }
        let (left, op, right) = (&binary.left, &binary.op, &binary.right);
        let mut whole: Expr = parse_quote! { (#left) #op (#right) };
        for mutant in found {
            let number = mutant.number;
            let other: syn::BinOp = syn::parse_str(&mutant.replacement).expect("an operator");
            whole = match op {
                // Both sides stand once: nesting stays small.
                syn::BinOp::Eq(_) | syn::BinOp::Ne(_) => parse_quote! { (#whole) != crate::mutant::on(#number) },
                _ => parse_quote! { (if crate::mutant::on(#number) { (#left) #other (#right) } else { #whole }) },
            };
        }
        Some(whole)
    }

    fn unary(&mut self, unary: &syn::ExprUnary) -> Option<Expr> {
        let found = self.at("UnaryOperator", unary.op.span());
        let mutant = found.first()?;
        let (number, op, inner) = (mutant.number, &unary.op, &unary.expr);
        Some(parse_quote! { (if crate::mutant::on(#number) { #inner } else { #op #inner }) })
    }

    fn arms(&mut self, arms: &mut [syn::Arm]) {
        for arm in arms {
            if let Some((_, guard)) = &mut arm.guard {
                for mutant in self.at("MatchArmGuard", guard.span()) {
                    let number = mutant.number;
                    **guard = match mutant.replacement.as_str() {
                        "true" => parse_quote! { (crate::mutant::on(#number) || (#guard)) },
                        _ => parse_quote! { (!crate::mutant::on(#number) && (#guard)) },
                    };
                }
            }
            for mutant in self.at("MatchArm", arm.pat.span()) {
                let number = mutant.number;
                arm.guard = Some(match arm.guard.take() {
                    Some((word, guard)) => (word, parse_quote! { (!crate::mutant::on(#number) && (#guard)) }),
                    None => (Default::default(), parse_quote! { !crate::mutant::on(#number) }),
                });
            }
        }
    }

    fn fields(&mut self, whole: &syn::ExprStruct) -> Option<Expr> {
        let mut chosen: Option<Expr> = None;
        for (place, field) in whole.fields.iter().enumerate() {
            for mutant in self.at("StructField", field.span()) {
                let number = mutant.number;
                let mut shorter = whole.clone();
                shorter.fields = whole
                    .fields
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != place)
                    .map(|(_, field)| field.clone())
                    .collect();
                if !shorter.fields.empty_or_trailing() {
                    shorter.fields.push_punct(Default::default());
                }
                let before = chosen.take().unwrap_or_else(|| Expr::Struct(whole.clone()));
                chosen = Some(parse_quote! { (if crate::mutant::on(#number) { #shorter } else { #before }) });
            }
        }
        chosen
    }

    fn homeless(&mut self, genre: &str, span: Span, found: Vec<Mutant>) -> Option<Expr> {
        let begins = span.start();
        self.places.insert((genre.to_owned(), (begins.line, begins.column + 1)), found);
        None
    }
}

/// Branches inside come first, so that what is wrapped already holds them.
impl VisitMut for Branches {
    fn visit_item_fn_mut(&mut self, function: &mut syn::ItemFn) {
        if function.sig.constness.is_some() {
            return;
        }
        let begins = begin_of(&function.block);
        syn::visit_mut::visit_item_fn_mut(self, function);
        self.values(begins, &mut function.block);
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut syn::ImplItemFn) {
        if function.sig.constness.is_some() {
            return;
        }
        let begins = begin_of(&function.block);
        syn::visit_mut::visit_impl_item_fn_mut(self, function);
        self.values(begins, &mut function.block);
    }

    fn visit_trait_item_fn_mut(&mut self, function: &mut syn::TraitItemFn) {
        let begins = function.default.as_ref().and_then(begin_of);
        syn::visit_mut::visit_trait_item_fn_mut(self, function);
        if let Some(body) = &mut function.default {
            self.values(begins, body);
        }
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expression);
        let changed = match expression {
            Expr::Binary(binary) => self.binary(binary),
            Expr::Unary(unary) => self.unary(unary),
            Expr::Struct(whole) => self.fields(whole),
            _ => None,
        };
        if let Some(changed) = changed {
            *expression = changed;
        }
    }

    fn visit_expr_match_mut(&mut self, expression: &mut syn::ExprMatch) {
        self.arms(&mut expression.arms);
        syn::visit_mut::visit_expr_match_mut(self, expression);
    }
}

fn begin_of(body: &syn::Block) -> Option<Span> {
    body.stmts.first().map(Spanned::span)
}

/// Whether a condition binds names, as in `if let … && …`: it can't be wrapped.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}
