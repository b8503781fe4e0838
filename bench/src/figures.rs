//! Numbers: percentiles of many, the median of a few, and what one measured figure is.

use serde_json::{Value, json};

/// The value below which `share` (0 to 1) of the sorted values lie.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 0.5)
}

/// What a figure must not exceed (or fall below), in its own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    None,
    Under(f64),
    /// At most this many times the floor's figure of the same run.
    TimesFloor(f64),
}

/// One line of the report.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: &'static str,
    pub unit: &'static str,
    pub measured: f64,
    /// The same of the bare pass-through, where it applies.
    pub floor: Option<f64>,
    /// The same without anything between client and upstream.
    pub direct: Option<f64>,
    pub target: Target,
    /// Why there is no number.
    pub note: Option<String>,
}

impl Figure {
    pub fn new(name: &'static str, unit: &'static str, measured: f64) -> Self {
        Self { name, unit, measured, floor: None, direct: None, target: Target::None, note: None }
    }

    pub fn missing(name: &'static str, unit: &'static str, why: impl Into<String>) -> Self {
        Self { note: Some(why.into()), ..Self::new(name, unit, f64::NAN) }
    }

    pub fn under(mut self, most: f64) -> Self {
        self.target = Target::Under(most);
        self
    }

    pub fn times_floor(mut self, most: f64) -> Self {
        self.target = Target::TimesFloor(most);
        self
    }

    pub fn floor(mut self, floor: f64) -> Self {
        self.floor = Some(floor);
        self
    }

    pub fn direct(mut self, direct: f64) -> Self {
        self.direct = Some(direct);
        self
    }

    /// Whether the target is reached; `None` without a target or a number.
    pub fn reached(&self) -> Option<bool> {
        if self.measured.is_nan() {
            return None;
        }
        match self.target {
            Target::None => None,
            Target::Under(most) => Some(self.measured < most),
            Target::TimesFloor(most) => self.floor.map(|floor| self.measured <= most * floor),
        }
    }

    pub fn to_json(&self) -> Value {
        let target = match self.target {
            Target::None => Value::Null,
            Target::Under(most) => json!({"under": most}),
            Target::TimesFloor(most) => json!({"times_floor": most}),
        };
        json!({
            "name": self.name,
            "unit": self.unit,
            "measured": if self.measured.is_nan() { Value::Null } else { json!(self.measured) },
            "floor": self.floor,
            "direct": self.direct,
            "target": target,
            "reached": self.reached(),
            "note": self.note,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_values_themselves() {
        let values: Vec<f64> = (1..=101).map(f64::from).collect();
        assert!((percentile(&values, 0.5) - 51.0).abs() < f64::EPSILON);
        assert!((percentile(&values, 0.99) - 100.0).abs() < f64::EPSILON);
        assert!((percentile(&values, 1.0) - 101.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 0.5).is_nan());
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn targets_are_judged_in_their_own_terms() {
        assert_eq!(Figure::new("a", "ms", 79.9).under(80.0).reached(), Some(true));
        assert_eq!(Figure::new("a", "ms", 80.0).under(80.0).reached(), Some(false));
        assert_eq!(Figure::new("a", "us", 50.0).floor(20.0).times_floor(2.5).reached(), Some(true));
        assert_eq!(Figure::new("a", "us", 50.1).floor(20.0).times_floor(2.5).reached(), Some(false));
        assert_eq!(Figure::new("a", "us", 50.1).reached(), None);
        assert_eq!(Figure::missing("a", "us", "no display").under(1.0).reached(), None);
    }
}
