#!/usr/bin/env python3
"""Writes `crates/gateway/data/catalogue.json` and `crosscheck.json` from two pinned, public price lists.

Standard library only. See README.md beside this file for what the sources are and how to move the pins.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from decimal import Decimal

import genai_source
import litellm_source
import schema

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "crates" / "gateway" / "data"
PINS = HERE / "pins.json"
FORMAT = 1
AT_LEAST = 2_500
# Share of the models known to both sources whose input and output price must agree, by provider that has a say.
AGREEMENT = Decimal("0.80")
LITELLM_FILE = "litellm/model_prices_and_context_window_backup.json"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise schema.SourceError(f"{' '.join(map(str, command))}\n{done.stderr.strip()}")
    return done.stdout


def fetch_litellm(version, directory):
    run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(directory),
        f"litellm=={version}")
    wheel, = directory.glob("litellm-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(LITELLM_FILE)


def fetch_genai(version, directory):
    """The crate holds the prices as plain JSON; a throw-away manifest lets Cargo fetch and locate it."""
    (directory / "src").mkdir(parents=True)
    (directory / "src" / "lib.rs").write_text("")
    (directory / "Cargo.toml").write_text(
        f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n'
        f'[dependencies]\ngenai-prices = "={version}"\n[workspace]\n')
    listing = json.loads(run("cargo", "metadata", "--format-version", "1", cwd=directory))
    manifest, = (p["manifest_path"] for p in listing["packages"] if p["name"] == "genai-prices")
    return (pathlib.Path(manifest).parent / "data" / "prices.json").read_bytes()


def sources(pins, repin):
    """-> both sources' data, their hash checked against the pin (or noted in it)."""
    with tempfile.TemporaryDirectory() as temporary:
        raw = {
            "litellm": fetch_litellm(pins["litellm"]["version"], pathlib.Path(temporary)),
            "genai_prices": fetch_genai(pins["genai_prices"]["version"], pathlib.Path(temporary) / "genai"),
        }
    for name, data in raw.items():
        digest = hashlib.sha256(data).hexdigest()
        if repin:
            pins[name]["sha256"] = digest
        elif pins[name]["sha256"] != digest:
            raise schema.SourceError(f"{name} {pins[name]['version']} is not what was pinned: sha256 {digest}")
    return {name: json.loads(data, parse_float=Decimal) for name, data in raw.items()}


def check_values(models):
    """Prices within sane bounds, ids of a usable form."""
    wrong = []
    for (provider, model_id), model in sorted(models.items()):
        every = [model["prices"], *(tier["prices"] for tier in model["tiers"]), (model["off_peak"] or {}).get("prices", {})]
        for name, price in (item for prices in every for item in prices.items()):
            bound = schema.MAX_TOKEN_PRICE if schema.is_token_price(name) else schema.MAX_UNIT_PRICE
            if not 0 <= price <= bound:
                wrong.append(f"{provider} {model_id}: {name} = {price}")
        if not model_id or model_id != model_id.strip() or any(c in model_id for c in '"\\\n'):
            wrong.append(f"{provider}: id {model_id!r}")
    if wrong:
        raise schema.SourceError("values out of bounds:\n  " + "\n  ".join(wrong))


def settle_aliases(models):
    """An alias that is an id of its own, or another model's id in other letters, or that two models claim, is none."""
    claims = collections.Counter((p, alias) for (p, _), model in models.items() for alias in model["aliases"])
    folded = collections.defaultdict(set)
    for provider, model_id in models:
        folded[provider, model_id.casefold()].add(model_id)
    for (provider, model_id), model in models.items():
        model["aliases"] = [alias for alias in sorted(set(model["aliases"]))
                            if claims[provider, alias] == 1 and (provider, alias) not in models
                            and folded.get((provider, alias.casefold()), {model_id}) == {model_id}]


def render(models, pins):
    """One model a line; empty fields left out. The version names the content, so that equal data has equal versions."""
    lines = []
    for _, model in sorted(models.items()):
        kept = {key: value for key, value in model.items() if value not in (None, [], {}, "")}
        if model["caps"]:
            kept["caps"] = " ".join(model["caps"])
        kept.setdefault("prices", {})
        lines.append(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]
    head = json.dumps({
        "format": FORMAT,
        "version": f"{pins['date'].replace('-', '.')}-{digest}",
        "generated": pins["date"],
        "sources": {litellm_source.SOURCE: pins["litellm"]["version"],
                    genai_source.SOURCE: pins["genai_prices"]["version"]},
    })
    return head[:-1] + ', "models": [\n' + ",\n".join(lines) + "\n]}\n"


def every_price(model):
    for name, price in model.get("prices", {}).items():
        yield name, price
    for tier in model.get("tiers", []):
        for name, price in tier["prices"].items():
            yield f"{name} above {tier['above']}", price


def compare(old_text, new_text):
    """-> (lost models, prices that moved more than tenfold) between two catalogues."""
    old, new = ({(m["provider"], m["id"]): m for m in json.loads(text)["models"]} for text in (old_text, new_text))
    aliases = {(p, alias) for (p, _), model in new.items() for alias in model.get("aliases", [])}
    lost = [f"{p} {i}" for p, i in old if (p, i) not in new and (p, i) not in aliases]
    jumps = []
    for key, model in old.items():
        prices = dict(every_price(new.get(key, {})))
        for name, before in every_price(model):
            now = prices.get(name)
            if now is not None and before != now and (min(before, now) == 0 or max(before, now) > 10 * min(before, now)):
                jumps.append(f"{key[0]} {key[1]}: {name} {before} -> {now}")
    return lost, jumps


def crosscheck(models, opinions):
    """-> the second source's figures for what both know, and on what they differ."""
    rows, differ = [], []
    for provider, model_id, input_price, output_price in sorted(set(opinions), key=str):
        model = models[provider, model_id]
        ours = (model["prices"].get("input"), model["prices"].get("output"))
        if model["source"] != litellm_source.SOURCE or None in ours or None in (input_price, output_price):
            continue
        row = [provider, model_id, input_price, output_price]
        (rows if ours == (input_price, output_price) else differ).append(row)
    share = Decimal(len(rows)) / max(1, len(rows) + len(differ))
    if share < AGREEMENT:
        raise schema.SourceError(f"the sources agree on {share:.0%} only; differing:\n  "
                                 + "\n  ".join(map(str, differ)))
    body = [f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in part) + "\n]"
            for name, part in (("agree", rows), ("differ", differ))]
    return "{" + ",\n".join(body) + "}\n", len(rows), len(differ)


def build(pins, repin, report):
    data = sources(pins, repin)
    models = litellm_source.read(data["litellm"], report)
    opinions = genai_source.read(data["genai_prices"], models, pins["date"], report)
    settle_aliases(models)
    check_values(models)
    if len(models) < AT_LEAST:
        raise schema.SourceError(f"only {len(models)} models")
    check, agree, differ = crosscheck(models, opinions)
    report["models"], report["both sources agree"], report["sources differ"] = len(models), agree, differ
    return {DATA / "catalogue.json": render(models, pins), DATA / "crosscheck.json": check}


def refuse(what, found, accepted):
    if not found:
        return False
    print(f"{what} ({len(found)}){' accepted' if accepted else ''}:\n  " + "\n  ".join(found), file=sys.stderr)
    return not accepted


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed files differ")
    parser.add_argument("--repin", action="store_true", help="after editing pins.json: note the new sources' hashes")
    parser.add_argument("--accept-jumps", action="store_true", help="take prices that moved more than tenfold")
    parser.add_argument("--accept-losses", action="store_true", help="take the loss of models")
    options = parser.parse_args()
    pins, report = json.loads(PINS.read_text()), collections.Counter()
    try:
        files = build(pins, options.repin and not options.check, report)
    except schema.SourceError as error:
        sys.exit(f"catalogue: {error}")
    for what, count in sorted(report.items()):
        print(f"{count:6} {what}")
    if options.check:
        drifted = [path.name for path, text in files.items() if not path.exists() or path.read_text() != text]
        sys.exit(f"catalogue: drifted from its sources: {', '.join(drifted)}; run tools/catalogue/generate.py" if drifted else 0)
    catalogue = DATA / "catalogue.json"
    if catalogue.exists():
        lost, jumps = compare(catalogue.read_text(), files[catalogue])
        refused = [refuse("lost models", lost, options.accept_losses), refuse("price jumps", jumps, options.accept_jumps)]
        if any(refused):
            sys.exit("catalogue: nothing written; see --accept-losses and --accept-jumps")
    for path, text in files.items():
        path.write_text(text)
    if options.repin:
        PINS.write_text("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in pins.items()) + "\n}\n")


if __name__ == "__main__":
    main()
