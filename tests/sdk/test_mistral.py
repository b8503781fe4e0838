"""The official `mistralai` SDK, chat completions, to a Mistral upstream and to an Anthropic one."""

import json
import unittest

import pydantic
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from gateway import (
    CACHED_TOKENS,
    IMAGE_URL,
    OUTPUT_TOKENS,
    REPLY_TEXT,
    TOOL_ARGUMENTS,
    UNCACHED_TOKENS,
    URL,
    WEATHER_SCHEMA,
    GatewayTest,
)

HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER_SCHEMA}}


class Place(pydantic.BaseModel):
    city: str
    unit: str


class Chat:
    """What must hold for every upstream; `provider` says which one."""

    provider = ""

    def client(self, key=None):
        client = Mistral(api_key=key or self.key, server_url=URL)
        self.enterContext(client)
        return client

    def complete(self, model, **arguments):
        arguments.setdefault("messages", HELLO)
        return self.client().chat.complete(model=self.deploy(self.provider, model), **arguments)

    def stream(self, model, **arguments):
        with self.client().chat.stream(
            model=self.deploy(self.provider, model), messages=HELLO, **arguments
        ) as events:
            for event in events:
                yield event.data

    def check_usage(self, usage):
        self.assertEqual(usage.prompt_tokens, UNCACHED_TOKENS + CACHED_TOKENS)
        self.assertEqual(usage.completion_tokens, OUTPUT_TOKENS)

    def test_whole(self):
        response = self.complete("plain", temperature=0.5, max_tokens=100)
        self.assertEqual(response.choices[0].message.content, REPLY_TEXT)
        self.assertEqual(response.choices[0].finish_reason, "stop")
        self.check_usage(response.usage)

    def test_streamed(self):
        # The SDK refuses a chunk that says nothing of a finish reason, not even null.
        chunks = list(self.stream("plain"))
        self.assertEqual("".join(choice.delta.content or "" for c in chunks for choice in c.choices), REPLY_TEXT)
        self.assertEqual([choice.finish_reason for c in chunks for choice in c.choices][-1], "stop")

    def test_tool_call_and_result(self):
        message = self.complete("fake-tool", tools=[WEATHER]).choices[0].message
        (call,) = message.tool_calls
        self.assertEqual(call.function.name, "get_weather")
        self.assertEqual(json.loads(call.function.arguments), TOOL_ARGUMENTS)
        result = {"role": "tool", "tool_call_id": call.id, "name": call.function.name, "content": "22 degrees"}
        final = self.complete("fake-tool", tools=[WEATHER], messages=[*HELLO, message, result])
        self.assertEqual(final.choices[0].message.content, REPLY_TEXT)

    def test_forced_tool(self):
        message = self.complete("plain", tools=[WEATHER], tool_choice="any").choices[0].message
        self.assertEqual(message.tool_calls[0].function.name, "get_weather")

    def test_structured_output(self):
        group = self.deploy(self.provider, "fake-json")
        response = self.client().chat.parse(Place, model=group, messages=HELLO)
        self.assertEqual(response.choices[0].message.parsed, Place(**TOOL_ARGUMENTS))

    def test_image(self):
        content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": IMAGE_URL}}]
        response = self.complete("sees-for-mistral", messages=[{"role": "user", "content": content}])
        self.assertEqual(response.choices[0].message.content, REPLY_TEXT)
        self.check_image_arrived(self.provider, "sees-for-mistral")

    def test_errors_are_typed(self):
        for status in (400, 404, 429, 500):
            for call in (self.complete, lambda model: list(self.stream(model))):
                with self.subTest(status=status), self.assertRaises(SDKError) as raised:
                    call(f"fake-{status}")
                self.assertEqual(raised.exception.status_code, status)
                self.assertTrue(json.loads(raised.exception.body)["error"]["message"])

    def test_wrong_key(self):
        with self.assertRaises(SDKError) as raised:
            self.client("sk-wrong").chat.complete(model="demo", messages=HELLO)
        self.assertEqual(raised.exception.status_code, 401)

    def test_unknown_model(self):
        with self.assertRaises(SDKError) as raised:
            self.client().chat.complete(model="no-such-model", messages=HELLO)
        self.assertEqual(raised.exception.status_code, 404)


class ToMistral(Chat, GatewayTest):
    provider = "mistral"


class ToAnthropic(Chat, GatewayTest):
    provider = "anthropic"


if __name__ == "__main__":
    unittest.main()
