//! Whether the time of an answer tells whether somebody has a name: pairs of a
//! known and an unknown one, in turn, each with a wrong password.

use super::browser::Browser;
use crate::app::cli::bench::drive::Target;
use crate::app::cli::bench::measure::percentile_ms;
use crate::base::entropy::{Entropy as _, SystemEntropy};
use std::sync::Arc;
use std::time::Duration;

/// Pairs that are not counted: connections are opened, caches filled.
const WARM_UP: usize = 10;
/// 95 % of a normal distribution lie within so many standard errors.
const WITHIN: f64 = 1.96;

/// How well the two kinds of names were told apart.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Pairs {
    pub(super) count: usize,
    /// The chance that the slower of one of each kind is guessed rightly: 0.5 is a coin.
    pub(super) auc: f64,
    /// The 95 % interval of that.
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) known_p50_ms: f64,
    pub(super) unknown_p50_ms: f64,
}

/// Tries each name (there is at least one) once beside one of the same shape that nobody has.
pub(super) async fn run(target: &Arc<Target>, known: &[String]) -> Result<Pairs, String> {
    let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
    for place in 0..WARM_UP {
        try_name(target, &format!("khong.co.{place}"), place).await?;
    }
    for (place, name) in known.iter().enumerate() {
        let unknown = unlike(name);
        let first = WARM_UP + place * 2;
        if SystemEntropy.bytes32()[0].is_multiple_of(2) {
            of_known.push(try_name(target, name, first).await?);
            of_unknown.push(try_name(target, &unknown, first + 1).await?);
        } else {
            of_unknown.push(try_name(target, &unknown, first).await?);
            of_known.push(try_name(target, name, first + 1).await?);
        }
    }
    of_known.sort_unstable();
    of_unknown.sort_unstable();
    let (area, error) = area(&of_known, &of_unknown);
    // Whoever can tell that unknown names are slower tells them apart as well.
    let auc = area.max(1.0 - area);
    Ok(Pairs {
        count: known.len(),
        auc,
        low: (auc - WITHIN * error).max(0.0),
        high: (auc + WITHIN * error).min(1.0),
        known_p50_ms: percentile_ms(&of_known, 0.50),
        unknown_p50_ms: percentile_ms(&of_unknown, 0.50),
    })
}

/// As long as the name, and nobody's.
fn unlike(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if let Some(first) = letters.first_mut() {
        *first = if *first == 'x' { 'y' } else { 'x' };
    }
    letters.into_iter().collect()
}

/// The time of one wrong password, each from a network of its own, so that no other failure counts.
async fn try_name(target: &Arc<Target>, name: &str, place: usize) -> Result<Duration, String> {
    let from = format!("{}.{}.{}.7", 101 + place / 65_536 % 20, place / 256 % 256, place % 256);
    let mut browser = Browser::open(target, &from).await?;
    let named = browser.name(name, &from).await?;
    if named.status != 303 {
        return Err(format!("{name}: the name was answered with {}", named.status));
    }
    let answer = browser.password("Sai-Mat-Khau-2025", &from).await?;
    if answer.status == 422 {
        Ok(answer.took)
    } else {
        Err(format!("{name}: a wrong password was answered with {}", answer.status))
    }
}

/// The area under the curve (the chance that one of the first is above one of
/// the second, ties counting half: Mann and Whitney), and its standard error (DeLong).
fn area(first: &[Duration], second: &[Duration]) -> (f64, f64) {
    let above: Vec<f64> = first.iter().map(|one| share_below(*one, second)).collect();
    let below: Vec<f64> = second.iter().map(|one| 1.0 - share_below(*one, first)).collect();
    let error = (variance(&above) / float(above.len()) + variance(&below) / float(below.len())).sqrt();
    (mean(&above), error)
}

fn share_below(one: Duration, others: &[Duration]) -> f64 {
    let below = others.iter().filter(|other| **other < one).count();
    let alike = others.iter().filter(|other| **other == one).count();
    (float(below) + float(alike) / 2.0) / float(others.len())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / float(values.len())
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / float(values.len().saturating_sub(1).max(1))
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(values: &[u64]) -> Vec<Duration> {
        values.iter().map(|value| Duration::from_micros(*value)).collect()
    }

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn the_area_counts_pairs_in_the_right_order_and_half_of_ties() {
        let table: [(&[u64], &[u64], f64); 5] = [
            (&[3, 4], &[1, 2], 1.0),
            (&[1, 2], &[3, 4], 0.0),
            (&[1, 2], &[1, 2], 0.5),
            (&[1, 3], &[2, 2], 0.5),
            (&[2, 3, 5], &[1, 4, 4], 5.0 / 9.0),
        ];
        for (first, second, expected) in table {
            assert!(close(area(&times(first), &times(second)).0, expected), "{first:?} {second:?}");
        }
    }

    #[test]
    fn the_error_of_the_area_is_that_of_delong() {
        let (_, none) = area(&times(&[3, 4, 5]), &times(&[0, 1, 2]));
        assert!(close(none, 0.0), "samples that lie apart leave no doubt");

        // Shares of the first: 1/3, 1/3, 1; of the second: 1, 1/3, 1/3. Each varies by 4/27.
        let (_, some) = area(&times(&[2, 3, 5]), &times(&[1, 4, 4]));
        assert!(close(some, (2.0_f64 * 4.0 / 27.0 / 3.0).sqrt()), "{some}");
    }

    #[test]
    fn an_unknown_name_looks_like_the_known_one() {
        for name in ["can.bo.000123", "xuan.nt", "ánh.lt"] {
            assert_ne!(unlike(name), name);
            assert_eq!(unlike(name).chars().count(), name.chars().count());
        }
    }
}
