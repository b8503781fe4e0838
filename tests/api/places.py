"""Where known values go in what was generated: by the names of parameters and members, some of the time, so that requests
with them and without them are tried. Chance is that of the request itself: the same one becomes the same in every run.
"""

import json
import random
import re

from known import NOWHERE, RESOURCES

# Which parameters and members take what kinds, by path and by name: the first line that fits counts.
PLACES = [
    (re.compile(path), re.compile(f"({name})\\Z"), kinds.split())
    for path, name, kinds in (
        (r"/(v1|v2|api)/", r"role|status|order|from|to", ""),
        (r"/(v1|v2|api)/", r"user", "customer"),
        (r"/(v1/embeddings|api/embed)", r"model", "embedding_model embedding_model model_group"),
        (r"/(customer|end_user)/", r"(end_)?user_ids?", "customer"),
        (r"/tag/", r"names?|tags?|tag_filters?", "tag"),
        (r"/model/", r"id|model_id", "model"),
        (r"/model/", r"model", "upstream_model"),
        (r"/(invitation|onboarding)/", r"id|invit.*", "invitation"),
        (r"/access_group/", r"access_group", "access_group"),
        (r"/access_group/", r"model_ids", "model"),
        (r"/audit/", r"id", "change"),
        (r"/audit", r"action", "action"),
        (r"/audit", r"table_name", "table"),
        (r"/audit", r"object_id", "key_hash team user model"),
        (r"/budget/", r"id|budgets", "budget"),
        (r"/fallback/", r"model", "fallback model_group"),
        (r"/(console|admin)/providers", r"id|provider_id", "provider"),
        (r"/(console|admin)/providers", r"preset|type", "preset"),
        (r"/(console|admin)/providers", r"name", "provider_name"),
        (r"/console/prices", r"provider", "catalogue_provider"),
        (r"/console/prices", r"model", "catalogue_model"),
        (r"/console/requests", r"id|before", "request"),
        (r"", r"(exclude_)?team_ids?|teams?", "team"),
        (r"", r"(exclude_)?organization_ids?|organizations|org_id", "organization"),
        (r"", r"(exclude_)?end_user_ids?|end_user|customer_id", "customer"),
        (r"/(team|organization)/(bulk_)?member_add", r"user_id", "stranger user"),
        (r"", r"user_ids?|users|created_by", "user"),
        (r"", r"user_email|email", "email"),
        (r"", r"username", "email user"),
        (r"", r"password", "password"),
        (r"", r"budget_id", "budget"),
        (r"", r"key_hash|token", "key_hash"),
        (r"", r"keys?|api_keys?|key_id", "key key_hash"),
        (r"", r"key_alias(es)?", "key_alias"),
        (r"", r"team_alias", "team_alias"),
        (r"", r"org(anization)?_alias", "organization_alias"),
        (r"", r"tags", "tag"),
        (r"", r"invitation_id", "invitation"),
        (r"", r"litellm_model_id", "model"),
        (r"", r"model_id", "model model_group"),
        (r"", r"models?|model_names?|model_groups?|default_model|fallback_models", "model_group"),
        (r"", r"provider_id|provider", "provider provider_name"),
        (r"", r"request_id", "request"),
        (r"", r"(previous_)?response_id", "response"),
        (r"", r"base_url|api_base", "url"),
        (r"", r"(start|end)_date", "date"),
        (r"", r"from|to|.*_at|.*_expiry", "moment"),
        (r"", r"(.*_)?duration|rotation_interval", "duration"),
        (r"", r"tz|timezone", "zone"),
        (r"", r"(user_)?role", "role"),
        (r"", r"sort_by", "sort"),
        (r"", r"sort_order|order", "order"),
        (r"", r"fallback_type", "fallback_type"),
        (r"", r"status", "status"),
    )
]

# How new ones are called, where a route makes them.
FRESH = {"key": "sk-fuzz-{}", "email": "{}@example.com"}

# Members of members that are open, which alone say what is meant.
WITHIN = {("/model/update", "model_info"): "id"}

# What may stand in any text.
HOSTILE = (
    "", " ", "\0", "../../../../etc/passwd", "..%2f..%2fkeys", "' OR '1'='1", "'; DROP TABLE keys; --", "%", "_", "*",
    "<script>alert(1)</script>", "NaN", "-1", "1e400", "99999999999999999999", "0000-00-00", "-1d", "\u202ekey",
    "\N{OLD KEY}" * 300, "x" * 20_000,
)  # fmt: skip

# Members of requests to models. Their bodies are described as any object, so that nothing is generated under these names.
LLM_MEMBERS = {
    "stream": (True, False),
    "stream_options": ({"include_usage": True},),
    "max_tokens": (1, 50),
    "max_completion_tokens": (50,),
    "max_output_tokens": (50,),
    "temperature": (0, 0.7),
    "top_p": (1,),
    "n": (1, 2),
    "stop": ("end", ["a", "b"]),
    "seed": (7,),
    "user": ("somebody",),
    "tools": ([{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}], []),
    "tool_choice": ("auto", "none"),
    "response_format": ({"type": "json_object"},),
    "metadata": ({"user_id": "somebody", "tags": ["one"]},),
    "tags": (["one", "two"],),
    "system": ("Be brief.", [{"type": "text", "text": "Be brief."}]),
    "instructions": ("Be brief.",),
    "messages": ([{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],),
    "input": ("Hello", [{"role": "user", "content": "Hello"}], ["Hello", "there"]),
    "prompt": ("Hello", ["Hello", "there"]),
    "reasoning": ({"effort": "low"},),
    "thinking": ({"type": "enabled", "budget_tokens": 1024},),
    "store": (True, False),
    "include": (["reasoning.encrypted_content"],),
    "format": ("json",),
    "options": ({"num_predict": 5, "temperature": 0},),
    "dimensions": (8,),
    "encoding_format": ("base64", "float"),
    "logprobs": (True,),
    "fallbacks": (["demo"],),
    "num_retries": (0, 1),
    "timeout": (5,),
    "previous_response_id": ("resp_unknown",),
}

# Models that fail, each in its way (`crates/testkit/src/behaviour/names.rs`).
FAILING = (
    "400 401 402 403 404 408 409 413 422 429 500 503 529 html html-200 empty cut cut-event error-first error-midstream "
    "error-200 broken-sse invalid-utf8 reset length-short tool json reasoning chunked"
).split()

# What would lock out whoever asks: the administrator's key may be changed by this member.
NEVER = {"new_master_key"}

# What differs from run to run, and must not change what is chosen.
OF_THIS_RUN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|(sk|req|resp|msg|chatcmpl|inv)[-_][\w-]+"
    r"|\d{4}-\d\d-\d\d(T[\d:.]+Z?)?|127\.0\.0\.1:\d+|\d{9,}"
)
ADDRESS = re.compile(r"\s*https?:", re.IGNORECASE)


def members(description, schema):
    """The members that a schema names and their schemas; none where it leaves them open."""
    if "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    named = dict(schema.get("properties", {}))
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        named |= members(description, part)
    return named


class Placing:
    """One request: its dice, and how likely known values are."""

    def __init__(self, known, operation, seed, *generated):
        self.known = known
        self.path = operation.split(" ", 1)[1]
        described = known.operations[operation]
        content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
        self.schema = content.get("schema", {})
        is_llm = "LLM" in described.get("tags", ())
        self.example = content.get("example") if is_llm else None
        text = json.dumps([seed, operation, *generated], sort_keys=True, default=lambda value: type(value).__name__)
        self.dice = random.Random(OF_THIS_RUN.sub("", text))
        # A route that makes something is rarely given one that exists. Models make what nobody names.
        made = {kind for resource in RESOURCES if resource[0] == operation for kind in resource[2]}
        self.made = set() if is_llm else made
        self.tidy = self.dice.random() < 0.8

    def parameters(self, values, chance):
        return {name: self.value(name, value, {}, chance) for name, value in values.items()}

    def segments(self, values):
        """The same of a path, where nothing at all would be another route."""
        return {name: value or "-" for name, value in self.parameters(values, 0.8).items()}

    def body(self, body):
        if not isinstance(body, dict):
            return body
        if self.example and self.tidy:
            body = self.of_a_model(body)
        return self.value("", body, self.schema, 0.6)

    def of_a_model(self, generated):
        """The example, with some members more: what they usually are, or what was generated."""
        values = list(generated.values())
        body = dict(self.example)
        for name in self.dice.sample(list(LLM_MEMBERS), k=self.dice.randrange(4)):
            usual = self.dice.choice(LLM_MEMBERS[name])
            body[name] = self.dice.choice(values) if values and self.dice.random() < 0.3 else usual
        if self.dice.random() < 0.3:
            body["model"] = f"fake-{self.dice.choice(FAILING)}"
        return body

    def kinds(self, name):
        for path, names, kinds in PLACES:
            if path.match(self.path) and names.match(name):
                return [kind for kind in kinds if self.known.values(kind)]
        return []

    def value(self, name, value, schema, chance):
        if isinstance(value, dict):
            return self.object(value, schema, chance)
        if isinstance(value, list):
            items = schema.get("items")
            return [self.value(name, item, items if isinstance(items, dict) else {}, chance) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("fake-"):
            return value
        if (known := self.one(name)) is not None and self.dice.random() < chance:
            return known
        if self.dice.random() < 0.03:
            return self.dice.choice(HOSTILE)
        # Nothing outside of this machine is asked.
        return NOWHERE if ADDRESS.match(value) else value

    def object(self, value, schema, chance):
        named = members(self.known.description, schema)
        placed = {}
        for name, inner in value.items():
            # Members that are not named are refused as a whole by some routes; not every request shall end so.
            if name in NEVER or (named and self.tidy and name not in named):
                continue
            placed[name] = self.value(name, inner, named.get(name, {}), chance)
        for (path, name), inner in WITHIN.items():
            if path == self.path and schema is self.schema and self.dice.random() < 0.6:
                placed[name] = {inner: self.one(inner)}
        for name, described in named.items():
            # Of several members one is often needed, which no schema says.
            if name not in placed and self.tidy and self.dice.random() < 0.2:
                if (known := self.one(name)) is not None:
                    types = described.get("type", [])
                    if "string" in types:
                        placed[name] = known
                    elif "array" in types:
                        placed[name] = [known]
        return placed

    def one(self, name):
        kinds = self.kinds(name)
        if not kinds:
            return None
        kind = self.dice.choice(kinds)
        if kind in self.made and self.dice.random() < 0.9:
            return FRESH.get(kind, "fuzz-{}").format(f"{self.dice.getrandbits(40):x}")
        values = self.known.values(kind)
        # The newest ones belong together, as a team and who is in it.
        return values[-1] if self.dice.random() < 0.4 else self.dice.choice(values)
