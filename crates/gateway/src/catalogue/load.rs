//! Reads `catalogue.json`: an index of all rows, and one row when it is asked for. Strict: what it does not know is an
//! error, so that a price is never silently lost.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::model::{Capabilities, MODES, Model};
use super::price::{OffPeak, PriceKey, PriceTable, Prices, Tier, Window};
use super::{Alias, Catalogue, Entry};

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
struct File {
    format: u32,
    version: &'static str,
    generated: &'static str,
    sources: HashMap<&'static str, &'static str>,
    models: Vec<&'static RawValue>,
}

/// What the index needs of a row.
#[derive(Deserialize)]
struct Names {
    provider: &'static str,
    id: &'static str,
    #[serde(default)]
    aliases: Vec<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    provider: &'static str,
    id: &'static str,
    mode: &'static str,
    context: Option<u64>,
    max_output: Option<u64>,
    #[serde(default)]
    caps: &'static str,
    prices: PriceTable,
    #[serde(default)]
    tiers: Box<[Tier]>,
    off_peak: Option<Box<OffPeak>>,
    deprecates: Option<&'static str>,
    #[serde(default, rename = "aliases")]
    _aliases: Vec<&'static str>,
    source: &'static str,
}

impl Catalogue {
    /// Makes the index of a catalogue file. Of a row only its names are read here.
    pub fn index(text: &'static str) -> Result<Self, LoadError> {
        let file: File = serde_json::from_str(text)?;
        if file.format != FORMAT {
            return Err(LoadError::Format(file.format));
        }
        let mut sources: Vec<(&str, &str)> = file.sources.into_iter().collect();
        sources.sort_unstable();
        let mut entries = Vec::with_capacity(file.models.len());
        let mut aliases = Vec::new();
        for row in file.models {
            let names: Names = serde_json::from_str(row.get())?;
            let (provider, id) = (names.provider, names.id);
            aliases.extend(names.aliases.into_iter().map(|alias| Alias { provider, name: alias, id }));
            entries.push(Entry { provider, id, row: row.get() });
        }
        entries.sort_unstable_by_key(|entry| (entry.provider, entry.id));
        aliases.sort_unstable_by_key(|alias| (alias.provider, alias.name));
        aliases.shrink_to_fit();
        let twice =
            entries.windows(2).find(|pair| (pair[0].provider, pair[0].id) == (pair[1].provider, pair[1].id));
        if let Some([entry, _]) = twice {
            return Err(entry.wrong("listed twice"));
        }
        Ok(Self { version: file.version, generated: file.generated, sources, entries, aliases })
    }
}

impl Entry {
    fn wrong(&self, problem: impl Into<String>) -> LoadError {
        LoadError::Model { provider: self.provider.into(), model: self.id.into(), problem: problem.into() }
    }

    /// Decodes the whole row.
    pub(super) fn decode(&self) -> Result<Model, LoadError> {
        let row: Row = serde_json::from_str(self.row).map_err(|error| self.wrong(error.to_string()))?;
        let mut capabilities = Capabilities::default();
        for capability in row.caps.split_ascii_whitespace() {
            if !capabilities.insert(capability) {
                return Err(self.wrong(format!("unknown capability {capability}")));
            }
        }
        if !row.tiers.is_sorted_by_key(|tier| tier.above) {
            return Err(self.wrong("tiers out of order"));
        }
        let Ok(mode) = MODES.binary_search(&row.mode) else {
            return Err(self.wrong(format!("unknown mode {}", row.mode)));
        };
        Ok(Model {
            id: row.id,
            provider: row.provider,
            mode: MODES[mode],
            source: row.source,
            deprecates: row.deprecates,
            context: row.context,
            max_output: row.max_output,
            capabilities,
            prices: Prices { base: row.prices, tiers: row.tiers, off_peak: row.off_peak },
        })
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
