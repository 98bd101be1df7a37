//! What happens when many act at the same moment.

use std::sync::Arc;
use tokio::sync::Barrier;

/// How many take part in a race.
pub const RUNNERS: usize = 64;

/// Rounds of a race: many when the test command asks for the long proof.
pub fn rounds() -> usize {
    if std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1") { 100 } else { 3 }
}

/// What everybody gets who acts at the same moment, each in their own way.
pub async fn together<F>(acts: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let acts: Vec<F> = acts.into_iter().collect();
    let start = Arc::new(Barrier::new(acts.len()));
    let mut runners = Vec::with_capacity(acts.len());
    for act in acts {
        let start = start.clone();
        runners.push(tokio::spawn(async move {
            start.wait().await;
            act.await
        }));
    }
    let mut outcomes = Vec::with_capacity(runners.len());
    for runner in runners {
        outcomes.push(runner.await.expect("an answer"));
    }
    outcomes
}

/// What everybody gets who does the same at the same moment.
pub async fn at_once<F>(act: impl Fn() -> F) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    together((0..RUNNERS).map(|_| act())).await
}
