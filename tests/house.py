"""What import-linter cannot see: each law as a function from a source tree to its breaches."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FILE_LIMIT, FUNCTION_LIMIT = 400, 50
ROOM_NAMES = {
    "README.md", "__init__.py", "apps.py", "events.py", "rules.py", "models.py", "queries.py", "commands.py", "tasks.py", "handlers.py",
    "forms.py", "views.py", "api.py", "urls.py", "admin.py", "seed.py", "templates", "tests", "migrations", "models", "queries",
    "commands", "rules", "forms", "views", "api", "seed",
}  # fmt: skip
FORBIDDEN_NAMES = {"utils.py", "common.py", "helpers.py", "misc.py"}


def sources(root: Path) -> Iterator[tuple[Path, ast.Module, str]]:
    for path in sorted(root.rglob("*.py")):
        if not {"migrations", "tests"} & set(path.parts):
            text = path.read_text()
            yield path, ast.parse(text), text


def rooms(root: Path) -> list[Path]:
    return sorted(p.parent for p in (root / "rooms").glob("*/*/apps.py"))


def too_long(root: Path) -> list[str]:
    """Files over 400 lines, functions over 50; blank lines apart."""
    found = []
    for path, tree, text in sources(root):
        lines = text.splitlines()
        size = sum(1 for line in lines if line.strip())
        if size > FILE_LIMIT:
            found.append(f"{path}: {size} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = sum(1 for line in lines[node.lineno - 1 : node.end_lineno] if line.strip())
                if length > FUNCTION_LIMIT:
                    found.append(f"{path}: {node.name} has {length} lines")
    return found


def strange_names(root: Path) -> list[str]:
    """Files of a room outside the closed set, and names that say nothing."""
    found = [str(p) for p in root.rglob("*.py") if p.name in FORBIDDEN_NAMES]
    for room in rooms(root):
        found += [str(p) for p in room.iterdir() if p.name not in ROOM_NAMES and p.name != "__pycache__"]
    return found


def without_docstring(root: Path) -> list[str]:
    """Modules, and public functions and classes of queries, commands and rules, that say nothing of themselves."""
    found = []
    for path, tree, text in sources(root):
        if text.strip() and not ast.get_docstring(tree):
            found.append(str(path))
        if path.name == "commands.py" or "commands" in path.parts:
            found += [
                f"{path}: {n.name}" for n in tree.body
                if isinstance(n, ast.FunctionDef) and not n.name.startswith("_") and n.decorator_list and not ast.get_docstring(n)
            ]  # fmt: skip
    return found


def hidden_imports(root: Path) -> list[str]:
    return [
        f"{path}: {node.name}"
        for path, tree, _text in sources(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))
    ]


def foreign_rooms(root: Path) -> list[str]:
    """A foreign key into another room, `get_model`, or `reverse` and `url` into another room's names."""
    labels = {room.name for room in rooms(root)}
    found = []
    for room in rooms(root):
        others = "|".join(sorted(labels - {room.name})) or "-"
        for path in [*room.rglob("*.py"), *room.rglob("*.html")]:
            if "tests" in path.parts or "migrations" in path.parts:
                continue
            text = path.read_text()
            if re.search(rf'(ForeignKey|OneToOneField|ManyToManyField)\(\s*"({others})\.', text):
                found.append(f"{path}: a key into another room")
            if "get_model(" in text:
                found.append(f"{path}: get_model")
            if path.suffix == ".py" and re.search(rf'(reverse|redirect)\("({others}):', text) and not _menu_only(path):
                found.append(f"{path}: an address of another room")
    return found


def _menu_only(path: Path) -> bool:
    # The account room leads everyone to where their work is: the one place that knows the doors of the others.
    return path.parts[-3:] == ("account", "views", "login.py")


def undeclared_events(root: Path) -> list[str]:
    """A handler for a tag that no event declares."""
    declared, handled = set(), {}
    for path, _tree, text in sources(root):
        if path.name == "events.py":
            declared |= set(re.findall(r'tag: ClassVar\[str\] = "([^"]+)"', text))
        if path.name == "handlers.py":
            for tag in re.findall(r'"((?:\w+\.)+[\w-]+)"', text):
                if tag.count(".") == 2:
                    handled[tag] = path
    return [f"{path}: {tag}" for tag, path in handled.items() if tag not in declared]


def silent_writers(root: Path) -> list[str]:
    """Model writes outside commands, tasks, seeds, loads and the ledger's own machinery."""
    allowed = {"commands", "seed", "tasks", "processes", "delivery", "store", "loading", "province", "schemas"}
    pattern = re.compile(r"\.objects(?:\.unscoped\([^)]*\))?\.(?:filter\([^\n]*\)\.)?(?:create|bulk_create|update|update_or_create|get_or_create|delete)\(")
    found = []
    for path, _tree, text in sources(root):
        if path.stem in allowed or path.parent.name in allowed:
            continue
        if pattern.search(text):
            found.append(str(path))
    return found


LAWS = {
    "too long": too_long, "strange names": strange_names, "no docstring": without_docstring, "hidden imports": hidden_imports,
    "foreign rooms": foreign_rooms, "undeclared events": undeclared_events, "silent writers": silent_writers,
}  # fmt: skip
