"""The official `openai` SDK, responses, to an OpenAI upstream and to an Anthropic one."""

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
    WEATHER_SCHEMA,
    GatewayTest,
    received,
)

WEATHER = {"type": "function", "name": "get_weather", "parameters": WEATHER_SCHEMA, "strict": False}


class Place(pydantic.BaseModel):
    city: str
    unit: str


class Responses:
    """What must hold for every upstream; `provider` says which one."""

    provider = ""

    def create(self, model, **arguments):
        group = self.deploy(self.provider, model)
        arguments.setdefault("input", "Hi")
        return self.openai().responses.create(model=group, **arguments)

    def check_usage(self, usage):
        self.assertEqual(usage.input_tokens, UNCACHED_TOKENS + CACHED_TOKENS)
        self.assertEqual(usage.input_tokens_details.cached_tokens, CACHED_TOKENS)
        self.assertEqual(usage.output_tokens, OUTPUT_TOKENS)
        self.assertEqual(usage.total_tokens, UNCACHED_TOKENS + CACHED_TOKENS + OUTPUT_TOKENS)

    def test_whole(self):
        response = self.create("plain", instructions="Be brief.")
        self.assertEqual((response.object, response.status), ("response", "completed"))
        self.assertEqual(response.output_text, REPLY_TEXT)
        self.check_usage(response.usage)

    def test_streamed(self):
        events = list(self.create("plain", stream=True))
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(said, REPLY_TEXT)
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.assertEqual(events[-1].type, "response.completed")
        self.assertEqual(events[-1].response.output_text, REPLY_TEXT)
        self.check_usage(events[-1].response.usage)

    def test_the_sdks_own_helper_follows_the_stream(self):
        group = self.deploy(self.provider, "plain")
        with self.openai().responses.stream(model=group, input="Hi") as stream:
            for _ in stream:
                pass
            self.assertEqual(stream.get_final_response().output_text, REPLY_TEXT)

    def test_tool_call_and_result(self):
        first = self.create("fake-tool", tools=[WEATHER])
        (call,) = [item for item in first.output if item.type == "function_call"]
        self.assertEqual((call.name, json.loads(call.arguments)), ("get_weather", TOOL_ARGUMENTS))
        turns = [
            {"role": "user", "content": "Hi"},
            *[item.model_dump(exclude_none=True) for item in first.output],
            {"type": "function_call_output", "call_id": call.call_id, "output": "22 degrees"},
        ]
        final = self.create("fake-tool", tools=[WEATHER], input=turns)
        self.assertEqual(final.output_text, REPLY_TEXT)

    def test_tool_call_streamed(self):
        events = list(self.create("fake-tool", tools=[WEATHER], stream=True))
        arguments = "".join(e.delta for e in events if e.type == "response.function_call_arguments.delta")
        self.assertEqual(json.loads(arguments), TOOL_ARGUMENTS)
        (done,) = [e.item for e in events if e.type == "response.output_item.done" and e.item.type == "function_call"]
        self.assertEqual((done.name, done.arguments), ("get_weather", arguments))

    def test_structured_output(self):
        group = self.deploy(self.provider, "fake-json")
        response = self.openai().responses.parse(model=group, input="Hi", text_format=Place)
        self.assertEqual(response.output_parsed, Place(**TOOL_ARGUMENTS))

    def test_image(self):
        content = [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": IMAGE_URL}]
        response = self.create("sees-for-responses", input=[{"role": "user", "content": content}])
        self.assertEqual(response.output_text, REPLY_TEXT)
        if self.provider == "openai":
            self.assertIn(content[1], received("openai", "sees-for-responses")[-1]["input"][0]["content"])
        else:
            self.check_image_arrived(self.provider, "sees-for-responses")

    def test_errors_are_typed(self):
        for model, kind in [("fake-400", openai.BadRequestError), ("fake-429", openai.RateLimitError)]:
            for stream in (False, True):
                with self.subTest(model=model, stream=stream), self.assertRaises(kind) as raised:
                    self.create(model, stream=stream)
                self.assertTrue(raised.exception.message)

    def test_stream_cut_off_does_not_look_finished(self):
        for model in ("fake-cut", "fake-cut-event", "fake-error-midstream", "fake-truncated"):
            with self.subTest(model=model):
                group, kinds, error = self.deploy(self.provider, model), [], None
                try:
                    for event in self.openai().responses.create(model=group, input="Hi", stream=True):
                        kinds.append(event.type)
                except Exception as raised:  # the SDK's or its HTTP library's, by how the connection ended
                    error = raised
                self.assertTrue(kinds, "what arrived before the break was passed on")
                self.assertNotIn("response.completed", kinds)
                self.assertTrue(error is not None or kinds[-1] in ("error", "response.failed"), kinds)


class ToOpenAi(Responses, GatewayTest):
    provider = "openai"


class ToAnthropic(Responses, GatewayTest):
    provider = "anthropic"


if __name__ == "__main__":
    unittest.main()
