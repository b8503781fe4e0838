"""What exists in the gateway while it is fuzzed.

A generator alone never guesses an id, a date or the name of a model, and so gets no further than 404. This makes some of
every resource that the description has a route for; `places.py` puts them where the description asks for them. A new
resource is a line in RESOURCES here, and one in PLACES there.
"""

import datetime
import json
import re
import urllib.error
import urllib.request

# In an order in which each can refer to those before it. A text `{kind}` is replaced by the newest known value of that
# kind (the member is left out where there is none), `{n}` by what no other has. What is kept of the answer is named by kind: a
# member, with dots between names and places, or `header:` and a header.
RESOURCES = (
    (
        "POST /console/providers",
        {"preset": "openai", "name": "fuzz-provider-{n}", "base_url": "{url}", "api_key": "{credential}"},
        {"provider": "id", "provider_name": "name"},
    ),
    (
        "POST /model/new",
        {
            "model_name": "fuzz-model-{n}",
            "litellm_params": {"model": "openai/fake-gpt", "api_base": "{url}", "api_key": "{credential}"},
        },
        {"model": "model_id", "model_group": "model_name"},
    ),
    (
        "POST /model/new",
        {
            "model_name": "fuzz-embedding-{n}",
            "litellm_params": {"model": "openai/text-embedding-3-small", "api_base": "{url}", "api_key": "{credential}"},
        },
        {"embedding_model": "model_name"},
    ),
    (
        # Whose models fail in every way: `fake-429`, `fake-reset`, ...
        "POST /model/new",
        {
            "model_name": "fake-*",
            "litellm_params": {"model": "openai/fake-*", "api_base": "{url}", "api_key": "{credential}"},
        },
        {"failing": "model_id"},
    ),
    ("POST /access_group/new", {"access_group": "fuzz-group-{n}", "model_ids": ["{model}"]}, {"access_group": "access_group"}),
    ("POST /fallback", {"model": "{model_group}", "fallback_models": ["demo"]}, {"fallback": "model"}),
    (
        "POST /budget/new",
        {"budget_id": "fuzz-budget-{n}", "max_budget": 100.0, "budget_duration": "30d"},
        {"budget": "budget_id"},
    ),
    (
        "POST /organization/new",
        {"organization_alias": "fuzz organization {n}"},
        {"organization": "organization_id", "organization_alias": "organization_alias"},
    ),
    (
        "POST /user/new",
        {
            "user_id": "fuzz-user-{n}",
            "user_email": "fuzz-{n}@example.com",
            "user_role": "internal_user",
            "password": "{password}",
        },
        {"user": "user_id", "email": "user_email", "key": "key"},
    ),
    ("POST /team/new", {"team_alias": "fuzz team {n}"}, {"team": "team_id", "team_alias": "team_alias"}),
    ("POST /team/member_add", {"team_id": "{team}", "member": {"role": "admin", "user_id": "{user}"}}, {}),
    (
        "POST /organization/member_add",
        {"organization_id": "{organization}", "member": {"role": "internal_user", "user_id": "{user}"}},
        {},
    ),
    (
        "POST /key/generate",
        {"key_alias": "fuzz key {n}", "user_id": "{user}", "team_id": "{team}"},
        {"key": "key", "key_hash": "token", "key_alias": "key_alias"},
    ),
    # Who is nowhere, and can be brought in.
    ("POST /user/new", {"user_id": "fuzz-stranger-{n}", "auto_create_key": False}, {"stranger": "user_id"}),
    ("POST /customer/new", {"user_id": "fuzz-customer-{n}"}, {"customer": "user_id"}),
    ("POST /tag/new", {"name": "fuzz-tag-{n}"}, {"tag": "tag.name"}),
    ("POST /invitation/new", {"user_id": "{user}"}, {"invitation": "id"}),
    ("GET /audit", None, {"change": "audit_logs.0.id"}),
    (
        "POST /v1/chat/completions",
        {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]},
        {"request": "header:x-request-id"},
    ),
    # One that the gateway keeps, and one that the provider does.
    ("POST /v1/responses", {"model": "demo", "input": "Hello"}, {"response": "id"}),
    ("POST /v1/responses", {"model": "{model_group}", "input": "Hello"}, {"response": "id"}),
)

TODAY = datetime.datetime.now(datetime.UTC).date()
# Words that mean something, and need not be made.
WORDS = {
    "model_group": ["demo", "from-file"],
    "upstream_model": ["openai/fake-gpt", "anthropic/claude-sonnet-4-5", "ollama/llama3"],
    "catalogue_provider": ["openai"],
    "catalogue_model": ["gpt-4o", "gpt-4o-mini"],
    "preset": ["openai", "anthropic", "ollama", "mistral"],
    "date": [str(TODAY), str(TODAY - datetime.timedelta(30)), str(TODAY + datetime.timedelta(1))],
    "moment": [f"{TODAY}T08:00:00Z", "1790000000"],
    "duration": ["30d", "1h", "45s", "1mo", "7d"],
    "zone": ["Europe/Berlin", "UTC"],
    "role": ["internal_user", "proxy_admin_viewer", "org_admin", "admin", "user"],
    "sort": ["created_at", "spend", "user_id"],
    "order": ["asc", "desc"],
    "fallback_type": ["general", "context_window", "content_policy"],
    "status": ["ok", "error", "success"],
    "action": ["created", "updated", "deleted", "blocked"],
    "table": ["key", "team", "user", "LiteLLM_TeamTable"],
}

# What people sign in with; no answer of the gateway may have it.
PASSWORD = "the password of everybody here"
# What a provider is asked with; no answer of the gateway may have it.
CREDENTIAL = "sk-upstream-credential-that-nobody-may-see"
# Where nobody listens.
NOWHERE = "http://127.0.0.1:9"
# Of each kind, the newest: some that are new, and some that were used.
MOST = 8

# After one of these its resource is gone, or another. A team that has lost a model is neither.
ENDS = re.compile(r"DELETE |POST /(?!team/model/).*/(delete|regenerate|claim)\b")


class Known:
    """Values by kind, made with the administrator's key."""

    def __init__(self, gateway, administrator, upstream, name):
        self.gateway = gateway
        self.administrator = administrator
        self.words = WORDS | {"url": [NOWHERE, upstream], "password": [PASSWORD]}
        # Of each resource what was made last: its values by kind, and what it was made with.
        self.made = [[] for _ in RESOURCES]
        self.name = name
        self.number = 0
        self.description = self.call("GET /openapi.json")[0]
        self.operations = {
            f"{method.upper()} {path}": operation
            for path, item in self.description["paths"].items()
            for method, operation in item.items()
            if isinstance(operation, dict)
        }
        for index in range(len(RESOURCES)):
            self.make(index)

    def values(self, kind):
        """The newest last."""
        made = [values[kind] for made in self.made for values, _ in made if kind in values]
        return self.words.get(kind, []) + made

    def call(self, operation, body=None, key=None):
        """The answer and its headers. What is refused is an exception with the words of both sides."""
        method, path = operation.split(" ", 1)
        request = urllib.request.Request(
            self.gateway + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"authorization": f"Bearer {key or self.administrator}", "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.loads(response.read() or "null"), response.headers
        except urllib.error.HTTPError as error:
            told = error.read().decode(errors="replace")
            raise AssertionError(f"{operation} with {body} answered {error.code}: {told}") from error

    def make(self, index):
        """Makes one, unless the description has no such route."""
        operation, template, kinds = RESOURCES[index]
        if operation not in self.operations:
            return
        self.number += 1
        body = self.filled(template)
        try:
            answer, headers = self.call(operation, body)
        except AssertionError:
            # What it refers to may be gone in a way that `renew` does not see, as a team is with its organization, or a
            # model's name. If that is the reason, it helps to make it anew.
            if not self.replaced(template):
                raise
            body = self.filled(template)
            answer, headers = self.call(operation, body)
        values = {}
        for kind, where in kinds.items():
            value = headers[where.removeprefix("header:")] if where.startswith("header:") else answer
            for member in where.split(".") if value is answer else ():
                value = value[int(member) if member.isdigit() else member]
            assert isinstance(value, str) and value, f"{operation} did not say its {where}: {answer}"
            values[kind] = value
        self.made[index] = [*self.made[index], (values, json.dumps(body))][-MOST:]

    def filled(self, template):
        if isinstance(template, dict):
            filled = {name: self.filled(value) for name, value in template.items()}
            return {name: value for name, value in filled.items() if value is not None}
        if isinstance(template, list):
            return [self.filled(value) for value in template]
        if found := re.fullmatch(r"\{(\w\w+)\}", template) if isinstance(template, str) else None:
            secrets = {"credential": CREDENTIAL, "password": PASSWORD}
            return secrets.get(found[1]) or next(reversed(self.values(found[1])), None)
        return template.replace("{n}", f"{self.name}-{self.number}") if isinstance(template, str) else template

    def replaced(self, template):
        """Whether there was anything that a template refers to; its newest is another now."""
        kinds = set(re.findall(r"\{(\w\w+)\}", json.dumps(template)))
        referred = [index for index, (_, _, told) in enumerate(RESOURCES) if kinds & told.keys() and self.made[index]]
        for index in referred:
            self.made[index].pop()
            self.make(index)
        return bool(referred)

    def renew(self, operation, sent):
        """To be told of each request that succeeded: what it ended is forgotten with all that was made with it (the
        keys of a team), and made anew."""
        if not ENDS.match(operation):
            return
        ended = {value for made in self.made for values, _ in made for value in values.values() if value in sent}
        again = []
        for index, made in enumerate(self.made):
            left = []
            for values, body in made:
                if ended & set(values.values()) or any(f'"{value}"' in body for value in ended):
                    ended |= set(values.values())
                else:
                    left.append((values, body))
            if len(left) < len(made):
                self.made[index] = left
                again.append(index)
        for index in again:
            self.make(index)
