"""What Schemathesis does here besides its own: who asks, known values in requests, and what must hold of every answer.

Schemathesis loads this, in one process for each caller. `fuzz.py` says by its environment who that is.
"""

import atexit
import collections
import json
import os

import schemathesis
from known import CREDENTIAL, PASSWORD, Known
from places import Placing

CALLER = os.environ["FUZZ_CALLER"]
SEED = os.environ["FUZZ_SEED"]
known = Known(os.environ["POSTERN_URL"], os.environ["POSTERN_ADMIN_KEY"], os.environ["FAKE_OPENAI_URL"], CALLER)
answers = collections.Counter()


class Caller:
    """Whose key requests have. One that a request ended is replaced by another of the same rights."""

    def __init__(self):
        self.key = known.administrator
        self.renew()

    def renew(self):
        if CALLER == "key":
            self.key = known.call("POST /key/generate", {"models": ["demo"]})[0]["key"]
        elif CALLER == "member":
            made = known.call("POST /user/new", {"user_role": "internal_user"})[0]
            member = {"role": "admin", "user_id": made["user_id"]}
            known.call("POST /team/member_add", {"team_id": known.values("team")[-1], "member": member})
            known.words["user"] = [made["user_id"]]
            self.key = made["key"]
        if CALLER != "administrator":
            known.words["key"] = [self.key]

    def is_known(self):
        try:
            known.call("GET /console/session", key=self.key)
        except AssertionError:
            return False
        return True


caller = Caller()


@schemathesis.auth(refresh_interval=None)
class Key:
    def get(self, case, context):
        return caller.key

    def set(self, case, key, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {key}"


@schemathesis.hook
def map_case(context, case):
    placing = Placing(known, case.operation.label, SEED, case.path_parameters, case.query, case.body)
    if not case._has_explicit_auth and placing.dice.random() < 0.8:
        # Where nothing else can be wrong, the key is. Once in a while is enough.
        Key().set(case, caller.key, None)
        case._has_explicit_auth = True
    if case.path_parameters:
        case.path_parameters = placing.segments(case.path_parameters)
    if case.query:
        case.query = placing.parameters(case.query, 0.6)
    case.body = placing.body(case.body)
    return case


@schemathesis.hook
def after_call(context, case, response):
    answers[case.operation.label, response.status_code] += 1
    if response.status_code < 300:
        sent = json.dumps([case.path_parameters, case.query, case.body], default=repr, ensure_ascii=False)
        known.renew(case.operation.label, sent)


def is_llm(case):
    return "LLM" in known.operations.get(case.operation.label, {}).get("tags", ())


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if type(failure).__name__ == "ServerError" and is_llm(case):
        # A provider that fails is no fault of the gateway's, whose own are called so.
        return "internal_error" in response.text
    # An event stream is described as the text that it is, not by its events.
    return failure.title != "SSE event violates schema"


def header(response, name):
    return (response.headers.get(name) or [""])[0]


@schemathesis.check
def request_id(context, response, case):
    """Every answer has an id, and an error says the same one."""
    told = header(response, "x-request-id")
    assert told, "there is no header x-request-id"
    if response.status_code >= 400 and "json" in header(response, "content-type"):
        body = response.json()
        if isinstance(body, dict) and "request_id" in body:
            assert body["request_id"] == told, f"the header says {told}, the body {body['request_id']}"


def of_a_provider(case):
    """Whether the model that was asked is one of those that fail."""
    return is_llm(case) and isinstance(case.body, dict) and str(case.body.get("model", "")).startswith("fake-")


@schemathesis.check
def own_errors_are_described(context, response, case):
    """A provider may answer with any status, which is `default`. The gateway may not."""
    described = known.operations.get(case.operation.label, {}).get("responses", {})
    if "default" in described and str(response.status_code) not in {"405", *described}:
        assert of_a_provider(case), f"status {response.status_code} is described by `default` alone"


@schemathesis.check
def secrets_stay_inside(context, response, case):
    """No answer has the administrator's key, what a provider is asked with, or a password."""
    for secret in (known.administrator, CREDENTIAL, PASSWORD):
        assert secret not in response.text, "the answer has a secret"


@schemathesis.check
def valid_keys_are_known(context, response, case):
    """401 is for keys that are not valid. Where a request has ended the caller's own, another is made. An operation that
    wants no key has it for a password or a link that is wrong."""
    if known.operations[case.operation.label].get("security") == [{}]:
        return
    sent = response.request.headers.get("Authorization")
    if response.status_code == 401 and sent == f"Bearer {caller.key}" and not of_a_provider(case):
        assert not caller.is_known(), "401, but the key is valid"
        caller.renew()


@atexit.register
def tell():
    with open(os.environ["FUZZ_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump([[label, status, count] for (label, status), count in answers.items()], file)
