"""LiteLLM's model map -> catalogue rows. It is the first source: prices, capabilities, contexts, modes."""

import re
from decimal import Decimal

from schema import CAPABILITIES, TIERS_FROM, SourceError, pico, provider, tidy_prices

SOURCE = "litellm"

# Entries that are no models: documentation, rules, guardrail units.
NOT_MODELS = {"sample_spec", "fallback_generalizations", "bedrock/guardrails"}
# Entries that name a size class, a hosting commitment, or one quality and size of an image: nothing that a provider's
# API takes as a model id.
NOT_IDS = re.compile(r"(^|/)(\d+-x-\d+|max-x-max)/|-month-commitment/|^(fireworks|together)-ai-|(^|/)\d+-steps/|/container$")

# LiteLLM's key -> our price name; longest first, so that `.._above_1hr` wins over its own beginning.
TOKEN_KEYS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "explicit_cache_read_input_token_cost": "cache_read_explicit",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "cache_creation_input_token_cost_above_12hr": "cache_write_12h",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "cache_creation_input_audio_token_cost": "cache_write_audio",
    "cache_read_input_image_token_cost": "cache_read_image",
    "output_cost_per_reasoning_token": "reasoning",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
    "input_cost_per_image_token": "image_input",
    "output_cost_per_image_token": "image_output",
    "input_cost_per_video_token": "video_input",
    "output_cost_per_video_token": "video_output",
    "citation_cost_per_token": "citation",
}
UNIT_KEYS = {
    "annotation_cost_per_page": "per_annotated_page",
    "ocr_cost_per_page": "per_page",
    "ocr_cost_per_credit": "per_credit",
    "code_interpreter_cost_per_session": "per_code_interpreter_session",
    "google_maps_grounding_cost_per_query": "per_maps_query",
    "input_cost_per_query": "per_query",
    "input_cost_per_request": "per_request",
    "input_cost_per_text_message": "per_text_message",
    "input_cost_per_character": "per_input_character",
    "output_cost_per_character": "per_output_character",
    "input_cost_per_image": "per_input_image",
    "output_cost_per_image": "per_image",
    "input_cost_per_pixel": "per_input_pixel",
    "output_cost_per_pixel": "per_pixel",
    "input_cost_per_second": "per_input_second",
    "output_cost_per_second": "per_second",
    "input_cost_per_audio_per_second": "per_input_audio_second",
    "input_cost_per_video_per_second": "per_input_video_second",
    "input_cost_per_video_per_second_above_8s_interval": "per_input_video_second_above_8s",
    "input_cost_per_video_per_second_above_15s_interval": "per_input_video_second_above_15s",
    "output_cost_per_video_per_second": "per_video_second",
    "cost_per_second": "per_hosting_second",
}
UNIT_KEYS |= {f"output_cost_per_image_{s}": f"per_image_{s.lower().replace('.', '_')}"
              for s in ("0.5K", "1K", "2K", "4K", "512", "1024", "1536")}
UNIT_KEYS |= {f"output_cost_per_second_{s}": f"per_second_{s}" for s in ("480p", "720p", "768p", "1080p", "2k", "4k")}
NAMES = TOKEN_KEYS | UNIT_KEYS
SERVICE_SUFFIXES = {"batches": "batch", "flex": "flex", "priority": "priority", "ultrafast": "ultrafast",
                    "balanced": "balanced", "decisions": "decisions"}
PRICE_KEY = re.compile(
    "^(" + "|".join(sorted(map(re.escape, NAMES), key=len, reverse=True)) + ")"
    r"(?:_above_(\d+)k_tokens)?(?:_(" + "|".join(SERVICE_SUFFIXES) + "))?$")
# Handled apart, or of no use for the cost of a request. Every other key that smells of money is an error.
SPECIAL_KEYS = {
    "input_cost_per_token_cache_hit", "search_context_cost_per_query", "tiered_pricing", "off_peak_pricing",
    "input_dbu_cost_per_token", "output_dbu_cost_per_token", "guardrail_cost_per_unit",
    "regional_endpoint_uplift_multiplier", "regional_processing_uplift_multiplier_eu",
    "regional_processing_uplift_multiplier_us", "search_free_requests", "web_search_billing_unit",
    "file_search_cost_per_1k_calls", "file_search_cost_per_gb_per_day", "vector_store_cost_per_gb_per_day",
    "computer_use_input_cost_per_1k_tokens", "computer_use_output_cost_per_1k_tokens",
}
MONEY = re.compile(r"cost|price|pricing|multiplier|uplift|fee|charge|per_token|per_credit|billing")

CAPABILITY_KEYS = {
    "supports_function_calling": "tools", "supports_parallel_function_calling": "parallel_tools",
    "supports_tool_choice": "tool_choice", "supports_vision": "vision", "supports_image_input": "vision",
    "supports_embedding_image_input": "vision", "supports_pdf_input": "pdf", "supports_audio_input": "audio_in",
    "supports_audio_output": "audio_out", "supports_video_input": "video_in", "supports_reasoning": "reasoning",
    "supports_response_schema": "json_schema", "supports_native_structured_output": "json_schema",
    "supports_prompt_caching": "caching", "supports_web_search": "web_search",
    "supports_computer_use": "computer_use", "supports_system_messages": "system",
    "supports_assistant_prefill": "prefill", "supports_url_context": "url_context",
    "supports_tool_search": "tool_search", "supports_adaptive_thinking": "adaptive_thinking",
    "thinking_always_on": "always_thinking", "supports_fast_mode": "fast_mode",
    "supports_none_reasoning_effort": "effort_none", "supports_minimal_reasoning_effort": "effort_minimal",
    "supports_low_reasoning_effort": "effort_low", "supports_xhigh_reasoning_effort": "effort_xhigh",
    "supports_max_reasoning_effort": "effort_max",
}
NEGATIVE_KEYS = {"supports_forced_tool_use": "no_forced_tools", "supports_sampling_params": "no_sampling"}
MODES = {"image_generation": "image", "video_generation": "video"}
# Prefixes that LiteLLM puts before a bare upstream id, where they differ from the provider's own name.
PREFIXES = {"vertex": "vertex_ai", "fireworks": "fireworks_ai", "together": "together_ai", "nvidia": "nvidia_nim",
            "zhipu": "bigmodel", "amazon_nova": "amazon-nova", "codestral": "(?:text-completion-)?codestral",
            "inception": "(?:text-completion-)?inception"}
FIREWORKS = "accounts/fireworks/models/"


def unknown_price_keys(data):
    keys = {key for name, entry in data.items() if name not in NOT_MODELS for key in entry}
    return sorted(key for key in keys
                  if key not in SPECIAL_KEYS and not PRICE_KEY.match(key) and MONEY.search(key))


def number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def split_prices(entry):
    """-> (prices, {above: prices}) of one flat entry."""
    base, tiers = {}, {}
    for key, value in entry.items():
        found = PRICE_KEY.match(key)
        if not found or not number(value):
            continue
        name = NAMES[found[1]] + (f"_{SERVICE_SUFFIXES[found[3]]}" if found[3] else "")
        into = tiers.setdefault(int(found[2]) * 1000, {}) if found[2] else base
        into[name] = pico(value)
    if "cache_read" not in base and number(entry.get("input_cost_per_token_cache_hit")):
        base["cache_read"] = pico(entry["input_cost_per_token_cache_hit"])
    for size, value in (entry.get("search_context_cost_per_query") or {}).items():
        if number(value):
            base["per_search_" + size.removeprefix("search_context_size_")] = pico(value)
    return base, tiers


def graduated(entry, base, tiers):
    """`tiered_pricing`: the range that the whole input falls into prices the whole request."""
    for step in entry.get("tiered_pricing") or []:
        if "range" not in step:
            continue
        start = int(step["range"][0])
        prices, nested = split_prices(step)
        if nested:
            raise SourceError(f"tiers within a tier: {step}")
        if start == 0:
            base.update(prices)
        else:
            tiers.setdefault(start, {}).update(prices)


def minutes(text):
    hours, minute = text.split(":")
    return int(hours) * 60 + int(minute)


def off_peak(provider_id, model_id, entry):
    """-> {"windows": [[weekday 1..7 (Monday is 1), from minute, to minute (exclusive)]..], "prices"} in UTC."""
    rule = entry.get("off_peak_pricing")
    if not rule:
        return None
    windows = []
    for window in rule["windows"]:
        hours = window["hours_utc"]
        for span in [hours] if isinstance(hours, str) else hours:
            start, end = map(minutes, span.split("-"))
            for day in window.get("weekdays", range(1, 8)):
                if end == 0 or end > start:
                    windows.append([day, start, end or 1440])
                else:
                    windows += [[day, start, 1440], [day % 7 + 1, 0, end]]
    return {"windows": sorted(windows), "prices": tidy_prices(provider_id, model_id, split_prices(rule)[0])}


def capabilities(entry):
    found = {name for key, name in CAPABILITY_KEYS.items() if entry.get(key) is True}
    found |= {name for key, name in NEGATIVE_KEYS.items() if entry.get(key) is False}
    if "image" in entry.get("supported_output_modalities", []):
        found.add("image_out")
    if entry.get("mode") == "responses" or any("responses" in e for e in entry.get("supported_endpoints", [])):
        found.add("responses")
    return sorted(found & set(CAPABILITIES))


def upstream_id(provider_id, name):
    """-> (the id that the provider's API takes, other ids that people use)."""
    prefix = PREFIXES.get(provider_id, re.escape(provider_id))
    bare = re.sub(f"^{prefix}/", "", name)
    if provider_id == "fireworks" and "/" not in bare:
        return FIREWORKS + bare, [bare]
    if provider_id == "fireworks" and bare.startswith(FIREWORKS):
        return bare, [bare.removeprefix(FIREWORKS)]
    return bare, []


def whole(value):
    return int(value) if number(value) and value > 0 else None


def row(name, entry):
    provider_id = provider(entry["litellm_provider"])
    model_id, aliases = upstream_id(provider_id, name)
    base, tiers = split_prices(entry)
    graduated(entry, base, tiers)
    # Some have the dearer prices from that length on, others beyond it.
    less = 1 if provider_id in TIERS_FROM else 0
    tiers = [{"above": above - less, "prices": tidy_prices(provider_id, model_id, prices)}
             for above, prices in sorted(tiers.items())]
    date = entry.get("deprecation_date") or ""
    return {
        "provider": provider_id,
        "id": model_id,
        "mode": MODES.get(entry.get("mode"), entry.get("mode")) or "chat",
        "context": whole(entry.get("max_input_tokens")),
        "max_output": whole(entry.get("max_output_tokens")),
        "caps": capabilities(entry),
        "prices": tidy_prices(provider_id, model_id, base),
        "tiers": [tier for tier in tiers if tier["prices"]],
        "off_peak": off_peak(provider_id, model_id, entry),
        "deprecates": date if re.fullmatch(r"\d{4}-\d\d-\d\d", date) else None,
        "aliases": aliases,
        "source": SOURCE,
    }


def merge(first, second):
    """Two entries of one id: the one that says more wins, the other fills its gaps."""
    def weight(model):
        return (model["mode"] == "chat", len(model["prices"]), len(model["caps"]), bool(model["context"]))

    best, other = (first, second) if weight(first) >= weight(second) else (second, first)
    merged = {key: best[key] or other[key] for key in best}
    merged["caps"] = sorted({*best["caps"], *other["caps"]})
    merged["aliases"] = sorted({*best["aliases"], *other["aliases"]})
    return merged


def read(data, report):
    """-> {(provider, id): row}."""
    unknown = unknown_price_keys(data)
    if unknown:
        raise SourceError("unknown price keys in LiteLLM's map: " + ", ".join(unknown))
    models = {}
    for name, entry in sorted(data.items()):
        if name in NOT_MODELS or NOT_IDS.search(name):
            report["left out: no model id"] += 1
            continue
        model = row(name, entry)
        key = (model["provider"], model["id"])
        if key in models:
            report["entries of one id merged"] += 1
            model = merge(models[key], model)
        models[key] = model
    return models
