"""Claude Code on a model of OpenAI's."""

import unittest

from agents import ANSWER, AgentTest, package
from gateway import URL, script

CLAUDE = ("@anthropic-ai/claude-code-linux-*/claude",)


class ClaudeCode(AgentTest):
    agent = "claude-code"

    def test_a_turn_with_a_tool_on_openais_model(self):
        model = "agent-claude-code"
        group = self.deploy("openai", model)
        script("openai", model, ANSWER, ("Read", {"file_path": str(self.project / "answer.txt")}))
        done = self.run_agent(
            [package(*CLAUDE), "--print", "What does answer.txt say?", "--allowed-tools", "Read"],
            ANTHROPIC_BASE_URL=URL,
            ANTHROPIC_AUTH_TOKEN=self.key,
            ANTHROPIC_MODEL=group,
            ANTHROPIC_SMALL_FAST_MODEL=group,
            ANTHROPIC_DEFAULT_HAIKU_MODEL=group,
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            DISABLE_AUTOUPDATER="1",
        )
        self.check_turn("openai", model, done, "anthropic_messages")


if __name__ == "__main__":
    unittest.main()
