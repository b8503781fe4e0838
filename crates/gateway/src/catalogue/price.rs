//! Prices by name: which unit, at which service tier; with long-context tiers and off-peak hours.

use std::fmt;

/// Declares the units with their names in one table.
macro_rules! units {
    ($($variant:ident $name:literal,)+) => {
        /// What a price is for: a kind of token, or (`per_..`) something else, named with its unit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Unit { $(#[doc = $name] $variant,)+ }

        impl Unit {
            pub const ALL: &[Unit] = &[$(Unit::$variant,)+];

            /// The name in data, in the API and in overrides.
            pub const fn name(self) -> &'static str {
                match self { $(Unit::$variant => $name,)+ }
            }

            fn from_name(name: &str) -> Option<Unit> {
                match name { $($name => Some(Unit::$variant),)+ _ => None }
            }
        }
    };
}

units! {
    Input "input",
    Output "output",
    CacheRead "cache_read",
    CacheReadExplicit "cache_read_explicit",
    CacheReadAudio "cache_read_audio",
    CacheReadImage "cache_read_image",
    CacheWrite "cache_write",
    CacheWrite1h "cache_write_1h",
    CacheWrite12h "cache_write_12h",
    CacheWriteAudio "cache_write_audio",
    Reasoning "reasoning",
    Citation "citation",
    AudioInput "audio_input",
    AudioOutput "audio_output",
    ImageInput "image_input",
    ImageOutput "image_output",
    VideoInput "video_input",
    VideoOutput "video_output",
    PerAnnotatedPage "per_annotated_page",
    PerCodeInterpreterSession "per_code_interpreter_session",
    PerCredit "per_credit",
    PerFileSearch "per_file_search",
    PerHostingSecond "per_hosting_second",
    PerImage "per_image",
    PerImageHalfK "per_image_0_5k",
    PerImage1k "per_image_1k",
    PerImage2k "per_image_2k",
    PerImage4k "per_image_4k",
    PerImage512 "per_image_512",
    PerImage1024 "per_image_1024",
    PerImage1536 "per_image_1536",
    PerInputAudioSecond "per_input_audio_second",
    PerInputCharacter "per_input_character",
    PerInputImage "per_input_image",
    PerInputPixel "per_input_pixel",
    PerInputSecond "per_input_second",
    PerInputVideoSecond "per_input_video_second",
    PerInputVideoSecondAbove8s "per_input_video_second_above_8s",
    PerInputVideoSecondAbove15s "per_input_video_second_above_15s",
    PerMapsQuery "per_maps_query",
    PerOutputCharacter "per_output_character",
    PerPage "per_page",
    PerPixel "per_pixel",
    PerQuery "per_query",
    PerRequest "per_request",
    PerSearchHigh "per_search_high",
    PerSearchLow "per_search_low",
    PerSearchMedium "per_search_medium",
    PerSecond "per_second",
    PerSecond480p "per_second_480p",
    PerSecond720p "per_second_720p",
    PerSecond768p "per_second_768p",
    PerSecond1080p "per_second_1080p",
    PerSecond2k "per_second_2k",
    PerSecond4k "per_second_4k",
    PerTextMessage "per_text_message",
    PerVideoSecond "per_video_second",
}

impl Unit {
    /// Whether the price is per token.
    pub fn is_token(self) -> bool {
        !self.name().starts_with("per_")
    }

    /// Whose price holds where this one has none: a part of the input or output is never free for want of a price.
    pub(super) const fn fallback(self) -> Option<Unit> {
        match self {
            Unit::CacheWrite1h | Unit::CacheWrite12h => Some(Unit::CacheWrite),
            Unit::CacheRead | Unit::CacheWrite | Unit::AudioInput | Unit::ImageInput | Unit::VideoInput => {
                Some(Unit::Input)
            }
            Unit::Reasoning | Unit::AudioOutput | Unit::ImageOutput | Unit::VideoOutput => Some(Unit::Output),
            Unit::PerSearchLow | Unit::PerSearchHigh => Some(Unit::PerSearchMedium),
            _ => None,
        }
    }
}

/// The service tier at which a price holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    #[default]
    Standard,
    Batch,
    Flex,
    Priority,
    Fast,
    Ultrafast,
    Balanced,
    Decisions,
}

impl Service {
    pub const ALL: &[Service] = &[
        Service::Standard,
        Service::Batch,
        Service::Flex,
        Service::Priority,
        Service::Fast,
        Service::Ultrafast,
        Service::Balanced,
        Service::Decisions,
    ];

    /// Ends the name of a price; empty for the standard tier.
    pub const fn suffix(self) -> &'static str {
        match self {
            Service::Standard => "",
            Service::Batch => "_batch",
            Service::Flex => "_flex",
            Service::Priority => "_priority",
            Service::Fast => "_fast",
            Service::Ultrafast => "_ultrafast",
            Service::Balanced => "_balanced",
            Service::Decisions => "_decisions",
        }
    }

    /// From what a provider calls the tier that it served; what is not known is the standard tier.
    pub fn from_reported(tier: Option<&str>) -> Service {
        match tier.unwrap_or_default() {
            "batch" => Service::Batch,
            "flex" => Service::Flex,
            "priority" => Service::Priority,
            "fast" => Service::Fast,
            "ultrafast" => Service::Ultrafast,
            "balanced" => Service::Balanced,
            "decisions" => Service::Decisions,
            _ => Service::Standard,
        }
    }
}

/// The name of a price: `input`, `output_batch`, `per_image`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceKey {
    pub unit: Unit,
    pub service: Service,
}

impl PriceKey {
    pub const fn new(unit: Unit, service: Service) -> Self {
        Self { unit, service }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        let service = Service::ALL[1..].iter().copied().find(|service| name.ends_with(service.suffix()));
        let service = service.unwrap_or_default();
        Some(Self { unit: Unit::from_name(name.strip_suffix(service.suffix())?)?, service })
    }
}

impl fmt::Display for PriceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.unit.name())?;
        f.write_str(self.service.suffix())
    }
}

/// Pico-dollars by name; few of many, so a sorted list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceTable(Box<[(PriceKey, i64)]>);

impl PriceTable {
    pub fn get(&self, unit: Unit, service: Service) -> Option<i64> {
        let key = PriceKey::new(unit, service);
        self.0.binary_search_by_key(&key, |(key, _)| *key).ok().map(|index| self.0[index].1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (PriceKey, i64)> {
        self.0.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(PriceKey, i64)> for PriceTable {
    /// Of two prices of one name the later stands.
    fn from_iter<I: IntoIterator<Item = (PriceKey, i64)>>(prices: I) -> Self {
        let mut list: Vec<_> = prices.into_iter().collect();
        list.reverse();
        list.sort_by_key(|(key, _)| *key);
        list.dedup_by_key(|(key, _)| *key);
        Self(list.into_boxed_slice())
    }
}

/// Prices of a whole request whose input is longer than `above` tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    pub above: u64,
    pub prices: PriceTable,
}

/// Hours of a weekday, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// 1 is Monday.
    pub weekday: u8,
    pub from_minute: u16,
    /// Exclusive; 1440 is midnight.
    pub to_minute: u16,
}

/// Prices that hold within some hours of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffPeak {
    pub windows: Box<[Window]>,
    pub prices: PriceTable,
}

impl OffPeak {
    /// Whether `at` (UTC milliseconds since 1970) is within the hours.
    pub fn covers(&self, at: i64) -> bool {
        let minutes = at.div_euclid(60_000);
        let minute = minutes.rem_euclid(1440) as u16;
        // The first of January 1970 was a Thursday, the fourth day.
        let weekday = ((minutes.div_euclid(1440) + 3).rem_euclid(7) + 1) as u8;
        self.windows.iter().any(|window| {
            window.weekday == weekday && (window.from_minute..window.to_minute).contains(&minute)
        })
    }
}

/// All prices of one model at one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    pub(super) base: PriceTable,
    /// Rising.
    pub(super) tiers: Box<[Tier]>,
    pub(super) off_peak: Option<Box<OffPeak>>,
}

impl Prices {
    /// Prices without tiers.
    pub fn flat(base: PriceTable) -> Self {
        Self { base, ..Self::default() }
    }

    /// At the standard service tier, for short input, at peak hours. `None`: not priced, which is not free.
    pub fn get(&self, unit: Unit) -> Option<i64> {
        self.base.get(unit, Service::Standard)
    }

    pub fn base(&self) -> &PriceTable {
        &self.base
    }

    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    pub fn off_peak(&self) -> Option<&OffPeak> {
        self.off_peak.as_deref()
    }

    /// Whether a request of tokens can be priced at all.
    pub fn priced(&self) -> bool {
        self.get(Unit::Input).is_some() || self.get(Unit::Output).is_some()
    }
}
