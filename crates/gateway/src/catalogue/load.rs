//! Decodes `catalogue.json`. Strict: what it does not know is an error, so that a price is never silently lost.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::Catalogue;
use super::model::{Capabilities, MODES, Model};
use super::price::{OffPeak, PriceKey, PriceTable, Prices, Tier, Window};

const FORMAT: u32 = 1;

/// Why a catalogue could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the catalogue is not readable: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the catalogue has format {0}, not {FORMAT}")]
    Format(u32),
    #[error("model {model} of {provider}: {problem}")]
    Model { provider: String, model: String, problem: String },
}

#[derive(Deserialize)]
struct File<'a> {
    format: u32,
    #[serde(borrow)]
    version: &'a str,
    generated: &'a str,
    sources: HashMap<&'a str, &'a str>,
    models: Vec<Row<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    provider: &'a str,
    id: &'a str,
    mode: &'a str,
    context: Option<u64>,
    max_output: Option<u64>,
    #[serde(default)]
    caps: &'a str,
    prices: PriceTable,
    #[serde(default)]
    tiers: Box<[Tier]>,
    off_peak: Option<Box<OffPeak>>,
    deprecates: Option<Box<str>>,
    #[serde(default, borrow)]
    aliases: Vec<&'a str>,
    source: &'a str,
}

impl Catalogue {
    /// Decodes a catalogue file.
    pub fn parse(text: &str) -> Result<Catalogue, LoadError> {
        let file: File<'_> = serde_json::from_str(text)?;
        if file.format != FORMAT {
            return Err(LoadError::Format(file.format));
        }
        let mut sources: Vec<(Box<str>, Box<str>)> =
            file.sources.into_iter().map(|(name, version)| (name.into(), version.into())).collect();
        sources.sort();
        let mut names = Names::default();
        let mut rows = file.models;
        rows.sort_by_key(|row| (row.provider, row.id));
        let mut aliases = Vec::new();
        let mut models: Vec<Model> = Vec::with_capacity(rows.len());
        for row in rows {
            let index = models.len() as u32;
            aliases.extend(row.aliases.iter().map(|alias| (Box::from(*alias), index)));
            if models.last().is_some_and(|last| *last.provider == *row.provider && *last.id == *row.id) {
                return Err(row.wrong("listed twice"));
            }
            models.push(row.into_model(&mut names)?);
        }
        aliases.sort_by(|(a, i), (b, j)| {
            (&*models[*i as usize].provider, &**a).cmp(&(&*models[*j as usize].provider, &**b))
        });
        aliases.shrink_to_fit();
        Ok(Catalogue {
            version: file.version.into(),
            generated: file.generated.into(),
            sources,
            models,
            aliases,
        })
    }
}

impl Row<'_> {
    fn wrong(&self, problem: impl Into<String>) -> LoadError {
        LoadError::Model { provider: self.provider.into(), model: self.id.into(), problem: problem.into() }
    }

    fn into_model(self, names: &mut Names) -> Result<Model, LoadError> {
        let mut capabilities = Capabilities::default();
        for capability in self.caps.split_ascii_whitespace() {
            if !capabilities.insert(capability) {
                return Err(self.wrong(format!("unknown capability {capability}")));
            }
        }
        if !self.tiers.is_sorted_by_key(|tier| tier.above) {
            return Err(self.wrong("tiers out of order"));
        }
        let Ok(mode) = MODES.binary_search(&self.mode) else {
            return Err(self.wrong(format!("unknown mode {}", self.mode)));
        };
        Ok(Model {
            id: self.id.into(),
            provider: names.shared(self.provider),
            mode: MODES[mode],
            source: names.shared(self.source),
            deprecates: self.deprecates,
            context: self.context,
            max_output: self.max_output,
            capabilities,
            prices: Prices { base: self.prices, tiers: self.tiers, off_peak: self.off_peak },
        })
    }
}

/// One allocation for each name that many rows share.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.0.insert(Arc::clone(&name));
        name
    }
}

impl<'de> Deserialize<'de> for PriceTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;

        impl<'de> Visitor<'de> for Table {
            type Value = PriceTable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("pico-dollars by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PriceTable, A::Error> {
                let mut prices = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some((name, price)) = map.next_entry::<&str, i64>()? {
                    let key = PriceKey::from_name(name)
                        .ok_or_else(|| A::Error::custom(format!("unknown price {name}")))?;
                    if price < 0 {
                        return Err(A::Error::custom(format!("negative price {name}")));
                    }
                    prices.push((key, price));
                }
                Ok(prices.into_iter().collect())
            }
        }

        deserializer.deserialize_map(Table)
    }
}

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            above: u64,
            prices: PriceTable,
        }
        Fields::deserialize(deserializer).map(|Fields { above, prices }| Tier { above, prices })
    }
}

impl<'de> Deserialize<'de> for OffPeak {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            windows: Vec<(u8, u16, u16)>,
            prices: PriceTable,
        }
        let Fields { windows, prices } = Fields::deserialize(deserializer)?;
        let windows = windows
            .into_iter()
            .map(|(weekday, from_minute, to_minute)| Window { weekday, from_minute, to_minute })
            .collect();
        Ok(OffPeak { windows, prices })
    }
}
