//! The user's own prices, laid over a list's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::price::{PriceKey, PriceTable, Prices, Service, Tier, Unit};

/// No price per token is above this (0.01 dollars a token); none per other unit above a hundred thousand times that.
const MAX_TOKEN_PRICE: i64 = 10_000_000_000;
const MAX_UNIT_PRICE: i64 = 1_000_000_000_000_000;
const PICO: f64 = 1e12;

/// Prices that a user sets for one model or deployment, in pico-dollars. What is `None` stays as listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PriceOverride {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_input: Option<i64>,
    /// Any other price by its name in the catalogue: `input_batch`, `per_image`.
    #[serde(flatten)]
    pub other: BTreeMap<String, i64>,
}

impl PriceOverride {
    /// The first price that cannot be: an unknown name, a negative or an absurd amount.
    pub fn check(&self) -> Result<(), String> {
        if let Some(name) = self.other.keys().find(|name| PriceKey::from_name(name).is_none()) {
            return Err(format!("there is no price called {name}"));
        }
        for (key, price) in self.entries() {
            let most = if key.unit.is_token() { MAX_TOKEN_PRICE } else { MAX_UNIT_PRICE };
            if !(0..=most).contains(&price) {
                return Err(format!("{key} must be from 0 to {most} pico-dollars"));
            }
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// The list's prices (if there are any) with these in force. A price set here holds at every service tier, input length and hour,
    /// unless a more special one is set here, too; what falls back to a price set here follows it unless listed.
    ///
    /// Input and output both set to zero, and nothing else, means that the model costs nothing: no listed price of
    /// tokens is left. An output price takes the listed reasoning price with it, for reasoning is output.
    pub fn over(&self, listed: Option<&Prices>) -> Prices {
        let nothing = Prices::default();
        let listed = listed.unwrap_or(&nothing);
        let free = self.input == Some(0) && self.output == Some(0) && self.entries().count() == 2;
        let replaced = |unit: Unit| {
            self.entries().any(|(key, _)| key.service == Service::Standard && key.unit == unit)
                || (free && unit.is_token())
                || (unit == Unit::Reasoning && self.output.is_some())
        };
        let keep = |table: &PriceTable| -> Vec<(PriceKey, i64)> {
            table.iter().filter(|(key, _)| !replaced(key.unit)).collect()
        };
        // A special price that is set here must not lose to a listed one of a tier.
        let set = |key: PriceKey| self.entries().any(|(own, _)| own == key);
        let strip = |table: &PriceTable| -> PriceTable {
            keep(table).into_iter().filter(|(key, _)| !set(*key)).collect()
        };
        Prices {
            base: keep(&listed.base).into_iter().chain(self.entries()).collect(),
            tiers: listed
                .tiers
                .iter()
                .map(|tier| Tier { above: tier.above, prices: strip(&tier.prices) })
                .filter(|tier| !tier.prices.is_empty())
                .collect(),
            off_peak: listed.off_peak.clone().and_then(|mut off_peak| {
                off_peak.prices = strip(&off_peak.prices);
                (!off_peak.prices.is_empty()).then_some(off_peak)
            }),
        }
    }

    /// From LiteLLM's `input_cost_per_token`, `output_cost_per_token`, `cache_read_input_token_cost` and
    /// `cache_creation_input_token_cost`, in dollars. `None` if none of them is a price.
    pub fn from_litellm(
        input: Option<f64>,
        output: Option<f64>,
        cache_read: Option<f64>,
        cache_write: Option<f64>,
    ) -> Option<Self> {
        let pico = |dollars: Option<f64>| dollars.and_then(pico);
        let (input, output) = (pico(input), pico(output));
        let found = Self {
            input,
            output,
            cache_read: pico(cache_read),
            cache_write: pico(cache_write),
            ..Self::default()
        };
        (!found.is_empty()).then_some(found)
    }

    /// From LiteLLM's names (`input_cost_per_token`, ... in dollars, as a model's `litellm_params` or `model_info` have
    /// them), rounded to the pico-dollar. The second value names the prices among the keys that Postern cannot apply.
    pub fn from_litellm_map(params: &Map<String, Value>) -> (Self, Vec<String>) {
        let (mut found, mut ignored) = (Self::default(), Vec::new());
        for (name, value) in params.iter().filter(|(name, value)| name.contains("cost") && !value.is_null()) {
            let dollars = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
            match (litellm_key(name), dollars.and_then(pico)) {
                (Some(key), Some(price)) => found.set(key, price),
                _ => ignored.push(name.clone()),
            }
        }
        (found, ignored)
    }

    fn set(&mut self, key: PriceKey, price: i64) {
        let named =
            self.named_mut().into_iter().find(|(unit, _)| PriceKey::new(*unit, Service::Standard) == key);
        if let Some((_, field)) = named {
            *field = Some(price);
        } else {
            self.other.insert(key.to_string(), price);
        }
    }

    fn named_mut(&mut self) -> [(Unit, &mut Option<i64>); 9] {
        [
            (Unit::Input, &mut self.input),
            (Unit::Output, &mut self.output),
            (Unit::CacheRead, &mut self.cache_read),
            (Unit::CacheWrite, &mut self.cache_write),
            (Unit::CacheWrite1h, &mut self.cache_write_1h),
            (Unit::Reasoning, &mut self.reasoning),
            (Unit::AudioInput, &mut self.audio_input),
            (Unit::AudioOutput, &mut self.audio_output),
            (Unit::ImageInput, &mut self.image_input),
        ]
    }

    fn entries(&self) -> impl Iterator<Item = (PriceKey, i64)> {
        let named = [
            (Unit::Input, self.input),
            (Unit::Output, self.output),
            (Unit::CacheRead, self.cache_read),
            (Unit::CacheWrite, self.cache_write),
            (Unit::CacheWrite1h, self.cache_write_1h),
            (Unit::Reasoning, self.reasoning),
            (Unit::AudioInput, self.audio_input),
            (Unit::AudioOutput, self.audio_output),
            (Unit::ImageInput, self.image_input),
        ];
        let other = self.other.iter().filter_map(|(name, price)| Some((PriceKey::from_name(name)?, *price)));
        named
            .into_iter()
            .filter_map(|(unit, price)| Some((PriceKey::new(unit, Service::Standard), price?)))
            .chain(other)
    }
}

/// LiteLLM's name of a price, without tiers by length, which an override has no room for.
fn litellm_key(name: &str) -> Option<PriceKey> {
    let (stem, service) = [
        ("_batches", Service::Batch),
        ("_flex", Service::Flex),
        ("_priority", Service::Priority),
        ("_ultrafast", Service::Ultrafast),
    ]
    .into_iter()
    .find_map(|(suffix, service)| Some((name.strip_suffix(suffix)?, service)))
    .unwrap_or((name, Service::Standard));
    let unit = match stem {
        "input_cost_per_token" => Unit::Input,
        "output_cost_per_token" => Unit::Output,
        "cache_read_input_token_cost" | "input_cost_per_token_cache_hit" => Unit::CacheRead,
        "cache_creation_input_token_cost" => Unit::CacheWrite,
        "cache_creation_input_token_cost_above_1hr" => Unit::CacheWrite1h,
        "output_cost_per_reasoning_token" => Unit::Reasoning,
        "input_cost_per_audio_token" => Unit::AudioInput,
        "output_cost_per_audio_token" => Unit::AudioOutput,
        "input_cost_per_image_token" => Unit::ImageInput,
        "output_cost_per_image_token" => Unit::ImageOutput,
        "input_cost_per_second" => Unit::PerInputSecond,
        "output_cost_per_second" => Unit::PerSecond,
        "input_cost_per_character" => Unit::PerInputCharacter,
        "output_cost_per_character" => Unit::PerOutputCharacter,
        "input_cost_per_query" => Unit::PerQuery,
        "input_cost_per_request" => Unit::PerRequest,
        "input_cost_per_image" => Unit::PerInputImage,
        "output_cost_per_image" => Unit::PerImage,
        "input_cost_per_pixel" => Unit::PerInputPixel,
        "output_cost_per_pixel" => Unit::PerPixel,
        "ocr_cost_per_page" => Unit::PerPage,
        _ => return None,
    };
    Some(PriceKey::new(unit, service))
}

/// Dollars to pico-dollars; `None` for what is no price.
fn pico(dollars: f64) -> Option<i64> {
    let pico = (dollars * PICO).round();
    (pico.is_finite() && pico >= 0.0 && pico <= MAX_UNIT_PRICE as f64).then_some(pico as i64)
}

#[cfg(test)]
mod tests;
