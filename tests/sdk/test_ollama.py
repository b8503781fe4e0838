"""The official `ollama` SDK to an Ollama upstream, an OpenAI one and an Anthropic one."""

import json
import unittest

import ollama

from gateway import (
    CACHED_TOKENS,
    IMAGE,
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


class Chat:
    """What must hold for every upstream; `provider` says which one."""

    provider = ""

    def client(self, key=None):
        client = ollama.Client(host=URL, headers={"Authorization": f"Bearer {key or self.key}"})
        self.addCleanup(client.close)
        return client

    def chat(self, model, **arguments):
        arguments.setdefault("messages", HELLO)
        return self.client().chat(model=self.deploy(self.provider, model), **arguments)

    def stream(self, model, **arguments):
        return list(self.chat(model, stream=True, **arguments))

    def check_end(self, response):
        self.assertEqual((response.done, response.done_reason), (True, "stop"))
        self.assertEqual(response.prompt_eval_count, UNCACHED_TOKENS + CACHED_TOKENS)
        self.assertEqual(response.eval_count, OUTPUT_TOKENS)

    def test_whole(self):
        response = self.chat("plain", options={"temperature": 0.5, "num_predict": 100})
        self.assertEqual(response.message.content, REPLY_TEXT)
        self.check_end(response)

    def test_streamed(self):
        chunks = self.stream("plain")
        self.assertEqual("".join(chunk.message.content or "" for chunk in chunks), REPLY_TEXT)
        self.assertFalse(any(chunk.done for chunk in chunks[:-1]))
        self.check_end(chunks[-1])

    def test_one_prompt(self):
        client, model = self.client(), self.deploy(self.provider, "plain")
        whole = client.generate(model=model, prompt="Hi", system="Be brief.")
        self.assertEqual(whole.response, REPLY_TEXT)
        self.check_end(whole)
        chunks = list(client.generate(model=model, prompt="Hi", stream=True))
        self.assertEqual("".join(chunk.response for chunk in chunks), REPLY_TEXT)
        self.check_end(chunks[-1])

    def test_tool_call_and_result(self):
        message = self.chat("fake-tool", tools=[WEATHER]).message
        (call,) = message.tool_calls
        self.assertEqual((call.function.name, call.function.arguments), ("get_weather", TOOL_ARGUMENTS))
        result = {"role": "tool", "tool_name": call.function.name, "content": "22 degrees"}
        final = self.chat("fake-tool", tools=[WEATHER], messages=[*HELLO, message, result])
        self.assertEqual(final.message.content, REPLY_TEXT)

    def test_tool_call_streamed(self):
        calls = [c for chunk in self.stream("fake-tool", tools=[WEATHER]) for c in chunk.message.tool_calls or []]
        self.assertEqual([(c.function.name, c.function.arguments) for c in calls], [("get_weather", TOOL_ARGUMENTS)])

    def test_structured_output(self):
        response = self.chat("fake-json", format=WEATHER_SCHEMA)
        self.assertEqual(json.loads(response.message.content), TOOL_ARGUMENTS)

    def test_image(self):
        turns = [{"role": "user", "content": "What is it?", "images": [IMAGE]}]
        self.assertEqual(self.chat("sees-for-ollama", messages=turns).message.content, REPLY_TEXT)
        self.check_image_arrived(self.provider, "sees-for-ollama")

    def test_errors_are_typed(self):
        for status in (400, 404, 429, 500, 503):
            for call in (self.chat, self.stream):
                with self.subTest(status=status), self.assertRaises(ollama.ResponseError) as raised:
                    call(f"fake-{status}")
                self.assertEqual(raised.exception.status_code, status)
                self.assertIsInstance(raised.exception.error, str)

    def test_stream_cut_off_does_not_look_finished(self):
        for model in ("fake-cut", "fake-error-midstream"):
            with self.subTest(model=model):
                ends = []
                with self.assertRaises(Exception):  # the SDK's or its HTTP library's, by how the connection ended
                    for chunk in self.chat(model, stream=True):
                        ends.append(chunk.done)
                self.assertFalse(any(ends))


class ToOllama(Chat, GatewayTest):
    provider = "ollama"


class ToOpenAi(Chat, GatewayTest):
    provider = "openai"


class ToAnthropic(Chat, GatewayTest):
    provider = "anthropic"


class Gateway(GatewayTest):
    """What the gateway answers by itself."""

    client = Chat.client

    def test_models(self):
        group = self.deploy("openai", "plain")
        self.assertIn(group, [model.model for model in self.client().list().models])
        shown = self.client().show(group)
        self.assertIn("completion", shown.capabilities)

    def test_embeddings(self):
        group = self.deploy("openai", "text-embedding-3-small")
        self.assertEqual([list(one) for one in self.client().embed(model=group, input="Hi").embeddings], [[0.25, -0.5]])

    def test_wrong_key(self):
        with self.assertRaises(ollama.ResponseError) as raised:
            self.client("sk-wrong").chat(model="demo", messages=HELLO)
        self.assertEqual(raised.exception.status_code, 401)

    def test_unknown_model(self):
        with self.assertRaises(ollama.ResponseError) as raised:
            self.client().chat(model="no-such-model", messages=HELLO)
        self.assertEqual(raised.exception.status_code, 404)
        self.assertIn("no-such-model", raised.exception.error)


if __name__ == "__main__":
    unittest.main()
