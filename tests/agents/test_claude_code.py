"""Claude Code on a model of OpenAI's, and on one of its own maker."""

import unittest

from agents import ANSWER, AgentTest, package
from gateway import URL, received, script

CLAUDE = ("@anthropic-ai/claude-code-linux-*/claude",)


class ClaudeCode(AgentTest):
    agent = "claude-code"

    def run_claude(self, group, prompt):
        return self.run_agent(
            [package(*CLAUDE), "--print", prompt, "--allowed-tools", "Read"],
            ANTHROPIC_BASE_URL=URL,
            ANTHROPIC_AUTH_TOKEN=self.key,
            ANTHROPIC_MODEL=group,
            ANTHROPIC_SMALL_FAST_MODEL=group,
            ANTHROPIC_DEFAULT_HAIKU_MODEL=group,
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            DISABLE_AUTOUPDATER="1",
        )

    def turn(self, provider):
        model = "agent-claude-code"
        group = self.deploy(provider, model)
        script(provider, model, ANSWER, ("Read", {"file_path": str(self.project / "answer.txt")}))
        done = self.run_claude(group, "What does answer.txt say?")
        self.check_turn(provider, model, done, "anthropic_messages")

    def test_a_turn_with_a_tool_on_openais_model(self):
        self.turn("openai")

    def test_a_turn_with_a_tool_on_anthropics_model(self):
        self.turn("anthropic")

    def test_its_context_is_counted(self):
        for provider in ("openai", "anthropic"):
            with self.subTest(provider=provider):
                group = self.deploy(provider, "agent-claude-code-context")
                self.assertIn("Context Usage", self.run_claude(group, "/context").stdout)
        # By the provider, where it counts; by the gateway for the other one.
        self.assertTrue(received("anthropic", "agent-claude-code-context"))
        self.assertFalse(received("openai", "agent-claude-code-context"))


if __name__ == "__main__":
    unittest.main()
