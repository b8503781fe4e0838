"""Pydantic's genai-prices -> catalogue rows and a second opinion on prices.

It joins models that the first source lacks (OpenRouter above all), adds aliases, and is what the first source is
checked against. Where both know a model the first source's prices stand.
"""

import re
from decimal import Decimal

from schema import FREE_MODELS, SourceError, tidy_prices

SOURCE = "genai-prices"
MILLION = Decimal(10) ** 6  # dollars a million -> pico-dollars a unit
PROVIDERS = {
    "aws": "bedrock", "google": "gemini", "x-ai": "xai", "moonshotai": "moonshot", "zhipuai": "zhipu",
    "voyageai": "voyage", "github-copilot": "github_copilot",
}
# Only checked against: their ids here are families, or mix several APIs.
CHECK_ONLY = {"aws", "google", "azure", "anthropic", "openai", "openai-decisions", "databricks", "cursor"}
# unit -> (our name, how many units its price is for)
UNITS = {
    "input_mtok": ("input", 10**6), "output_mtok": ("output", 10**6), "cache_read_mtok": ("cache_read", 10**6),
    "cache_write_mtok": ("cache_write", 10**6), "cache_write_1h_mtok": ("cache_write_1h", 10**6),
    "input_audio_mtok": ("audio_input", 10**6), "output_audio_mtok": ("audio_output", 10**6),
    "cache_audio_read_mtok": ("cache_read_audio", 10**6), "input_image_mtok": ("image_input", 10**6),
    "output_image_mtok": ("image_output", 10**6), "cache_image_read_mtok": ("cache_read_image", 10**6),
    "input_video_mtok": ("video_input", 10**6), "output_video_mtok": ("video_output", 10**6),
    "output_reasoning_mtok": ("reasoning", 10**6), "output_citation_mtok": ("citation", 10**6),
    "input_mchars": ("per_input_character", 10**6), "web_searches_kcount": ("per_search_medium", 1000),
    "storage_searches_kcount": ("per_file_search", 1000), "requests_kcount": ("per_request", 1000),
    "input_text_messages_kcount": ("per_text_message", 1000), "input_document_kpages": ("per_page", 1000),
    "input_annotated_document_kpages": ("per_annotated_page", 1000), "audio_hours": ("per_input_second", 3600),
    "input_audio_hours": ("per_input_audio_second", 3600),
}
VARIANTS = {("processing", "batch"): "batch", ("service_tier", "priority"): "priority", ("service_tier", "flex"): "flex",
            ("service_tier", "fast"): "fast"}


def unit_price(price, units):
    return int((Decimal(price) * 10**12 / units).to_integral_value())


def split_prices(prices, suffix=""):
    """-> (prices, {above: prices})."""
    base, tiers, unknown = {}, {}, [unit for unit in prices if unit not in UNITS]
    if unknown:
        raise SourceError("unknown price units in genai-prices: " + ", ".join(sorted(unknown)))
    for unit, price in prices.items():
        name, units = UNITS[unit]
        if isinstance(price, dict):
            base[name + suffix] = unit_price(price["base"], units)
            for tier in price["tiers"]:
                tiers.setdefault(tier["start"], {})[name + suffix] = unit_price(tier["price"], units)
        else:
            base[name + suffix] = unit_price(price, units)
    return base, tiers


def in_force(prices, date):
    """The prices that hold on `date`: the last one that has begun; of those by the hour, the dearest."""
    if isinstance(prices, dict):
        return prices
    begun, hourly = {}, []
    for item in prices:
        constraint = item.get("constraint") or {}
        if "start_time" in constraint:
            hourly.append(item["prices"])
        elif constraint.get("start_date", "") <= date:
            begun, hourly = item["prices"], []
    return max([begun, *hourly], key=lambda p: p.get("input_mtok", 0) if not isinstance(p.get("input_mtok"), dict) else 0)


def matches(rule, name):
    (kind, value), = rule.items()
    if kind == "or":
        return any(matches(part, name) for part in value)
    if kind == "and":
        return all(matches(part, name) for part in value)
    return {
        "equals": lambda: name == value, "contains": lambda: value in name,
        "starts_with": lambda: name.startswith(value), "ends_with": lambda: name.endswith(value),
        "regex": lambda: re.search(value, name) is not None,
    }[kind]()


def equal_names(rule):
    (kind, value), = rule.items()
    if kind == "equals":
        return [value]
    return [name for part in value for name in equal_names(part)] if kind == "or" else []


def provider_and_route(source_id):
    """Hugging Face's router takes `model:route`; the source has one provider for each route."""
    if source_id.startswith("huggingface_"):
        return "huggingface", ":" + source_id.removeprefix("huggingface_")
    return PROVIDERS.get(source_id, source_id), ""


def row(provider_id, route, model, date):
    names = equal_names(model["match"])
    own = model["id"] if route or matches(model["match"], model["id"]) else (names or [None])[0]
    if own is None or re.search(r"[\[\]\s]", own):
        return None
    model_id = own + route
    raw = in_force(model["prices"], date)
    base, tiers = split_prices(raw)
    for variant in model.get("price_variants", []):
        service = VARIANTS.get(next(iter(variant["when"].items())))
        if service and (variant.get("constraint") or {}).get("start_date", "") <= date and len(variant["when"]) == 1:
            more, more_tiers = split_prices(variant["prices"], f"_{service}")
            base.update(more)
            for above, prices in more_tiers.items():
                tiers.setdefault(above, {}).update(prices)
    if not base and FREE_MODELS.match(f"{provider_id}/{model_id}"):
        base = {"input": 0, "output": 0}
    tiers = [{"above": above, "prices": tidy_prices(provider_id, model_id, prices)} for above, prices in sorted(tiers.items())]
    text = model_id.lower()
    mode = "embedding" if "embed" in text else "rerank" if "rerank" in text else "chat"
    if mode == "chat" and "output" not in base and "per_input_second" in base:
        mode = "audio_transcription"
    elif mode == "chat" and "output" not in base and "per_input_character" in base:
        mode = "audio_speech"
    elif provider_id == "voyage":
        mode = "rerank" if "rerank" in text else "embedding"
    elif mode == "chat" and "per_page" in base:
        mode = "ocr"
    return {
        "provider": provider_id, "id": model_id, "mode": mode, "context": model.get("context_window"),
        "max_output": None, "caps": [], "prices": tidy_prices(provider_id, model_id, base),
        "tiers": [tier for tier in tiers if tier["prices"]], "off_peak": None, "deprecates": None,
        "aliases": [] if route else sorted({name for name in names if name != own and not name.startswith(provider_id + "/")
                           and not name.startswith(provider_id + ":")}),
        "source": SOURCE,
    }


# Vendor prefixes of OpenRouter's ids -> the provider whose own row tells the model's capabilities.
VENDORS = {"openai": "openai", "anthropic": "anthropic", "google": "gemini", "mistralai": "mistral", "x-ai": "xai",
           "deepseek": "deepseek", "cohere": "cohere", "perplexity": "perplexity", "moonshotai": "moonshot",
           "z-ai": "zai", "minimax": "minimax", "qwen": "dashscope"}


def lend_capabilities(model, models):
    """A router's model can do what it can do at its maker's."""
    vendor, _, name = model["id"].partition("/")
    name = name.split(":")[0]
    maker = VENDORS.get(vendor)
    for candidate in (name, name.replace(".", "-"), f"{name}-latest"):
        known = models.get((maker, candidate))
        if known:
            model["caps"] = known["caps"]
            model["context"] = model["context"] or known["context"]
            model["max_output"] = known["max_output"]
            return


def read(data, models, date, report):
    """Adds to `models` in place. -> rows for the cross-check: (provider, id, input, output) as this source has them."""
    opinions = []
    for source in data:
        provider_id, route = provider_and_route(source["id"])
        taken = {alias for (p, i), m in models.items() if p == provider_id for alias in [i, *m["aliases"]]}
        for model in source["models"]:
            found = row(provider_id, route, model, date)
            if found is None:
                report["second source: no usable id"] += 1
                continue
            key = (provider_id, found["id"])
            known = models.get(key)
            if known:
                opinions.append((provider_id, found["id"], found["prices"].get("input"), found["prices"].get("output")))
                fresh = [alias for alias in found["aliases"] if alias not in taken]
                if source["id"] not in CHECK_ONLY and fresh:
                    known["aliases"] = sorted({*known["aliases"], *fresh})
                    taken.update(fresh)
                if not known["context"]:
                    known["context"] = found["context"]
                if not any(name in known["prices"] for name in ("input", "output")) and found["prices"]:
                    report["priced by the second source"] += 1
                    known["prices"] = dict(sorted({**known["prices"], **found["prices"]}.items()))
                    known["source"] = SOURCE
            elif source["id"] in CHECK_ONLY:
                report["second source: only checked against"] += 1
            elif found["id"] in taken or taken.intersection(found["aliases"]):
                report["second source: known under another id"] += 1
            elif found["prices"]:
                report["added by the second source"] += 1
                found["aliases"] = [alias for alias in found["aliases"] if alias not in taken]
                lend_capabilities(found, models)
                models[key] = found
                taken.update([found["id"], *found["aliases"]])
    return opinions
