import { expect, test } from "vitest";
import { formatName, translation } from "./formats";

test("a format has a name for people, and an unknown one is still readable", () => {
  expect(formatName("bedrock_converse")).toBe("Bedrock Converse");
  expect(formatName("ollama_generate")).toBe("Ollama generate");
  expect(formatName("next_years_format")).toBe("next years format");
});

test.each([
  ["openai_chat", null, "OpenAI chat"],
  ["cohere", "cohere", "Cohere chat, passed through as it is"],
  ["anthropic_messages", "bedrock_converse", "Anthropic messages → Bedrock Converse, translated"],
  ["embeddings", "gemini", "Embeddings, sent in Gemini's format"],
  ["embeddings", "openai_chat", "Embeddings, sent in OpenAI's format"],
  ["pass_through", "pass_through", "The provider's own, passed through as it is"],
])("%s sent as %s reads “%s”", (asked, sent, words) => expect(translation(asked, sent)).toBe(words));
