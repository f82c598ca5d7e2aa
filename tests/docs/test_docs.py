"""What is documented and what there is are the same: every code, every action, every link."""

import re
from pathlib import Path

import pytest

from .messages import can_be_said

ROOT = Path(__file__).resolve().parents[2]
# Folders of tools and of what is built.
NOT_OURS = {".venv", ".tools", ".localcloud", ".aws-sam", ".git", ".pytest_cache", "target"}
CODES = ROOT / "crates" / "engine" / "src" / "code.rs"
RUN = ROOT / "crates" / "engine" / "src" / "journal" / "run.rs"
STEP = ROOT / "crates" / "engine" / "src" / "journal" / "step.rs"
CATALOGUE = ROOT / "crates" / "catalogue" / "src"
COMMAND_CODES = ROOT / "cli" / "src" / "error.rs"
ERRORS = ROOT / "docs" / "errors"
ACTIONS = ROOT / "docs" / "actions"
DECISIONS = ROOT / "docs" / "decisions"
LOCAL_CLOUD = ROOT / "localcloud"

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")


def codes() -> set[str]:
    listed = CODES.read_text(encoding="utf-8").split("\ncodes! {", 1)[1].split("\n}", 1)[0]
    return set(re.findall(r'^\s*[A-Z]\w+ = "([^"]+)",', listed, re.MULTILINE))


def command_codes() -> set[str]:
    """The codes that only the command has."""
    return set(re.findall(r'^\s*Self::\w+ => "([^"]+)",', COMMAND_CODES.read_text(encoding="utf-8"), re.MULTILINE))


def actions() -> set[str]:
    found = (re.search(r'const USES: &\'static str = "([^"]+)";', file.read_text(encoding="utf-8")) for file in CATALOGUE.glob("*.rs"))
    return {match[1] for match in found if match}


def outcomes() -> set[str]:
    written = RUN.read_text(encoding="utf-8").split("\nimpl Outcome {", 1)[1].split("fn as_str", 1)[1].split("\n    }", 1)[0]
    return set(re.findall(r'Self::\w+ => "(\w+)",', written))


def pages(folder: Path) -> set[str]:
    return {page.stem for page in folder.glob("*.md")} - {"README"}


def markdown_files() -> list[Path]:
    files = (path for path in ROOT.rglob("*.md") if not NOT_OURS.intersection(path.relative_to(ROOT).parts))
    return sorted(files)


def prose(path: Path) -> str:
    """The text without what is shown as code."""
    return INLINE_CODE.sub("", FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_lists_are_read_rightly():
    # Were one of them read as empty, the comparisons below would compare nothing.
    assert {"broken-yaml", "internal"} <= codes()
    assert {"no-region", "aws-refused"} <= command_codes()
    assert {"appconfig/flag", "timestream/query"} <= actions()
    assert {"halted", "completed_with_warnings"} <= outcomes()
    assert ROOT / "README.md" in markdown_files()


def test_every_code_has_its_page_and_every_page_its_code():
    assert pages(ERRORS) == codes()


def test_every_code_of_the_command_is_listed():
    listed = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").split("\n## Text and JSON\n", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", listed, re.MULTILINE)) == command_codes()


def test_every_outcome_of_a_run_has_its_next_move():
    table = (ROOT / "docs" / "halted.md").read_text(encoding="utf-8").split("\n| outcome |", 1)[1].split("\n\n", 1)[0]
    assert set(re.findall(r"^\| `(\w+)` \| .+ \| .+ \|$", table, re.MULTILINE)) == outcomes()


def test_every_action_has_its_page_and_every_page_its_action():
    assert pages(ACTIONS) == {action.replace("/", "-") for action in actions()}


def test_every_extension_of_the_local_cloud_is_listed_once():
    table = (LOCAL_CLOUD / "README.md").read_text(encoding="utf-8").split("\n## Extensions\n", 1)[1].split("\n## ", 1)[0]
    files = (path.stem for path in (LOCAL_CLOUD / "extensions").glob("*.py"))
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == sorted(name for name in files if not name.startswith("_"))


@pytest.mark.parametrize("folder", [ERRORS, ACTIONS, DECISIONS], ids=lambda folder: folder.name)
def test_every_page_is_in_its_index(folder):
    listed = {Path(link).stem for link in LINK.findall((folder / "README.md").read_text(encoding="utf-8")) if "/" not in link}
    assert pages(folder) <= listed


@pytest.mark.parametrize("page", sorted(ERRORS / f"{code}.md" for code in codes()), ids=lambda page: page.stem)
def test_a_page_of_an_error_shows_a_message_and_says_what_to_do(page):
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}\n")
    assert FENCE.search(text)
    assert "\n## What to do\n" in text


def said(page: Path) -> list[str]:
    """The lines of the messages that a page shows, without their place and code. Commands and lines of a plan are none."""
    lines = [line for fence in FENCE.findall(page.read_text(encoding="utf-8")) for line in fence.splitlines()[1:-1]]
    shown = (line.strip() for line in lines if not re.match(r"\s*(\d* *\||backout |\w+: \S+ → |$)", line))
    return [re.sub(r"^\S+:\d+:\d+: (warning: )?| \[[a-z-]+\]$", "", line) for line in shown]


@pytest.mark.parametrize("page", sorted(ERRORS / f"{code}.md" for code in codes()), ids=lambda page: page.stem)
def test_the_messages_that_a_page_shows_are_those_of_the_code(page):
    assert said(page)
    assert [line for line in said(page) if not can_be_said(line)] == []


def test_a_message_of_nobody_is_recognised():
    assert can_be_said("it answered 503, wanted 200 (waited 5m)")
    assert can_be_said("could not read the stage prod of API a1: NotFoundException: Invalid API identifier specified")
    assert not can_be_said("GET https://api.example.org/health answered 503, not 200 (waited 5m)")
    assert not can_be_said("another deployment is under way in the environment production: still so after 15m; nothing was changed")


@pytest.mark.parametrize("page", sorted(ACTIONS.glob("*-*.md")), ids=lambda page: page.stem)
def test_a_page_of_an_action_names_the_action_and_shows_its_use(page):
    text = page.read_text(encoding="utf-8")
    action = {action.replace("/", "-"): action for action in actions()}[page.stem]
    assert text.splitlines()[0] == f"# {action}"
    assert f"uses: {action}" in text


# What a page has, in this order, by what kind of action it is about; the index says that.
SHAPES = {
    "changes": ["<!-- /parameters -->", "## What it does", "**Compared** ", "**Going back** ", "**Facts**: ", "## When it fails", "| when | what to do |"],
    "checks": ["<!-- /parameters -->", "| verdict | when |", "**Facts**: "],
    "commands": ["<!-- /parameters -->", "**It cannot be taken back**", "**Facts**: "],
}


def kinds() -> dict[str, str]:
    index = (ACTIONS / "README.md").read_text(encoding="utf-8")
    regions = {kind: index.split(f"<!-- {kind} -->", 1)[1].split(f"<!-- /{kind} -->", 1)[0] for kind in SHAPES}
    return {Path(link).stem: kind for kind, region in regions.items() for link in LINK.findall(region)}


@pytest.mark.parametrize("page", sorted(ACTIONS.glob("*-*.md")), ids=lambda page: page.stem)
def test_pages_of_actions_of_one_kind_are_alike(page):
    text = page.read_text(encoding="utf-8")
    parts = [*SHAPES[kinds()[page.stem]], "## Permissions\n\n<!-- permissions -->"]
    assert [part for part in parts if text.count(part) != 1] == []
    assert sorted(parts, key=text.index) == parts


def test_no_fact_is_called_as_what_every_step_has():
    own = re.search(r"OWN_FIELDS: \[&str; \d\] = \[(.+)\];", STEP.read_text(encoding="utf-8"))
    own = set(re.findall(r'"(\w+)"', own[1]))
    assert "status" in own
    listing = 0
    for page in ACTIONS.glob("*-*.md"):
        for facts in re.findall(r"^\*\*Facts\*\*: .*?(?=\n\n|\Z)", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            listing += 1
            assert not own.intersection(re.findall(r"`(\w+)`", facts)), page.stem
    assert listing == len(actions()), "the lists are not found"


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    broken = []
    for link in LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists():
            broken.append(link)
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            broken.append(link)
    assert not broken
