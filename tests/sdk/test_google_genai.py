"""The official `google-genai` SDK to a Gemini upstream, an OpenAI one and an Anthropic one."""

import unittest

import pydantic
from google import genai
from google.genai import errors, types

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

WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(name="get_weather", description="Weather", parameters_json_schema=WEATHER_SCHEMA)
    ]
)


class Place(pydantic.BaseModel):
    city: str
    unit: str


class Generate:
    """What must hold for every upstream; `provider` says which one."""

    provider = ""

    def client(self, key=None):
        # The version is the SDK's own choice.
        client = genai.Client(api_key=key or self.key, http_options=types.HttpOptions(base_url=URL))
        self.addCleanup(client.close)
        return client

    def generate(self, model, contents="Hi", **config):
        group = self.deploy(self.provider, model)
        config = types.GenerateContentConfig(
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **config
        )
        return self.client().models.generate_content(model=group, contents=contents, config=config)

    def stream(self, model, **config):
        group = self.deploy(self.provider, model)
        return self.client().models.generate_content_stream(
            model=group, contents="Hi", config=types.GenerateContentConfig(**config)
        )

    def check_usage(self, usage):
        self.assertEqual(usage.prompt_token_count, UNCACHED_TOKENS + CACHED_TOKENS)
        self.assertEqual(usage.cached_content_token_count, CACHED_TOKENS)
        self.assertEqual(usage.candidates_token_count + (usage.thoughts_token_count or 0), OUTPUT_TOKENS)
        self.assertEqual(usage.total_token_count, UNCACHED_TOKENS + CACHED_TOKENS + OUTPUT_TOKENS)

    def test_whole(self):
        response = self.generate("plain", system_instruction="Be brief.", temperature=0.5)
        self.assertEqual(response.text, REPLY_TEXT)
        self.assertEqual(response.candidates[0].finish_reason, types.FinishReason.STOP)
        self.check_usage(response.usage_metadata)

    def test_streamed(self):
        chunks = list(self.stream("plain"))
        self.assertEqual("".join(chunk.text or "" for chunk in chunks), REPLY_TEXT)
        self.assertGreater(len(chunks), 2, "piece by piece")
        self.assertEqual(chunks[-1].candidates[0].finish_reason, types.FinishReason.STOP)
        self.check_usage(chunks[-1].usage_metadata)

    def test_both_versions_of_the_path(self):
        group = self.deploy(self.provider, "plain")
        for version in ("v1", "v1beta"):
            options = types.HttpOptions(base_url=URL, api_version=version)
            with genai.Client(api_key=self.key, http_options=options) as client:
                self.assertEqual(client.models.generate_content(model=group, contents="Hi").text, REPLY_TEXT)

    def test_a_chat_keeps_its_history(self):
        chat = self.client().chats.create(model=self.deploy(self.provider, "plain"))
        for _ in range(2):
            self.assertEqual(chat.send_message("Hi").text, REPLY_TEXT)
        self.assertEqual([turn.role for turn in chat.get_history()], ["user", "model"] * 2)

    def test_tool_call_and_result(self):
        first = self.generate("fake-tool", tools=[WEATHER])
        (call,) = first.function_calls
        self.assertEqual((call.name, call.args), ("get_weather", TOOL_ARGUMENTS))
        result = types.Part.from_function_response(name=call.name, response={"result": "22 degrees"})
        result.function_response.id = call.id
        turns = [
            types.Content(role="user", parts=[types.Part.from_text(text="Hi")]),
            first.candidates[0].content,
            types.Content(role="user", parts=[result]),
        ]
        final = self.generate("fake-tool", turns, tools=[WEATHER])
        self.assertEqual(final.text, REPLY_TEXT)

    def test_tool_call_streamed(self):
        calls = [call for chunk in self.stream("fake-tool", tools=[WEATHER]) for call in chunk.function_calls or []]
        self.assertEqual([(call.name, call.args) for call in calls], [("get_weather", TOOL_ARGUMENTS)])

    def test_the_sdk_calls_a_function_by_itself(self):
        asked = []

        def get_weather(city: str, unit: str) -> str:
            """The weather of a city."""
            asked.append((city, unit))
            return "22 degrees"

        response = self.client().models.generate_content(
            model=self.deploy(self.provider, "fake-tool"),
            contents="Hi",
            config=types.GenerateContentConfig(tools=[get_weather]),
        )
        self.assertEqual(asked, [tuple(TOOL_ARGUMENTS.values())])
        self.assertEqual(response.text, REPLY_TEXT)

    def test_structured_output(self):
        response = self.generate("fake-json", response_mime_type="application/json", response_schema=Place)
        self.assertEqual(response.parsed, Place(**TOOL_ARGUMENTS))

    def test_image(self):
        image = types.Part.from_bytes(data=IMAGE, mime_type="image/png")
        response = self.generate("sees-for-google", ["What is it?", image])
        self.assertEqual(response.text, REPLY_TEXT)
        self.check_image_arrived(self.provider, "sees-for-google")

    def test_errors_are_typed(self):
        for model, kind, status in [
            ("fake-400", errors.ClientError, "INVALID_ARGUMENT"),
            ("fake-404", errors.ClientError, "NOT_FOUND"),
            ("fake-429", errors.ClientError, "RESOURCE_EXHAUSTED"),
            ("fake-500", errors.ServerError, "INTERNAL"),
            ("fake-503", errors.ServerError, "UNAVAILABLE"),
        ]:
            for call in (self.generate, lambda model: list(self.stream(model))):
                with self.subTest(model=model), self.assertRaises(kind) as raised:
                    call(model)
                self.assertEqual(raised.exception.code, int(model.removeprefix("fake-")))
                self.assertEqual(raised.exception.status, status)
                self.assertTrue(raised.exception.message)

    def test_stream_cut_off_does_not_look_finished(self):
        for model in ("fake-cut", "fake-cut-event", "fake-error-midstream"):
            with self.subTest(model=model):
                reasons = []
                with self.assertRaises(Exception):  # the SDK's or its HTTP library's, by how the connection ended
                    for chunk in self.stream(model):
                        reasons += [candidate.finish_reason for candidate in chunk.candidates or []]
                self.assertEqual([reason for reason in reasons if reason], [])


class ToGemini(Generate, GatewayTest):
    provider = "gemini"


class ToOpenAi(Generate, GatewayTest):
    provider = "openai"


class ToAnthropic(Generate, GatewayTest):
    provider = "anthropic"


class Gateway(GatewayTest):
    """What the gateway answers by itself."""

    provider = "openai"
    client = Generate.client

    def test_wrong_key(self):
        with self.assertRaises(errors.ClientError) as raised:
            self.client("sk-wrong").models.generate_content(model="demo", contents="Hi")
        self.assertEqual((raised.exception.code, raised.exception.status), (401, "UNAUTHENTICATED"))

    def test_unknown_model(self):
        with self.assertRaises(errors.ClientError) as raised:
            self.client().models.generate_content(model="no-such-model", contents="Hi")
        self.assertEqual((raised.exception.code, raised.exception.status), (404, "NOT_FOUND"))
        self.assertIn("no-such-model", raised.exception.message)

    def test_models(self):
        group = self.deploy(self.provider, "plain")
        names = [model.name for model in self.client().models.list(config={"query_base": True})]
        self.assertIn(f"models/{group}", names)
        self.assertEqual(self.client().models.get(model=group).name, f"models/{group}")

    def test_counted_tokens(self):
        group = self.deploy("gemini", "plain")
        self.assertGreater(self.client().models.count_tokens(model=group, contents="Hi").total_tokens, 0)


if __name__ == "__main__":
    unittest.main()
