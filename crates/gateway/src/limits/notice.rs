//! When the spend of a budget passes a threshold, whoever watches hears of it, once in a period.

use smallvec::SmallVec;

use crate::counters::{Counts, Scope};
use crate::events::{BudgetNotice, Threshold};

const THRESHOLDS: [(u8, Threshold); 3] =
    [(1, Threshold::Percent(50)), (2, Threshold::Percent(80)), (4, Threshold::Percent(100))];
const SOFT: u8 = 8;

/// The thresholds that this spend has passed, as bits.
fn passed(scope: &Scope, spent: i64, now: i64) -> u8 {
    let mut bits = 0;
    if let Some(budget) = scope.budget(now) {
        for (bit, threshold) in THRESHOLDS {
            let Threshold::Percent(percent) = threshold else { continue };
            if i128::from(spent) * 100 >= i128::from(budget) * i128::from(percent) {
                bits |= bit;
            }
        }
    }
    if scope.soft_budget.is_some_and(|soft| spent >= soft) {
        bits |= SOFT;
    }
    bits
}

fn notice(scope: &Scope, spent: i64, threshold: Threshold, now: i64) -> BudgetNotice {
    BudgetNotice {
        level: scope.word(),
        id: scope.id.to_string(),
        model: scope.model.as_deref().map(str::to_owned),
        threshold,
        spent_nanos: spent,
        budget_nanos: if threshold == Threshold::Soft { scope.soft_budget } else { scope.budget(now) },
        reset_at: scope.period.reset_at.filter(|reset| *reset > now),
    }
}

/// What was passed since it was last told. Of several percentages the highest speaks for all.
pub fn crossed(scope: &Scope, counts: &mut Counts, now: i64) -> SmallVec<[BudgetNotice; 2]> {
    let mut notices = SmallVec::new();
    if !scope.has_budget() {
        return notices;
    }
    let spent = scope.spent(counts);
    let new = passed(scope, spent, now) & !counts.told;
    if new == 0 {
        return notices;
    }
    counts.told |= new;
    let highest = THRESHOLDS.into_iter().rev().find(|(bit, _)| new & bit != 0);
    notices.extend(highest.map(|(_, threshold)| notice(scope, spent, threshold, now)));
    if new & SOFT != 0 {
        notices.push(notice(scope, spent, Threshold::Soft, now));
    }
    notices
}

/// A request did not fit any more: the budget is used up, whatever small rest is left.
pub fn refused(scope: &Scope, counts: &mut Counts, budget: i64, now: i64) -> Option<BudgetNotice> {
    let spent = scope.spent(counts);
    // Reservations may be in the way that come to less; then there is something left.
    if counts.told & 4 != 0 || counts.reserved > 0 || spent < budget / 2 {
        return None;
    }
    counts.told |= 7;
    Some(notice(scope, spent, Threshold::Percent(100), now))
}

/// What was passed before the counter was seeded was told then.
pub fn settled_silently(scope: &Scope, now: i64) {
    let mut counts = scope.counter.lock();
    let spent = scope.spent(&counts);
    counts.told |= passed(scope, spent, now);
}
