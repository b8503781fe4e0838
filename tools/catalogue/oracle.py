#!/usr/bin/env python3
"""Writes `crates/gateway/data/oracle.json`: what two other programs compute for shapes of usage, by models of the catalogue.

The gateway's own arithmetic is compared with it. Needs both programs at the versions that `pins.json` names:

    python3 -m venv oracle && oracle/bin/pip install litellm==... genai-prices==...
    oracle/bin/python tools/catalogue/oracle.py
"""

import importlib.metadata
import json
import logging
import os
import pathlib
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import genai_prices
import litellm
from litellm.litellm_core_utils.llm_cost_calc.utils import generic_cost_per_token
from litellm.types.utils import CompletionTokensDetailsWrapper, PromptTokensDetailsWrapper, Usage

logging.disable(logging.CRITICAL)

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "crates" / "gateway" / "data"

# Of each: all input, of it read from the cache, written to it, written for an hour; all output, of it reasoning; the tier.
SHAPES = [
    {"name": "plain", "input": 1000, "output": 500},
    {"name": "cached", "input": 20_000, "cache_read": 15_000, "output": 700},
    {"name": "written", "input": 9_000, "cache_read": 2_000, "cache_write": 5_000, "output": 300},
    {"name": "reasoning", "input": 1_200, "output": 4_000, "reasoning": 3_500},
    {"name": "long", "input": 300_000, "cache_read": 100_000, "output": 2_000},
    {"name": "edge", "input": 200_000, "output": 1},
    {"name": "one", "input": 1, "output": 1},
]


def nanos(dollars):
    return round(dollars * 1e9)


def by_litellm(provider, key, shape):
    """`None` where it does not compute this shape for this model."""
    read, written = shape.get("cache_read", 0), shape.get("cache_write", 0)
    usage = Usage(
        prompt_tokens=shape["input"],
        completion_tokens=shape["output"],
        total_tokens=shape["input"] + shape["output"],
        cache_read_input_tokens=read,
        cache_creation_input_tokens=written,
        prompt_tokens_details=PromptTokensDetailsWrapper(cached_tokens=read, cache_creation_tokens=written),
        completion_tokens_details=CompletionTokensDetailsWrapper(reasoning_tokens=shape.get("reasoning", 0)),
    )
    prompt, completion = generic_cost_per_token(model=key, usage=usage, custom_llm_provider=provider)
    return nanos(prompt + completion)


def by_genai(provider, model, shape):
    usage = genai_prices.Usage(
        input_tokens=shape["input"],
        cache_read_tokens=shape.get("cache_read", 0),
        cache_write_tokens=shape.get("cache_write", 0),
        output_tokens=shape["output"],
    )
    price = genai_prices.calc_price(usage, model_ref=model, provider_id=provider)
    return nanos(float(price.total_price))


# What the catalogue calls a provider, and the other program.
GENAI = {"gemini": "google", "xai": "x-ai", "moonshot": "moonshotai", "fireworks_ai": "fireworks", "together_ai": "together"}


def computed(how, *names):
    try:
        return [how(*names, shape) for shape in SHAPES]
    except Exception:  # noqa: BLE001 - whatever it is that such a program does not know
        return None


def main():
    pins = json.loads((HERE / "pins.json").read_text())
    for name, package in [("litellm", "litellm"), ("genai_prices", "genai-prices")]:
        found = importlib.metadata.version(package)
        if found != pins[name]["version"]:
            sys.exit(f"{package} {found} is installed; pins.json names {pins[name]['version']}")
    catalogue = json.loads((DATA / "catalogue.json").read_text())
    agreed = {(row[0], row[1]) for row in json.loads((DATA / "crosscheck.json").read_text())["agree"]}
    rows = []
    for model in catalogue["models"]:
        provider, name, prices = model["provider"], model["id"], model.get("prices", {})
        if model["mode"] not in ("chat", "completion", "responses") or not {"input", "output"} <= prices.keys():
            continue
        if model["source"] == "litellm":
            for key in (f"{provider}/{name}", name):
                known = litellm.model_cost.get(key)
                if known and known.get("litellm_provider", "").split("-")[0] == provider.split("-")[0]:
                    costs = computed(by_litellm, known["litellm_provider"], key)
                    if costs:
                        rows.append(["litellm", provider, name, costs])
                    break
        if (provider, name) in agreed:
            costs = computed(by_genai, GENAI.get(provider, provider), name)
            if costs:
                rows.append(["genai_prices", provider, name, costs])
    versions = {name: pins[name]["version"] for name in ("litellm", "genai_prices")}
    head = json.dumps({"sources": versions, "shapes": SHAPES})[:-1]
    text = head + ', "rows": [\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]}\n"
    (DATA / "oracle.json").write_text(text)
    print({name: sum(row[0] == name for row in rows) for name in versions})


if __name__ == "__main__":
    main()
