"""The orchestrator's guide, example by example: its Python class with today's `openai` package, its cURL commands as they
stand, its errors, and its administration calls."""

import asyncio
import json
import subprocess
import unittest
from collections.abc import Iterator

import openai

from gateway import ADMIN_KEY, REPLY_TEXT, UPSTREAMS, URL, GatewayTest, manage

MODEL = "gpt-3.5-turbo"
HELLO = [{"role": "user", "content": "Hello!"}]
# The guide's own names. `openai-primary` answers, so do the others.
PROVIDERS = {
    "openai-primary": "openai",
    "openai-backup": "openai",
    "anthropic": "anthropic",
}


class LLMOrchestrator:
    """The guide's client. What was `openai.ChatCompletion.create` is a method of a client object now, and members that
    OpenAI's API does not have are given in `extra_body`."""

    OWN = ("provider", "fallback_providers", "retry_count")

    def __init__(self, api_base: str, api_key: str):
        self.client = openai.OpenAI(base_url=api_base, api_key=api_key, max_retries=0)

    def chat(self, messages: list, **kwargs):
        return self.client.chat.completions.create(messages=messages, **self._moved(kwargs))

    def chat_stream(self, messages: list, **kwargs) -> Iterator[str]:
        response = self.client.chat.completions.create(messages=messages, stream=True, **self._moved(kwargs))
        for chunk in response:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def _moved(self, arguments):
        own = {name: arguments.pop(name) for name in self.OWN if name in arguments}
        return {**arguments, "extra_body": own} if own else arguments


class OrchestratorTest(GatewayTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        known = {provider["name"] for provider in manage("/admin/providers")["providers"]}
        for name, kind in PROVIDERS.items():
            if name not in known:
                made = {
                    "name": name,
                    "type": kind,
                    "base_url": UPSTREAMS[kind],
                    "api_key": "sk-upstream",
                    "enabled": True,
                    "priority": 100,
                    "weight": 100,
                    "timeout": 60,
                }
                manage("/admin/providers", made)

    @classmethod
    def tearDownClass(cls):
        for name in PROVIDERS:
            manage(f"/admin/providers/{name}", method="DELETE")

    def guide(self, key=None):
        client = LLMOrchestrator(f"{URL}/v1", key or self.key)
        self.addCleanup(client.client.close)
        return client

    def curl(self, *arguments):
        """The status, and what was answered."""
        command = ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def post(self, body):
        return self.curl(
            "-X",
            "POST",
            f"{URL}/v1/chat/completions",
            "-H",
            f"Authorization: Bearer {self.key}",
            "-H",
            "Content-Type: application/json",
            "-d",
            json.dumps(body),
        )


class Examples(OrchestratorTest):
    def test_the_complete_python_example(self):
        client = self.guide()
        messages = [{"role": "system", "content": "You are a helpful assistant."}, *HELLO]
        response = client.chat(messages=messages, model=MODEL, temperature=0.7)
        self.assertEqual(response.choices[0].message.content, REPLY_TEXT)
        story = [{"role": "user", "content": "Tell me a story."}]
        self.assertEqual("".join(client.chat_stream(messages=story, model=MODEL)), REPLY_TEXT)

    def test_a_timeout_of_the_clients_own(self):
        response = self.guide().chat(messages=HELLO, model=MODEL, timeout=30)
        self.assertEqual(response.choices[0].message.content, REPLY_TEXT)

    def test_many_at_once(self):
        async def batch():
            async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=self.key) as client:
                asked = [client.chat.completions.create(model=MODEL, messages=HELLO) for _ in range(3)]
                return await asyncio.gather(*asked)

        for response in asyncio.run(batch()):
            self.assertEqual(response.choices[0].message.content, REPLY_TEXT)
            self.assertTrue(response.id)
            self.assertGreater(response.usage.total_tokens, 0)

    def test_curl(self):
        status, body = self.post(
            {"model": MODEL, "messages": [{"role": "user", "content": "What is the capital of France?"}]}
        )
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["choices"][0]["message"]["content"], REPLY_TEXT)
        status, body = self.post(
            {"model": MODEL, "messages": [{"role": "user", "content": "Count to 10"}], "stream": True}
        )
        self.assertEqual(status, 200, body)
        self.assertTrue(body.rstrip().endswith("data: [DONE]"), body)

    def test_a_key_in_the_other_header(self):
        status, body = self.curl(f"{URL}/v1/models", "-H", f"X-API-Key: {self.key}")
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["object"], "list")

    def test_a_model_by_provider_and_name(self):
        bearer = ("-H", f"Authorization: Bearer {self.key}")
        status, body = self.curl(f"{URL}/v1/models/openai-primary:{MODEL}", *bearer)
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["object"], "model")
        response = self.guide().chat(messages=HELLO, model=f"openai-primary:{MODEL}")
        self.assertEqual(response.choices[0].message.content, REPLY_TEXT)

    def test_health_without_a_key(self):
        for path in ("/health", "/healthz"):
            status, body = self.curl(URL + path)
            self.assertEqual((status, json.loads(body)["status"]), (200, "healthy"))

    def test_errors_are_the_packages_own(self):
        with self.assertRaises(openai.AuthenticationError):
            self.guide("sk-nobody").chat(messages=HELLO, model=MODEL)
        with self.assertRaises(openai.RateLimitError):
            self.guide().chat(messages=HELLO, model="openai-primary/fake-429")
        with self.assertRaises(openai.BadRequestError):
            self.guide().chat(messages="Hello", model=MODEL)
        with self.assertRaises(openai.APIError):
            self.guide().chat(messages=HELLO, model="openai-primary/fake-500")


class RequestsOwnRouting(OrchestratorTest):
    """`provider`, `fallback_providers`, `timeout` and `retry_count` in the body."""

    def test_the_provider_is_named(self):
        response = self.guide().chat(
            messages=HELLO, model=MODEL, provider="openai-primary", fallback_providers=["openai-backup", "anthropic"]
        )
        self.assertEqual(response.choices[0].message.content, REPLY_TEXT)
        self.assertEqual(response.provider, "openai-primary")
        self.assertGreaterEqual(response.latency_ms, 0)

    def test_by_curl(self):
        status, body = self.post(
            {
                "model": MODEL,
                "messages": [{"role": "user", "content": "Hello"}],
                "provider": "openai-primary",
                "fallback_providers": ["openai-backup"],
            }
        )
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["provider"], "openai-primary")

    def test_every_documented_member_at_once(self):
        status, body = self.post(
            {
                "model": MODEL,
                "messages": HELLO,
                "temperature": 1.0,
                "top_p": 1.0,
                "n": 1,
                "stream": False,
                "max_tokens": None,
                "presence_penalty": 0,
                "frequency_penalty": 0,
                "provider": "openai-backup",
                "fallback_providers": ["anthropic"],
                "timeout": 60,
                "retry_count": 3,
            }
        )
        self.assertEqual(status, 200, body)
        answer = json.loads(body)
        self.assertEqual((answer["object"], answer["provider"]), ("chat.completion", "openai-backup"))
        self.assertEqual(answer["choices"][0]["finish_reason"], "stop")
        self.assertIsInstance(answer["latency_ms"], (int, float))

    def test_the_next_provider_answers_when_the_first_does_not(self):
        # Nothing listens there.
        manage("/admin/providers", {"name": "openai-away", "type": "openai", "base_url": "http://127.0.0.1:9/v1"})
        self.addCleanup(manage, "/admin/providers/openai-away", method="DELETE")
        manage("/admin/providers/openai-away", {"api_key": "sk-upstream"}, "PATCH")
        response = self.guide().chat(
            messages=HELLO, model=MODEL, provider="openai-away", fallback_providers=["openai-backup"]
        )
        self.assertEqual(response.provider, "openai-backup")

    def test_a_provider_that_is_not_there(self):
        with self.assertRaises(openai.APIStatusError) as refused:
            self.guide().chat(messages=HELLO, model=MODEL, provider="nobody")
        self.assertIn(refused.exception.status_code, (400, 404))


class Administration(OrchestratorTest):
    def admin(self, path, *arguments, header=None):
        header = header or f"Authorization: Bearer {ADMIN_KEY}"
        status, body = self.curl(URL + path, "-H", header, *arguments)
        return status, json.loads(body)

    def test_providers(self):
        made = {
            "name": "openai-made",
            "type": "openai",
            "base_url": UPSTREAMS["openai"],
            "api_key": "sk-upstream",
            "enabled": True,
            "priority": 100,
            "weight": 100,
            "timeout": 60,
        }
        json_body = ("-H", "Content-Type: application/json", "-d")
        status, provider = self.admin("/admin/providers", "-X", "POST", *json_body, json.dumps(made))
        self.assertEqual(status, 200, provider)
        self.assertIsInstance(provider["id"], int)
        status, listed = self.admin("/admin/providers")
        self.assertEqual(status, 200)
        self.assertIn(provider["id"], [known["id"] for known in listed["providers"]])
        path = f"/admin/providers/{provider['id']}"
        status, changed = self.admin(path, "-X", "PATCH", *json_body, '{"enabled": false}')
        self.assertEqual((status, changed["enabled"]), (200, False))
        status, _ = self.admin(path, "-X", "DELETE")
        self.assertEqual(status, 200)
        status, gone = self.admin(path)
        self.assertEqual((status, gone["error"]["code"]), (404, "not_found"))
        self.assertEqual(gone["request_id"], gone["error"]["details"]["request_id"])

    def test_the_administrators_key_in_its_own_header(self):
        status, _ = self.admin("/admin/providers", header=f"X-Admin-Key: {ADMIN_KEY}")
        self.assertEqual(status, 200)
        status, refused = self.admin("/admin/providers", header=f"Authorization: Bearer {self.key}")
        self.assertEqual((status, refused["error"]["code"]), (403, "forbidden"))

    def test_health(self):
        self.guide().chat(messages=HELLO, model=f"openai-primary/{MODEL}")
        status, health = self.admin("/admin/health")
        self.assertEqual(status, 200)
        # Models that fail on purpose, of other tests, may be cooling down.
        self.assertIn(health["status"], ("healthy", "degraded"))
        self.assertEqual(health["database_status"], "healthy")
        (mine,) = (one for one in health["providers"] if one["provider_name"] == "openai-primary")
        self.assertIs(mine["is_healthy"], True)
        self.assertIsInstance(mine["response_time_ms"], float)
        self.assertEqual((mine["consecutive_failures"], mine["success_rate"]), (0, 100.0))

    def test_statistics(self):
        self.guide().chat(messages=HELLO, model=f"openai-primary/{MODEL}")
        status, stats = self.admin("/admin/stats?hours=24")
        self.assertEqual(status, 200)
        self.assertEqual(
            stats["total_requests"],
            stats["successful_requests"] + stats["failed_requests"] + stats["cancelled_requests"],
        )
        (mine,) = (one for one in stats["providers"] if one["provider_name"] == "openai-primary")
        self.assertGreaterEqual(mine["successful_requests"], 1)
        self.assertGreater(mine["total_tokens"], 0)
        for member in ("success_rate", "avg_response_time_ms", "total_cost"):
            self.assertIsInstance(mine[member], (int, float), member)

    def test_logs(self):
        asked = self.guide().chat(messages=HELLO, model=f"openai-primary/{MODEL}")
        self.assertTrue(asked.id)
        status, page = self.admin("/admin/logs?page=1&page_size=50&status_code=200")
        self.assertEqual(status, 200)
        self.assertEqual((page["page"], page["page_size"]), (1, 50))
        self.assertGreaterEqual(page["total"], 1)
        self.assertTrue(all(log["status_code"] == 200 and log["success"] for log in page["logs"]))


del OrchestratorTest  # its own tests are those of the classes above


if __name__ == "__main__":
    unittest.main()
