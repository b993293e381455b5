"""The factsheet: one plain, valid document."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from xaiframe.facts import Fact, Finding, Verdict
from xaiframe.report.factsheet import SECTIONS, factsheet
from xaiframe.report.record import Record
from xaiframe.store import to_json

FACT = {
    "type": "object",
    "required": ["name", "value", "unit", "labels", "n", "interval", "source", "reason"],
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z_]+\.[a-z0-9_]+\."},
        "value": {"type": ["number", "string", "boolean", "null"]},
        "interval": {"type": ["array", "null"], "minItems": 2, "maxItems": 2},
    },
}
SCHEMA = {
    "type": "object",
    "required": [
        "schema",
        "identity",
        "strategy",
        "verdict",
        "findings",
        "facts",
        "policy",
        "environment",
    ],
    "properties": {
        "schema": {"const": "xaiframe/factsheet/1"},
        "facts": {
            "type": "object",
            "required": sorted(SECTIONS),
            "additionalProperties": {"type": "array", "items": FACT},
        },
        "findings": {"type": "array", "items": {"required": ["rule", "status", "fact"]}},
    },
}


def sheet_of(run: Path) -> dict:
    record = Record(run)
    return factsheet(
        record.facts, record.findings, record.verdict, record.manifest, record.strategy
    )


def test_it_is_valid_and_survives_json(table_run):
    sheet = json.loads(to_json(sheet_of(table_run)))
    jsonschema.validate(sheet, SCHEMA)
    assert sheet["verdict"]["status"] == "fail"
    assert sheet["identity"]["recipe_digest"] == "12" * 32


def test_lists_stay_in_facts_json(table_run):
    facts = [fact for part in sheet_of(table_run)["facts"].values() for fact in part]
    assert facts
    assert not any({"feature", "column"} & set(fact["labels"]) for fact in facts)
    assert any(fact["name"] == "model.test.accuracy" for fact in facts)


def test_every_section_takes_its_own_stages():
    facts = [Fact(f"{stage}.x.y", 1.0) for stages in SECTIONS.values() for stage in stages]
    found = factsheet(facts, [], None, {}, {})["facts"]
    assert {k: [f["name"].split(".")[0] for f in v] for k, v in found.items()} == {
        section: list(stages) for section, stages in SECTIONS.items()
    }


def test_what_is_missing_is_null_not_absent():
    finding = Finding("rule", "warn", "a.b.c", "message", 1.0)
    verdict = Verdict("warn", "default", "d", {"warn": 1})
    sheet = factsheet([], [finding], verdict, {}, {"purpose": "", "owner": "me"})
    assert sheet["identity"]["created"] is None
    assert sheet["strategy"] == {"owner": "me"}
    assert sheet["findings"][0]["status"] == "warn"
