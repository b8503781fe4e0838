"""The official `anthropic` SDK, messages, to an Anthropic upstream and to an OpenAI one."""

import unittest

import anthropic
import pydantic

from gateway import (
    CACHED_TOKENS,
    IMAGE_BASE64,
    OUTPUT_TOKENS,
    REPLY_TEXT,
    TOOL_ARGUMENTS,
    UNCACHED_TOKENS,
    WEATHER_SCHEMA,
    GatewayTest,
)

HELLO = [{"role": "user", "content": "Hi"}]
WEATHER = {"name": "get_weather", "input_schema": WEATHER_SCHEMA}


class Place(pydantic.BaseModel):
    city: str
    unit: str


class Messages:
    """What must hold for every upstream; `provider` says which one."""

    provider = ""

    def arguments(self, model, **more):
        return {"model": self.deploy(self.provider, model), "max_tokens": 100, "messages": HELLO, **more}

    def test_whole(self):
        message = self.anthropic().messages.create(**self.arguments("plain"))
        self.assertEqual(message.type, "message")
        self.assertEqual(message.content[0].text, REPLY_TEXT)
        self.assertEqual(message.stop_reason, "end_turn")
        self.assertEqual(message.usage.input_tokens, UNCACHED_TOKENS)
        self.assertEqual(message.usage.cache_read_input_tokens, CACHED_TOKENS)
        self.assertEqual(message.usage.output_tokens, OUTPUT_TOKENS)

    def test_streamed(self):
        with self.anthropic().messages.stream(**self.arguments("plain")) as stream:
            said = "".join(stream.text_stream)
            final = stream.get_final_message()
        self.assertEqual(said, REPLY_TEXT)
        self.assertEqual(final.stop_reason, "end_turn")
        self.assertEqual(final.usage.output_tokens, OUTPUT_TOKENS)

    def test_tool_call_and_result(self):
        client = self.anthropic()
        message = client.messages.create(**self.arguments("fake-tool", tools=[WEATHER]))
        self.assertEqual(message.stop_reason, "tool_use")
        (call,) = message.content
        self.assertEqual((call.name, call.input), ("get_weather", TOOL_ARGUMENTS))

        result = {"type": "tool_result", "tool_use_id": call.id, "content": "22 degrees"}
        turns = [
            *HELLO,
            {"role": "assistant", "content": [call.model_dump()]},
            {"role": "user", "content": [result]},
        ]
        final = client.messages.create(**self.arguments("fake-tool", tools=[WEATHER], messages=turns))
        self.assertEqual(final.content[0].text, REPLY_TEXT)

    def test_tool_call_streamed(self):
        with self.anthropic().messages.stream(**self.arguments("fake-tool", tools=[WEATHER])) as stream:
            message = stream.get_final_message()
        self.assertEqual(message.stop_reason, "tool_use")
        self.assertEqual(message.content[0].input, TOOL_ARGUMENTS)

    def test_structured_output(self):
        message = self.anthropic().messages.parse(**self.arguments("fake-json", output_format=Place))
        self.assertEqual(message.parsed_output, Place(**TOOL_ARGUMENTS))

    def test_image(self):
        source = {"type": "base64", "media_type": "image/png", "data": IMAGE_BASE64}
        content = [{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]
        turns = [{"role": "user", "content": content}]
        message = self.anthropic().messages.create(**self.arguments("sees-for-anthropic", messages=turns))
        self.assertEqual(message.content[0].text, REPLY_TEXT)
        self.check_image_arrived(self.provider, "sees-for-anthropic")

    def test_errors_are_typed(self):
        client = self.anthropic()
        for model, kind, name in [
            ("fake-400", anthropic.BadRequestError, "invalid_request_error"),
            ("fake-403", anthropic.PermissionDeniedError, "permission_error"),
            ("fake-404", anthropic.NotFoundError, "not_found_error"),
            ("fake-429", anthropic.RateLimitError, "rate_limit_error"),
            ("fake-500", anthropic.InternalServerError, "api_error"),
            ("fake-529", anthropic.APIStatusError, "overloaded_error"),
        ]:
            with self.subTest(model=model), self.assertRaises(kind) as raised:
                client.messages.create(**self.arguments(model))
            self.assertEqual(raised.exception.status_code, int(model.removeprefix("fake-")))
            self.assertEqual(raised.exception.body["type"], "error")
            self.assertEqual(raised.exception.body["error"]["type"], name)

    def test_error_in_mid_stream_is_raised(self):
        with self.assertRaises(anthropic.APIStatusError):
            with self.anthropic().messages.stream(**self.arguments("fake-error-midstream")) as stream:
                stream.get_final_message()

    def test_wrong_key_in_the_callers_format(self):
        with self.assertRaises(anthropic.AuthenticationError) as raised:
            self.anthropic(key="sk-wrong").messages.create(**self.arguments("plain"))
        self.assertEqual(raised.exception.body["error"]["type"], "authentication_error")

    def test_unknown_model_in_the_callers_format(self):
        arguments = {**self.arguments("plain"), "model": "no-such-model"}
        with self.assertRaises((anthropic.NotFoundError, anthropic.BadRequestError)) as raised:
            self.anthropic().messages.create(**arguments)
        self.assertIn("no-such-model", str(raised.exception))

    def test_demo_model_needs_no_provider(self):
        client = self.anthropic()
        arguments = {"model": "demo", "max_tokens": 100, "messages": HELLO}
        whole = client.messages.create(**arguments)
        with client.messages.stream(**arguments) as stream:
            streamed = stream.get_final_message()
        self.assertTrue(whole.content[0].text)
        self.assertEqual(streamed.content[0].text, whole.content[0].text)

    def test_one_ledger_row_per_call(self):
        client = self.anthropic()
        client.messages.create(**self.arguments("counted-messages"))
        with client.messages.stream(**self.arguments("counted-messages")) as stream:
            stream.until_done()
        rows = self.ledger_rows(f"{self.provider}-counted-messages")
        self.assertEqual(len(rows), 2)
        self.assertEqual({row["completion_tokens"] for row in rows}, {OUTPUT_TOKENS})


class ToOpenAi(Messages, GatewayTest):
    provider = "openai"


class ToAnthropic(Messages, GatewayTest):
    provider = "anthropic"

    def test_thinking_keeps_its_signature(self):
        whole = self.anthropic().messages.create(**self.arguments("fake-reasoning"))
        with self.anthropic().messages.stream(**self.arguments("fake-reasoning")) as stream:
            streamed = stream.get_final_message()
        for message in (whole, streamed):
            thinking, text = message.content
            self.assertEqual(thinking.type, "thinking")
            self.assertTrue(thinking.signature)
            self.assertEqual(text.text, REPLY_TEXT)


if __name__ == "__main__":
    unittest.main()
