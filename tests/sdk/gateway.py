"""The gateway under test and the fakes behind it: where they are, and the few calls that the tests need of them."""

import base64
import json
import os
import unittest
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ["POSTERN_URL"]
ADMIN_KEY = os.environ["POSTERN_ADMIN_KEY"]
# Each fake by its provider's name; Mistral's API is OpenAI's, with rules of its own.
UPSTREAMS = {
    name.removeprefix("FAKE_").removesuffix("_URL").lower(): url
    for name, url in os.environ.items()
    if name.startswith("FAKE_") and name.endswith("_URL")
}
UPSTREAMS["mistral"] = UPSTREAMS["openai"]

# What the fakes say and count (crates/testkit/src/behaviour.rs).
REPLY_TEXT = "Hello from the fake upstream: the quick brown fox jumps over the lazy dog."
TOOL_ARGUMENTS = {"city": "Paris", "unit": "celsius"}
OUTPUT_TOKENS = 21
CACHED_TOKENS = 8
UNCACHED_TOKENS = 12

# Four pixels, with both letters in which base64 and its variant for URLs differ.
IMAGE_BASE64 = (
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAF0lEQVR42mMILe/9Gr+E4dvjCSqzLgMAMPEHTO6BiAoAAAAASUVORK5CYII="
)
IMAGE = base64.b64decode(IMAGE_BASE64)
IMAGE_URL = f"data:image/png;base64,{IMAGE_BASE64}"

WEATHER_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
    "required": ["city"],
}


def manage(path, body=None, method=None):
    """One call of the management API with the administrator's key; GET without a body, POST with one."""
    return _call(URL + path, body, method)


def _call(url, body, method):
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"authorization": f"Bearer {ADMIN_KEY}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url} answered {error.code}: {error.read().decode(errors='replace')}") from error


def script(provider, model, text, tool=None):
    """From now on the fake's model first calls the tool (name and arguments), and says the text with its result."""
    tool = tool and {"name": tool[0], "arguments": tool[1]}
    _call(_control(provider, f"models/{model}"), {"text": text, "tool": tool}, "PUT")


def received(provider, model):
    """The bodies that the fake was sent for one of its models, in order."""
    requests = _call(_control(provider, "requests"), None, "GET")
    return [r["body"] for r in requests if (r["body"] or {}).get("model") == model or f"/models/{model}:" in r["path"]]


def _control(provider, path):
    return urllib.parse.urljoin(UPSTREAMS[provider], f"/fake/{path}")


class GatewayTest(unittest.TestCase):
    """A test with a virtual key of its own, and clients of the SDKs that many tests use, which do not retry."""

    maxDiff = None
    _deployed = set()

    @classmethod
    def setUpClass(cls):
        cls.key = manage("/key/generate", {"key_alias": f"sdk {cls.__module__} {cls.__name__}"})["key"]

    def deploy(self, provider, model, group=None):
        """Makes a model group (`PROVIDER-MODEL`) of the fake provider's model, once, and returns its name."""
        group = group or f"{provider}-{model}"
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
        import openai

        client = openai.OpenAI(base_url=f"{URL}/v1", api_key=key or self.key, max_retries=0)
        self.addCleanup(client.close)
        return client

    def anthropic(self, key=None):
        import anthropic

        client = anthropic.Anthropic(base_url=URL, api_key=key or self.key, max_retries=0)
        self.addCleanup(client.close)
        return client

    def check_image_arrived(self, provider, model):
        """The latest request for the fake's model carries the image in the way of its API."""
        arrived = list(_objects(received(provider, model)[-1]))
        if provider == "gemini":
            # Google reads both spellings of the members, and both of base64, and its SDK uses them.
            data = [part["inlineData"]["data"] for part in arrived if "inlineData" in part]
            self.assertEqual([base64.urlsafe_b64decode(d.translate({43: 45, 47: 95})) for d in data], [IMAGE])
        elif provider == "anthropic":
            source = {"type": "base64", "media_type": "image/png", "data": IMAGE_BASE64}
            self.assertIn({"type": "image", "source": source}, arrived)
        elif provider == "ollama":
            self.assertIn([IMAGE_BASE64], [message.get("images") for message in arrived])
        else:
            self.assertIn({"type": "image_url", "image_url": {"url": IMAGE_URL}}, arrived)

    def ledger_rows(self, group):
        """The ledger's rows of one model group."""
        return [row for row in manage("/spend/logs") if group in (row.get("model_group"), row.get("model"))]


def _objects(value):
    """Every object within a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
