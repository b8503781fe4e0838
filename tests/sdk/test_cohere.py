"""The official `cohere` SDK, chat, to a Cohere upstream and to an Anthropic one."""

import json
import unittest

import cohere
from cohere.core.api_error import ApiError

from gateway import IMAGE_URL, OUTPUT_TOKENS, REPLY_TEXT, TOOL_ARGUMENTS, URL, WEATHER_SCHEMA, GatewayTest

HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER_SCHEMA}}


class Chat:
    """What must hold for every upstream; `provider` says which one."""

    provider = ""

    def client(self, key=None):
        return cohere.ClientV2(api_key=key or self.key, base_url=URL, max_retries=0)

    def given(self, model, **arguments):
        return {"model": self.deploy(self.provider, model), "messages": HELLO, **arguments}

    def chat(self, model, **arguments):
        return self.client().chat(**self.given(model, **arguments))

    def stream(self, model, **arguments):
        return list(self.client().chat_stream(**self.given(model, **arguments)))

    def test_whole(self):
        response = self.chat("plain", temperature=0.5)
        self.assertTrue(response.id)
        self.assertEqual([part.text for part in response.message.content], [REPLY_TEXT])
        self.assertEqual(response.finish_reason, "COMPLETE")
        self.assertEqual(response.usage.billed_units.output_tokens, OUTPUT_TOKENS)

    def test_streamed(self):
        events = self.stream("plain")
        said = [event.delta.message.content.text for event in events if event.type == "content-delta"]
        self.assertEqual("".join(said), REPLY_TEXT)
        self.assertEqual((events[0].type, events[-1].type), ("message-start", "message-end"))
        self.assertEqual(events[-1].delta.finish_reason, "COMPLETE")
        self.assertEqual(events[-1].delta.usage.billed_units.output_tokens, OUTPUT_TOKENS)

    def test_tool_call_and_result(self):
        first = self.chat("fake-tool", tools=[WEATHER])
        self.assertEqual(first.finish_reason, "TOOL_CALL")
        (call,) = first.message.tool_calls
        self.assertEqual(call.function.name, "get_weather")
        self.assertEqual(json.loads(call.function.arguments), TOOL_ARGUMENTS)
        documents = [{"type": "document", "document": {"data": "22 degrees"}}]
        result = {"role": "tool", "tool_call_id": call.id, "content": documents}
        final = self.chat("fake-tool", tools=[WEATHER], messages=[*HELLO, first.message, result])
        self.assertEqual(final.message.content[0].text, REPLY_TEXT)

    def test_forced_tool(self):
        response = self.chat("plain", tools=[WEATHER], tool_choice="REQUIRED")
        self.assertEqual(response.message.tool_calls[0].function.name, "get_weather")

    def test_tool_call_streamed(self):
        events = self.stream("fake-tool", tools=[WEATHER])
        (start,) = [event for event in events if event.type == "tool-call-start"]
        self.assertEqual(start.delta.message.tool_calls.function.name, "get_weather")
        deltas = [event.delta.message.tool_calls.function for event in events if event.type == "tool-call-delta"]
        arguments = (start.delta.message.tool_calls.function.arguments or "") + "".join(d.arguments for d in deltas)
        self.assertEqual(json.loads(arguments), TOOL_ARGUMENTS)
        self.assertEqual(events[-1].delta.finish_reason, "TOOL_CALL")

    def test_structured_output(self):
        response = self.chat("fake-json", response_format={"type": "json_object", "schema": WEATHER_SCHEMA})
        self.assertEqual(json.loads(response.message.content[0].text), TOOL_ARGUMENTS)

    def test_image(self):
        content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": IMAGE_URL}}]
        response = self.chat("sees-for-cohere", messages=[{"role": "user", "content": content}])
        self.assertEqual(response.message.content[0].text, REPLY_TEXT)
        self.check_image_arrived(self.provider, "sees-for-cohere")

    def test_errors_are_typed(self):
        for status, kind in [
            (400, cohere.BadRequestError),
            (404, cohere.NotFoundError),
            (429, cohere.TooManyRequestsError),
            (500, cohere.InternalServerError),
            (503, cohere.ServiceUnavailableError),
        ]:
            for call in (self.chat, self.stream):
                with self.subTest(status=status), self.assertRaises(kind) as raised:
                    call(f"fake-{status}")
                self.assertEqual(raised.exception.status_code, status)
                self.assertTrue(raised.exception.body["message"])

    def test_wrong_key(self):
        with self.assertRaises(cohere.UnauthorizedError):
            self.client("sk-wrong").chat(model="demo", messages=HELLO)

    def test_unknown_model(self):
        with self.assertRaises(ApiError) as raised:
            self.client().chat(model="no-such-model", messages=HELLO)
        self.assertEqual(raised.exception.status_code, 404)

    def test_one_ledger_row_per_call(self):
        self.chat("counted-by-cohere")
        self.stream("counted-by-cohere")
        rows = self.ledger_rows(f"{self.provider}-counted-by-cohere")
        self.assertEqual([row["completion_tokens"] for row in rows], [OUTPUT_TOKENS] * 2)


class ToCohere(Chat, GatewayTest):
    provider = "cohere"


class ToAnthropic(Chat, GatewayTest):
    provider = "anthropic"


if __name__ == "__main__":
    unittest.main()
