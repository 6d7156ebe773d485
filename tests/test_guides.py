"""The guides are true where a test can tell: every alert has its section, links lead somewhere, commands are there."""

import re
from pathlib import Path

import pytest

from shared.alerts.rules import RULES

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "web").glob("*.md")])
GUIDES = (
    "deploy consent psa-rights first-month alerts upgrade backup rotate-secrets costs privacy threat-model"
)


def test_every_alert_type_has_its_section_in_the_order_of_the_mail() -> None:
    sections = re.findall(r"^## (.+)$", (ROOT / "docs/alerts.md").read_text(), re.MULTILINE)
    assert sections == [rule.words.title for rule in RULES]


def test_the_guides_are_there_and_the_readme_or_the_deploy_guide_leads_to_each() -> None:
    lead = "".join((ROOT / page).read_text() for page in ("README.md", "docs/deploy.md"))
    for name in GUIDES.split():
        assert (ROOT / f"docs/{name}.md").exists()
        assert f"{name}.md" in lead, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file_that_is_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_of_a_guide_is_one_of_the_makefile(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = set(re.findall(r"(?:`|^    )make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert said <= known


@pytest.mark.parametrize("guide", GUIDES.split())
def test_a_path_that_a_guide_names_is_there(guide: str) -> None:
    said = (ROOT / f"docs/{guide}.md").read_text()
    for path in re.findall(r"`((?:shared|functions|infra|sandbox|bench|tests)/[\w./-]*\w)/?`", said):
        assert (ROOT / path).exists(), path
