"""The gateway under test: where it is, and the few management calls that the tests need."""

import json
import os
import unittest
import urllib.error
import urllib.request

import anthropic
import openai

URL = os.environ["POSTERN_URL"]
ADMIN_KEY = os.environ["POSTERN_ADMIN_KEY"]
UPSTREAMS = {
    "openai": os.environ["FAKE_OPENAI_URL"],
    "anthropic": os.environ["FAKE_ANTHROPIC_URL"],
}

# What the fakes say and count (crates/testkit/src/behaviour.rs).
REPLY_TEXT = "Hello from the fake upstream: the quick brown fox jumps over the lazy dog."
TOOL_ARGUMENTS = {"city": "Paris", "unit": "celsius"}
OUTPUT_TOKENS = 21
CACHED_TOKENS = 8
UNCACHED_TOKENS = 12

WEATHER_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
    "required": ["city"],
}


def manage(path, body=None, method=None):
    """One call of the management API with the administrator's key; GET without a body, POST with one."""
    request = urllib.request.Request(
        URL + path,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"authorization": f"Bearer {ADMIN_KEY}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{path} answered {error.code}: {error.read().decode(errors='replace')}") from error


class GatewayTest(unittest.TestCase):
    """A test with a virtual key of its own, and clients of both SDKs that do not retry."""

    maxDiff = None
    _deployed = set()

    @classmethod
    def setUpClass(cls):
        cls.key = manage("/key/generate", {"key_alias": f"sdk {cls.__module__} {cls.__name__}"})["key"]

    def deploy(self, provider, model):
        """Makes a model group `PROVIDER-MODEL` of the fake provider's model, once, and returns its name."""
        group = f"{provider}-{model}"
        if group not in GatewayTest._deployed:
            manage(
                "/model/new",
                {
                    "model_name": group,
                    "litellm_params": {
                        "model": f"{provider}/{model}",
                        "api_base": UPSTREAMS[provider],
                        "api_key": "sk-upstream",
                    },
                },
            )
            GatewayTest._deployed.add(group)
        return group

    def openai(self, key=None):
        client = openai.OpenAI(base_url=f"{URL}/v1", api_key=key or self.key, max_retries=0)
        self.addCleanup(client.close)
        return client

    def anthropic(self, key=None):
        client = anthropic.Anthropic(base_url=URL, api_key=key or self.key, max_retries=0)
        self.addCleanup(client.close)
        return client

    def ledger_rows(self, group):
        """The ledger's rows of one model group."""
        return [row for row in manage("/spend/logs") if group in (row.get("model_group"), row.get("model"))]
