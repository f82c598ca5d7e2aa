"""Whether a text is one that the code can print: put together from the texts that stand in it."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
PLACE = re.compile(r"\{[^{}]*\}")
# What is not the code's: names, lists of names, values, and what a service or a library has said.
OF_OTHERS = re.compile(
    r"\S+( \S+){0,2}|(`\w+`(, )?)+|[A-Z]\w+(\.\w+)?: .+"
    r"|mapping values are not allowed in this context|filter upper is unknown"
    r"|unknown field `\w+`, expected one of (`\w+`(, )?)+…"
    r"|`\w+` \(.+"
)
BETWEEN = " :;,()"


def literals() -> set[str]:
    found = set()
    for folder in ("crates", "functions", "cli"):
        for file in (ROOT / folder).rglob("src/**/*.rs"):
            if "tests" in file.parts or file.stem == "tests":
                continue
            code = file.read_text(encoding="utf-8").split("#[cfg(test)]\nmod tests {", 1)[0]
            code = re.sub(r"^\s*//.*$", "", code, flags=re.MULTILINE).replace("'\"'", "' '")
            found.update(re.sub(r"\\\n\s*", "", literal).replace('\\"', '"').replace("\\\\", "\\") for literal in LITERAL.findall(code))
    return found


@cache
def forms() -> list[re.Pattern[str]]:
    """Texts with places in them, as they are recognised; those with too few letters of their own would fit anything."""
    made = [re.compile(f"(.+?){joint} (.+)") for joint in (":", ";", r"\?")]
    for literal in literals():
        # A text that is no format has its braces as they are.
        parts = PLACE.split(literal.replace("{{", "\0").replace("}}", "\1"))
        parts = [part.replace("\0", "{").replace("\1", "}") for part in parts]
        for parts in (parts, [literal]):
            parts = [parts[0].lstrip(BETWEEN), *parts[1:]]
            if len(re.findall(r"[a-z]", " ".join(parts))) >= 5:
                made.append(re.compile("(.*?)".join(re.escape(part) for part in parts), re.DOTALL))
    return made


@cache
def can_be_said(text: str) -> bool:
    """Whether one of the code's texts, with names in it or with others of its texts, is this."""
    matches = (form.fullmatch(text) for form in forms())
    return any(match and all(is_filled(part, text) for part in match.groups()) for match in matches)


def is_filled(part: str, whole: str) -> bool:
    part = part.strip(BETWEEN)
    return not part or OF_OTHERS.fullmatch(part) is not None or part != whole and can_be_said(part)
