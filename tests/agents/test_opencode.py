"""opencode on a model of OpenAI's and on one of Anthropic's, by each npm package of a format that it may be given."""

import json
import unittest

from agents import ANSWER, AgentTest, package
from gateway import URL, script

# The older processors' build has a name of its own.
OPENCODE = ("opencode-linux-*-baseline/bin/opencode", "opencode-linux-*/bin/opencode")


class OpenCode(AgentTest):
    agent = "opencode"

    def turn(self, provider, npm, format_in):
        model = f"agent-opencode-{npm.split('/')[1]}"
        group = self.deploy(provider, model)
        script(provider, model, ANSWER, ("read", {"filePath": str(self.project / "answer.txt")}))
        config = {
            "autoupdate": False,
            "share": "disabled",
            "model": f"postern/{group}",
            "small_model": f"postern/{group}",
            "provider": {
                "postern": {
                    "npm": npm,
                    "options": {"baseURL": f"{URL}/v1", "apiKey": "{env:POSTERN_KEY}"},
                    "models": {group: {"limit": {"context": 200_000, "output": 8_000}}},
                }
            },
        }
        (self.project / "opencode.json").write_text(json.dumps(config))
        done = self.run_agent(
            [package(*OPENCODE), "run", "What does answer.txt say?"],
            POSTERN_KEY=self.key,
            OPENCODE_DISABLE_AUTOUPDATE="1",
            OPENCODE_DISABLE_MODELS_FETCH="1",
            OPENCODE_DISABLE_LSP_DOWNLOAD="1",
            OPENCODE_DISABLE_DEFAULT_PLUGINS="1",
        )
        self.check_turn(provider, model, done, format_in)

    def test_chat_completions_on_openais_model(self):
        self.turn("openai", "@ai-sdk/openai-compatible", "openai_chat")

    def test_chat_completions_on_anthropics_model(self):
        self.turn("anthropic", "@ai-sdk/openai-compatible", "openai_chat")

    def test_responses_on_anthropics_model(self):
        self.turn("anthropic", "@ai-sdk/openai", "openai_responses")

    def test_messages_on_openais_model(self):
        self.turn("openai", "@ai-sdk/anthropic", "anthropic_messages")


if __name__ == "__main__":
    unittest.main()
