"""The official `openai` SDK, chat completions, to an OpenAI upstream and to an Anthropic one."""

import json
import unittest

import openai
import pydantic

from gateway import (
    CACHED_TOKENS,
    IMAGE_URL,
    OUTPUT_TOKENS,
    REPLY_TEXT,
    TOOL_ARGUMENTS,
    UNCACHED_TOKENS,
    UPSTREAMS,
    WEATHER_SCHEMA,
    GatewayTest,
    manage,
)

HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER_SCHEMA}}


class Place(pydantic.BaseModel):
    city: str
    unit: str


class Chat:
    """What must hold for every upstream; `provider` says which one."""

    provider = ""

    def create(self, model, **arguments):
        group = self.deploy(self.provider, model)
        arguments.setdefault("messages", HELLO)
        return self.openai().chat.completions.create(model=group, **arguments)

    def check_usage(self, usage):
        self.assertEqual(usage.prompt_tokens, UNCACHED_TOKENS + CACHED_TOKENS)
        self.assertEqual(usage.prompt_tokens_details.cached_tokens, CACHED_TOKENS)
        self.assertEqual(usage.completion_tokens, OUTPUT_TOKENS)
        self.assertEqual(usage.total_tokens, UNCACHED_TOKENS + CACHED_TOKENS + OUTPUT_TOKENS)

    def test_whole(self):
        completion = self.create("plain")
        self.assertEqual(completion.object, "chat.completion")
        self.assertEqual(completion.choices[0].message.role, "assistant")
        self.assertEqual(completion.choices[0].message.content, REPLY_TEXT)
        self.assertEqual(completion.choices[0].finish_reason, "stop")
        self.check_usage(completion.usage)

    def test_streamed(self):
        chunks = list(self.create("plain", stream=True))
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(said, REPLY_TEXT)
        self.assertEqual([c.choices[0].finish_reason for c in chunks if c.choices][-1], "stop")
        self.assertTrue(all(chunk.usage is None for chunk in chunks), "nobody asked for usage")
        self.assertTrue(all(chunk.choices for chunk in chunks), "no chunk of the gateway's own making")

    def test_streamed_with_usage(self):
        chunks = list(self.create("plain", stream=True, stream_options={"include_usage": True}))
        self.assertEqual(chunks[-1].choices, [])
        self.check_usage(chunks[-1].usage)

    def test_one_byte_at_a_time(self):
        chunks = list(self.create("fake-bytes", stream=True))
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(said, REPLY_TEXT)

    def test_tool_call_and_result(self):
        completion = self.create("fake-tool", tools=[WEATHER])
        self.assertEqual(completion.choices[0].finish_reason, "tool_calls")
        message = completion.choices[0].message
        (call,) = message.tool_calls
        self.assertEqual(call.function.name, "get_weather")
        self.assertEqual(json.loads(call.function.arguments), TOOL_ARGUMENTS)

        result = {"role": "tool", "tool_call_id": call.id, "content": "22 degrees"}
        turns = [*HELLO, message.model_dump(exclude_none=True), result]
        final = self.create("fake-tool", tools=[WEATHER], messages=turns)
        self.assertEqual(final.choices[0].message.content, REPLY_TEXT)

    def test_forced_tool(self):
        completion = self.create("plain", tools=[WEATHER], tool_choice="required")
        self.assertEqual(completion.choices[0].message.tool_calls[0].function.name, "get_weather")

    def test_tool_call_streamed(self):
        chunks = list(self.create("fake-tool", tools=[WEATHER], stream=True))
        calls = [call for c in chunks if c.choices for call in c.choices[0].delta.tool_calls or []]
        self.assertEqual([call.function.name for call in calls if call.function.name], ["get_weather"])
        self.assertEqual(len({call.index for call in calls}), 1)
        self.assertTrue(calls[0].id)
        arguments = "".join(call.function.arguments or "" for call in calls)
        self.assertEqual(json.loads(arguments), TOOL_ARGUMENTS)
        self.assertEqual([c.choices[0].finish_reason for c in chunks if c.choices][-1], "tool_calls")

    def test_structured_output(self):
        group = self.deploy(self.provider, "fake-json")
        arguments = {"model": group, "messages": HELLO, "response_format": Place}
        completion = self.openai().chat.completions.parse(**arguments)
        self.assertEqual(completion.choices[0].message.parsed, Place(**TOOL_ARGUMENTS))
        with self.openai().chat.completions.stream(**arguments) as stream:
            for _ in stream:
                pass
            streamed = stream.get_final_completion()
        self.assertEqual(streamed.choices[0].message.parsed, Place(**TOOL_ARGUMENTS))

    def test_image(self):
        content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": IMAGE_URL}}]
        completion = self.create("sees-for-openai", messages=[{"role": "user", "content": content}])
        self.assertEqual(completion.choices[0].message.content, REPLY_TEXT)
        self.check_image_arrived(self.provider, "sees-for-openai")

    def test_errors_are_typed(self):
        for model, kind, status in [
            ("fake-400", openai.BadRequestError, 400),
            ("fake-404", openai.NotFoundError, 404),
            ("fake-429", openai.RateLimitError, 429),
            ("fake-500", openai.InternalServerError, 500),
            ("fake-503", openai.InternalServerError, 503),
        ]:
            for stream in (False, True):
                with self.subTest(model=model, stream=stream), self.assertRaises(kind) as raised:
                    self.create(model, stream=stream)
                self.assertEqual(raised.exception.status_code, status)
                self.assertTrue(raised.exception.message)
                self.assertTrue(raised.exception.type, "an error names its type")
                self.assertTrue(raised.exception.request_id)

    def test_refused_provider_credential_is_an_error(self):
        with self.assertRaises(openai.APIStatusError):
            self.create("fake-401")

    def test_page_instead_of_an_answer(self):
        with self.assertRaises(openai.InternalServerError) as raised:
            self.create("fake-html")
        self.assertNotIn("<!DOCTYPE", raised.exception.message.split("\n", maxsplit=1)[0])

    def test_stream_cut_off_does_not_look_finished(self):
        for model in ("fake-cut", "fake-cut-event", "fake-error-midstream", "fake-truncated"):
            with self.subTest(model=model):
                group, reasons, error = self.deploy(self.provider, model), [], None
                stream = self.openai().chat.completions.create(model=group, messages=HELLO, stream=True)
                try:
                    for chunk in stream:
                        reasons += [choice.finish_reason for choice in chunk.choices]
                except Exception as raised:  # the SDK's or its HTTP library's, by how the connection ended
                    error = raised
                self.assertTrue(reasons, "what arrived before the break was passed on")
                self.assertEqual([reason for reason in reasons if reason], [], "no reason to finish was given")
                if model != "fake-truncated":
                    self.assertIsNotNone(error, "the stream broke, and the caller must notice")

    def test_one_ledger_row_per_call(self):
        group = self.deploy(self.provider, "counted")
        client = self.openai()
        for stream in (False, True):
            answer = client.chat.completions.create(model=group, messages=HELLO, stream=stream)
            if stream:
                for _ in answer:
                    pass
        rows = self.ledger_rows(group)
        self.assertEqual(len(rows), 2)
        for row in rows:
            self.assertEqual(row["completion_tokens"], OUTPUT_TOKENS)
            self.assertEqual(row["prompt_tokens"], UNCACHED_TOKENS + CACHED_TOKENS)


class ToOpenAi(Chat, GatewayTest):
    provider = "openai"


class ToAnthropic(Chat, GatewayTest):
    provider = "anthropic"

    def test_overloaded_stays_a_529(self):
        with self.assertRaises(openai.InternalServerError) as raised:
            self.create("fake-529")
        self.assertEqual(raised.exception.status_code, 529)


class Gateway(GatewayTest):
    """What the gateway answers by itself."""

    def test_models(self):
        group = self.deploy("openai", "plain")
        client = self.openai()
        self.assertIn(group, [model.id for model in client.models.list()])
        self.assertEqual(client.models.retrieve(group).id, group)
        with self.assertRaises(openai.NotFoundError):
            client.models.retrieve("no-such-model")

    def test_wrong_key(self):
        with self.assertRaises(openai.AuthenticationError):
            self.openai(key="sk-wrong").models.list()

    def test_unknown_model(self):
        with self.assertRaises((openai.NotFoundError, openai.BadRequestError)) as raised:
            self.openai().chat.completions.create(model="no-such-model", messages=HELLO)
        self.assertIn("no-such-model", raised.exception.message)

    def test_demo_model_needs_no_provider(self):
        client = self.openai()
        whole = client.chat.completions.create(model="demo", messages=HELLO).choices[0].message.content
        self.assertTrue(whole)
        chunks = client.chat.completions.create(model="demo", messages=HELLO, stream=True)
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(streamed, whole)

    def test_provider_and_model_in_one_name(self):
        openai_provider = {"preset": "openai", "base_url": UPSTREAMS["openai"], "api_key": "sk-upstream"}
        provider = manage("/console/providers", openai_provider)
        self.addCleanup(manage, f"/console/providers/{provider['id']}", method="DELETE")
        for separator in ("/", ":"):
            with self.subTest(separator=separator):
                answer = self.openai().chat.completions.create(model=f"openai{separator}plain", messages=HELLO)
                self.assertEqual(answer.choices[0].message.content, REPLY_TEXT)


if __name__ == "__main__":
    unittest.main()
