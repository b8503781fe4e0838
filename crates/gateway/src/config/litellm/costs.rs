//! `litellm_settings.cost_discount_config` and `cost_margin_config`: shares of a cost by provider.

use super::problem::Wrong;
use super::read::Reading;
use super::router::Section;
use super::value::Node;
use crate::config::Margin;

/// A margin is at most ten times the cost.
const LARGEST_MARGIN: f64 = 10.0;
/// Dollars for one request.
const LARGEST_FEE: f64 = 10_000.0;

/// Puts a setting in force; false if there is none of that name in that section.
pub fn setting(reading: &mut Reading, section: Section, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
    match (section, name) {
        (Section::Litellm, "cost_discount_config") => {
            for (provider, node) in node.members()? {
                let share = basis_points(&node, 1.0, "the part of the cost that is taken off")?;
                reading.name_provider(provider, &node.path);
                reading.file.costs.discounts.insert(provider.to_owned(), share);
            }
        }
        (Section::Litellm, "cost_margin_config") => {
            for (provider, node) in node.members()? {
                let margin = margin(reading, &node)?;
                if provider == "global" {
                    reading.file.costs.global_margin = Some(margin);
                } else {
                    reading.name_provider(provider, &node.path);
                    reading.file.costs.margins.insert(provider.to_owned(), margin);
                }
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `0.1`, or `{percentage: 0.1, fixed_amount: 0.001}` with one of both at least.
fn margin(reading: &mut Reading, node: &Node<'_>) -> Result<Margin, Wrong> {
    let part = "the part of the cost that is put on";
    if !node.value.is_object() {
        let basis_points = basis_points(node, LARGEST_MARGIN, part).map_err(|_| {
            node.wrong(&format!(
                "{part}, between 0 and {LARGEST_MARGIN}, or a map with percentage or fixed_amount"
            ))
        })?;
        return Ok(Margin { basis_points, fee_nanos: 0 });
    }
    let (mut margin, mut says_nothing) = (Margin::default(), true);
    for (name, node) in node.members()? {
        match name {
            "percentage" => margin.basis_points = basis_points(&node, LARGEST_MARGIN, part)?,
            "fixed_amount" => {
                margin.fee_nanos = (node.number(0.0..=LARGEST_FEE, " dollars")? * 1e9).round() as i64;
            }
            _ => {
                reading.unknown(&node.path);
                continue;
            }
        }
        says_nothing = false;
    }
    if says_nothing {
        return Err(node.wrong("a number, or a map with percentage or fixed_amount"));
    }
    Ok(margin)
}

/// A part of one, to the hundredth of a percent.
fn basis_points(node: &Node<'_>, most: f64, what: &str) -> Result<i64, Wrong> {
    let share = node
        .number(0.0..=most, "")
        .map_err(|_| node.wrong(&format!("{what}, between 0 and {most} (0.05 is five percent)")))?;
    Ok((share * 10_000.0).round() as i64)
}
