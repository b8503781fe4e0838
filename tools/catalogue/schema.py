"""The catalogue's vocabulary: price names, capabilities, provider ids, and exact money.

Everything that both sources must agree on lives here. `crates/gateway/src/catalogue/price.rs` reads the same price
names; its tests fail on a name in the data that it does not know.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal

PICO = Decimal(10) ** 12

# Suffixes of a price name: the service tier at which it holds. None is the standard tier.
SERVICES = ["batch", "flex", "priority", "fast", "ultrafast", "balanced", "decisions"]

# Above this a price per token is an error of the source (0.01 dollars a token = 10,000 dollars a million).
MAX_TOKEN_PRICE = 10**10
# Above this any price is an error (1,000 dollars a unit).
MAX_UNIT_PRICE = 10**15

CAPABILITIES = [
    "adaptive_thinking", "always_thinking", "audio_in", "audio_out", "caching", "computer_use", "effort_low",
    "effort_max", "effort_minimal", "effort_none", "effort_xhigh", "fast_mode", "image_out", "json_schema",
    "no_forced_tools", "no_sampling", "parallel_tools", "pdf", "prefill", "reasoning", "responses", "system",
    "tool_choice", "tool_search", "tools", "url_context", "video_in", "vision", "web_search",
]

# A source's provider -> ours. What is not listed keeps its name.
PROVIDERS = {
    "text-completion-openai": "openai",
    "azure_text": "azure",
    "bedrock_converse": "bedrock",
    "cohere_chat": "cohere",
    "fireworks_ai": "fireworks",
    "fireworks_ai-embedding-models": "fireworks",
    "text-completion-codestral": "codestral",
    "text-completion-inception": "inception",
    "together_ai": "together",
    "nvidia_nim": "nvidia",
    "bigmodel": "zhipu",
    "vertex_ai": "vertex",
}

# Providers whose models cost nothing, or that run on the user's own machine: a zero there is a price.
FREE_PROVIDERS = {"ollama", "lemonade", "codestral"}
# Models that really cost nothing elsewhere. Any other all-zero price is a placeholder and means "unpriced".
FREE_MODELS = re.compile(r"^(openai/omni-moderation-.*|gemini/gemma-.*|mistral/labs-.*|.*[:-]free)$")


class SourceError(Exception):
    """The source holds something that this tool does not understand; the message lists it."""


def provider(name):
    if name in PROVIDERS:
        return PROVIDERS[name]
    return "vertex" if name.startswith("vertex_ai-") else name


def pico(dollars):
    """Dollars -> whole pico-dollars, rounded once."""
    return int((Decimal(dollars) * PICO).to_integral_value(ROUND_HALF_EVEN))


def is_token_price(name):
    return not name.startswith("per_")


def base_name(name):
    """`input_batch` -> `input`."""
    for service in SERVICES:
        if name.endswith("_" + service):
            return name[: -len(service) - 1]
    return name


def tidy_prices(provider_id, model_id, prices, local_free=False):
    """Drops what would make a used token look free or repeats a fallback.

    * A zero for a part of the input (cache reads and writes) says "no surcharge", not "free": dropped, so that the
      input price holds.
    * All token prices zero: a price only if the model is known to be free; otherwise a placeholder, dropped.
    * Token prices zero beside a real price per image, query or page: the tokens are not what is billed; dropped, so
      that tokens alone read as unpriced rather than as free.
    * A reasoning price equal to the output price is its fallback; dropped, so that it follows the tier of the output.
    """
    prices = {name: price for name, price in prices.items() if price or name in ("input", "output")}
    token_prices = [price for name, price in prices.items() if is_token_price(name)]
    if token_prices and not any(token_prices):
        free = local_free or provider_id in FREE_PROVIDERS or FREE_MODELS.match(f"{provider_id}/{model_id}")
        billed_otherwise = any(price for name, price in prices.items() if not is_token_price(name))
        if billed_otherwise or not free:
            prices = {name: price for name, price in prices.items() if not is_token_price(name)}
    for name in [name for name in prices if base_name(name) == "reasoning"]:
        if prices[name] == prices.get(name.replace("reasoning", "output", 1)):
            del prices[name]
    return dict(sorted(prices.items()))

# Providers whose long-context prices hold from the named length on, that length included: xAI, as both sources compute.
TIERS_FROM = {"xai"}
