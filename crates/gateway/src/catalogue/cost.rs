//! What a request came to.

use std::borrow::Cow;

use postern_wire::Usage;

use super::price::{PriceKey, PriceTable, Prices, Service, Unit};

const PICO_PER_NANO: i128 = 1_000;

/// What a request is billed for. `input` is ALL tokens of the prompt, of which `cache_*`, `audio_input` and
/// `image_input` are parts; `output` is ALL tokens of the completion, of which `reasoning`, `audio_output` and `image_output` are parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BilledTokens {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    /// Written to a cache that lives five minutes (or the provider's only kind).
    pub cache_write_5m: u64,
    pub cache_write_1h: u64,
    pub reasoning: u64,
    pub audio_input: u64,
    pub audio_output: u64,
    pub image_input: u64,
    pub image_output: u64,
    /// Searches of the web that the provider made.
    pub web_searches: u64,
    /// How large the context of each was.
    pub search_context: SearchContext,
    /// The tier that the provider says it served: `flex`, `priority`, `batch`, ... ; else standard.
    pub service_tier: Option<String>,
}

/// How much of what a search found is taken: each has its price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchContext {
    Low,
    /// Where nobody says.
    #[default]
    Medium,
    High,
}

impl SearchContext {
    fn from_reported(size: Option<&str>) -> Self {
        match size {
            Some("low") => Self::Low,
            Some("high") => Self::High,
            _ => Self::Medium,
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::Low => Unit::PerSearchLow,
            Self::Medium => Unit::PerSearchMedium,
            Self::High => Unit::PerSearchHigh,
        }
    }
}

impl From<&Usage> for BilledTokens {
    fn from(usage: &Usage) -> Self {
        Self {
            input: usage.input,
            output: usage.output,
            cache_read: usage.cache_read,
            cache_write_5m: usage.cache_write_5m,
            cache_write_1h: usage.cache_write_1h,
            reasoning: usage.reasoning,
            audio_input: usage.audio_input,
            audio_output: usage.audio_output,
            image_input: usage.image_input,
            image_output: usage.image_output,
            web_searches: usage.web_searches,
            search_context: SearchContext::from_reported(usage.search_context.as_deref()),
            service_tier: usage.service_tier.clone(),
        }
    }
}

/// A request's cost and how it came about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// Nano-dollars, rounded once, half up.
    pub nanos: i64,
    pub lines: Vec<CostLine>,
    /// What is taken off the list's prices and put on them, which is part of `nanos`.
    pub adjustments: Vec<Adjustment>,
}

/// A discount, a mark-up or a fee on all of a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// `discount`, `mark_up` or `fee`.
    pub kind: &'static str,
    /// Hundredths of a percent; of a fee: requests, which is one.
    pub count: i64,
    pub nanos: i64,
}

/// What is agreed upon besides prices. The discount comes first, the mark-up is on what is left, and the fee is nobody's part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// Hundredths of a percent that are taken off.
    pub discount: i64,
    /// Hundredths of a percent that are put on.
    pub mark_up: i64,
    /// Nano-dollars for each request.
    pub fee_nanos: i64,
}

impl Terms {
    /// So many hundredths of a percent on everything; less than 0: off it.
    pub fn of_adjustment(basis_points: i64) -> Self {
        Self { discount: (-basis_points).max(0), mark_up: basis_points.max(0), fee_nanos: 0 }
    }

    /// For what has its discount already.
    #[must_use]
    pub fn without_discount(self) -> Self {
        Self { discount: 0, ..self }
    }

    /// What pico-dollars come to by them (nano-dollars, rounded once), and what each of them did to that.
    pub fn applied(self, pico: i128) -> (i64, Vec<Adjustment>) {
        let (mut total, mut adjustments) = (pico, Vec::new());
        for (kind, count, sign) in [("discount", self.discount, -1), ("mark_up", self.mark_up, 1)] {
            if count > 0 {
                let before = nanos(total);
                total = total.saturating_mul(i128::from(10_000 + sign * count)).div_euclid(10_000);
                adjustments.push(Adjustment { kind, count, nanos: nanos(total) - before });
            }
        }
        if self.fee_nanos > 0 {
            adjustments.push(Adjustment { kind: "fee", count: 1, nanos: self.fee_nanos });
        }
        (nanos(total).saturating_add(self.fee_nanos), adjustments)
    }
}

impl Cost {
    /// With what is agreed upon besides prices.
    #[must_use]
    pub fn adjusted(mut self, terms: Terms) -> Self {
        let total: i128 = self.lines.iter().map(|line| line.cost_pico).sum();
        (self.nanos, self.adjustments) = terms.applied(total);
        self
    }
}

/// Tokens of one kind, or something else that is counted, at one price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostLine {
    /// A unit, with the service tier at which it was served: `input`, `output_flex`.
    pub kind: Cow<'static, str>,
    pub tokens: u64,
    /// Pico-dollars each.
    pub price_pico: i64,
    pub cost_pico: i128,
}

impl CostLine {
    /// For display; lines rounded one by one need not add up to [`Cost::nanos`].
    pub fn nanos(&self) -> i64 {
        nanos(self.cost_pico)
    }
}

fn kind(unit: Unit, service: Service) -> Cow<'static, str> {
    if service == Service::Standard {
        unit.name().into()
    } else {
        PriceKey::new(unit, service).to_string().into()
    }
}

impl BilledTokens {
    fn service(&self) -> Service {
        Service::from_reported(self.service_tier.as_deref())
    }

    /// What it consists of: parts of the input and of the output, none of which is counted in another.
    pub fn parts(&self) -> Vec<(Cow<'static, str>, u64)> {
        let service = self.service();
        self.units().map(|(unit, count)| (kind(unit, service), count)).collect()
    }

    /// The same again from such parts, and from what the input and the output were in all.
    pub fn from_parts<'a>(input: u64, output: u64, parts: impl Iterator<Item = (&'a str, u64)>) -> Self {
        let mut found = Self { input, output, ..Self::default() };
        for (name, count) in parts {
            let Some(key) = PriceKey::from_name(name) else { continue };
            if key.service != Service::Standard {
                found.service_tier = Some(key.service.suffix().trim_start_matches('_').to_owned());
            }
            match key.unit {
                Unit::CacheRead => found.cache_read = count,
                Unit::CacheWrite => found.cache_write_5m = count,
                Unit::CacheWrite1h => found.cache_write_1h = count,
                Unit::AudioInput => found.audio_input = count,
                Unit::ImageInput => found.image_input = count,
                Unit::Reasoning => found.reasoning = count,
                Unit::AudioOutput => found.audio_output = count,
                Unit::ImageOutput => found.image_output = count,
                Unit::PerSearchLow => {
                    (found.web_searches, found.search_context) = (count, SearchContext::Low);
                }
                Unit::PerSearchMedium => found.web_searches = count,
                Unit::PerSearchHigh => {
                    (found.web_searches, found.search_context) = (count, SearchContext::High);
                }
                _ => {}
            }
        }
        found
    }

    fn units(&self) -> impl Iterator<Item = (Unit, u64)> {
        let input_parts = [
            (Unit::CacheRead, self.cache_read),
            (Unit::CacheWrite, self.cache_write_5m),
            (Unit::CacheWrite1h, self.cache_write_1h),
            (Unit::AudioInput, self.audio_input),
            (Unit::ImageInput, self.image_input),
        ];
        let output_parts = [
            (Unit::Reasoning, self.reasoning),
            (Unit::AudioOutput, self.audio_output),
            (Unit::ImageOutput, self.image_output),
        ];
        std::iter::once((Unit::Input, rest(self.input, &input_parts)))
            .chain(input_parts)
            .chain([(Unit::Output, rest(self.output, &output_parts))])
            .chain(output_parts)
            .chain([(self.search_context.unit(), self.web_searches)])
            .filter(|(_, count)| *count > 0)
    }
}

impl Prices {
    /// The cost at peak hours. `None` is unpriced: tokens of a kind were used that has no price, nor has what it falls
    /// back to. Never a zero in place of a missing price.
    ///
    /// * The long-context tier is the highest whose `above` the whole input exceeds; it prices all tokens.
    /// * For each kind of token: the price at the served tier, else the standard one, of the long-context tier; else the
    ///   same of the base list; else the kind that it falls back to (cache reads, cache writes, audio and images to
    ///   input; an hour's cache write to a cache write; reasoning, audio and images out to output; a search to one of medium context).
    /// * A search of the web has a price of its own, and so may have the request as such.
    pub fn cost(&self, tokens: &BilledTokens) -> Option<Cost> {
        self.cost_at(tokens, None)
    }

    /// [`Self::cost`] at a time (UTC milliseconds since 1970), at which off-peak prices may hold.
    pub fn cost_at(&self, tokens: &BilledTokens, at: Option<i64>) -> Option<Cost> {
        let service = tokens.service();
        let tables = self.tables(tokens.input, at);
        let mut cost = Cost::default();
        let mut total = 0_i128;
        // What is owed for the request as such, where there is such a price.
        let flat = resolve(&tables, Unit::PerRequest, service).filter(|price| *price > 0);
        for (unit, count) in tokens.units().chain(flat.map(|_| (Unit::PerRequest, 1))) {
            let price = resolve(&tables, unit, service)?;
            let cost_pico = i128::from(count) * i128::from(price);
            total = total.saturating_add(cost_pico);
            cost.lines.push(CostLine {
                kind: kind(unit, service),
                tokens: count,
                price_pico: price,
                cost_pico,
            });
        }
        cost.nanos = nanos(total);
        Some(cost)
    }

    /// The lists to look a price up in, most specific first.
    fn tables(&self, input: u64, at: Option<i64>) -> [Option<&PriceTable>; 3] {
        let tier = self.tiers.iter().rev().find(|tier| input > tier.above);
        let off_peak = self.off_peak.as_deref().filter(|off_peak| at.is_some_and(|at| off_peak.covers(at)));
        [tier.map(|tier| &tier.prices), off_peak.map(|off_peak| &off_peak.prices), Some(&self.base)]
    }
}

/// What is left of a whole. A provider that reports parts larger than the whole gets its parts billed, no more.
fn rest(whole: u64, parts: &[(Unit, u64)]) -> u64 {
    parts.iter().fold(whole, |left, (_, part)| left.saturating_sub(*part))
}

fn resolve(tables: &[Option<&PriceTable>; 3], unit: Unit, service: Service) -> Option<i64> {
    std::iter::successors(Some(unit), |unit| unit.fallback()).find_map(|unit| {
        tables
            .iter()
            .flatten()
            .find_map(|table| table.get(unit, service).or_else(|| table.get(unit, Service::Standard)))
    })
}

fn nanos(pico: i128) -> i64 {
    let rounded = pico.saturating_add(PICO_PER_NANO / 2).div_euclid(PICO_PER_NANO);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
