"""The laws of the house, and that a planted breach of each is found."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from tests import house

HOME = Path(__file__).parents[1]
SOURCE = HOME / "src" / "tongban"
BREACHES = {
    "too long": ("rooms/service/hall/rules.py", "\n".join(f"X{n} = {n}" for n in range(401))),
    "strange names": ("rooms/service/hall/helpers.py", '"""x"""\n'),
    "no docstring": ("rooms/service/hall/tasks.py", "x = 1\n"),
    "hidden imports": ("lib/clock.py", '"""x"""\n\n\ndef f():\n    import os\n    return os\n'),
    "foreign rooms": ("rooms/service/supervision/models.py", '"""x"""\nfrom django.db import models\n\nK = models.ForeignKey("hall.Matter")\n'),
    "undeclared events": (
        "rooms/service/hall/handlers.py",
        '"""x"""\nfrom tongban.kernel.ledger.delivery import handles\n\nhandles("hall.nothing.happened")\n',
    ),
    "silent writers": ("rooms/service/hall/views/home.py", '"""x"""\nMatter.objects.create(name="x")\n'),
}
CONTRACT_BREACHES = {
    "1": ("lib/clock.py", "import tongban.kernel.orgs.queries\n"),
    "2": ("rooms/service/hall/rules.py", "import tongban.rooms.service.supervision.rules\n"),
    "3": ("rooms/service/hall/tasks.py", "import tongban.kernel.cases.models\n"),
    "4": ("rooms/service/hall/queries/figures.py", "import tongban.rooms.service.hall.commands.ratings\n"),
    "5": ("rooms/service/hall/rules.py", "import django\n"),
    "6": ("kernel/orgs/queries.py", "import tongban.kernel.cases.rules\n"),
}


@pytest.mark.parametrize("law", house.LAWS)
def test_the_house_keeps_its_laws(law):
    assert house.LAWS[law](SOURCE) == []


@pytest.mark.parametrize("law", BREACHES)
def test_a_planted_breach_is_found(law, tmp_path):
    copied = tmp_path / "tongban"
    shutil.copytree(SOURCE, copied, ignore=shutil.ignore_patterns("static", "__pycache__"))
    name, text = BREACHES[law]
    (copied / name).write_text(text)
    assert house.LAWS[law](copied)


def lint(folder):
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"})
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(SOURCE, folder / "src" / "tongban", ignore=shutil.ignore_patterns("static", "__pycache__", "templates"))
    shutil.copy(HOME / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold(copied):
    code, told = lint(copied)
    assert code == 0, told


@pytest.mark.parametrize("contract", CONTRACT_BREACHES)
def test_a_planted_import_breaks_its_contract(contract, copied):
    name, line = CONTRACT_BREACHES[contract]
    path = copied / "src" / "tongban" / name
    kept = path.read_text()
    try:
        path.write_text(kept + line)
        code, told = lint(copied)
    finally:
        path.write_text(kept)
    assert code == 1
    assert re.search(rf"^{contract} .*BROKEN", told, re.MULTILINE), told


def messages_used():
    """Every sentence of code and templates that a reader sees."""
    used = set()
    for path, _tree, text in house.sources(SOURCE):
        if "gettext" in text or path.name == "look.py":
            used |= {m.encode().decode("unicode_escape").encode("latin-1", "ignore").decode("utf-8", "ignore") if "\\" in m else m
                     for m in re.findall(r'\b_\(\s*"((?:[^"\\]|\\.)*)"', text)}  # fmt: skip
            used |= set(re.findall(r'ngettext\(\s*"((?:[^"\\]|\\.)*)"', text))
    for path in SOURCE.rglob("*.html"):
        used |= set(re.findall(r'\{% (?:translate|say) "((?:[^"\\]|\\.)*)"', path.read_text()))
    return used


@pytest.fixture(scope="module")
def catalogue():
    with (HOME / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        return {(m.id if isinstance(m.id, str) else m.id[0]): m for m in read_po(file) if m.id}


def test_every_message_has_its_chinese(catalogue):
    missing = sorted(m for m in messages_used() if m not in catalogue or not catalogue[m].string)
    assert missing == []


def test_no_message_is_left_over(catalogue):
    assert sorted(set(catalogue) - messages_used()) == []


def test_places_to_fill_are_the_same_in_both_languages(catalogue):
    def places(words):
        return sorted(set(re.findall(r"%\((\w+)\)s", words)))

    uneven = [
        id_ for id_, m in catalogue.items()
        if set(places(m.string if isinstance(m.string, str) else m.string[0])) - set(places(id_))
    ]  # fmt: skip
    assert uneven == []


def test_no_chinese_stands_in_english_pages():
    """Templates hold English msgids; what is Chinese in them is data of the province, or a name."""
    allowed = {"山东省本级", "山东省", "中文", "开饭店", "鲁政办字〔2026〕1号", "长期"}
    found = []
    for path in SOURCE.rglob("*.html"):
        for words in re.findall(r"[\u4e00-\u9fff〔〕]+[\u4e00-\u9fff〔〕0-9]*", path.read_text()):
            if not any(words in a for a in allowed):
                found.append(f"{path.name}: {words}")
    assert found == []


def test_no_label_of_a_folded_table_is_left_in_english():
    """On phones a table's headings stand in data-label; a bare word there would be English in a Chinese page."""
    bare = {
        (path.name, m) for path in SOURCE.rglob("*.html") for m in re.findall(r'(?:data-label|aria-label|placeholder)="([A-Z][A-Za-z ]{3,})"', path.read_text())
    }
    assert bare == set()


def test_style_sheets_stay_small():
    folder = SOURCE / "ui" / "static" / "ui"
    size = sum((folder / n).stat().st_size for n in ("vendor/designsystemet.css", "tokens.css", "tongban.css", "rooms.css"))
    assert size <= 165 * 1024


def test_documented_settings():
    """Every environment variable that the program reads is described for operators."""
    told = (HOME / "docs" / "operations.md").read_text()
    used = set()
    for path in [*SOURCE.rglob("*.py"), HOME / "tongban"]:
        used |= set(re.findall(r'environ(?:\.get\(|\.setdefault\(|\[)"([A-Z_]+)"', path.read_text()))
    internal = {"DJANGO_SETTINGS_MODULE", "TONGBAN_HOME", "TONGBAN_WRITE_OPENAPI", "TONGBAN_TEST_DB"}
    assert sorted(v for v in used - internal if v not in told) == []


def test_the_security_table_names_tests_that_exist():
    told = (HOME / "docs" / "security.md").read_text()
    named = set(re.findall(r"`((?:src|tests)/[^`]+\.py)`", told))
    assert len(named) > 15
    assert [n for n in sorted(named) if not (HOME / n).exists()] == []


def test_every_room_and_kernel_app_has_a_readme():
    apps = [*house.rooms(SOURCE), *(p.parent for p in (SOURCE / "kernel").glob("*/apps.py"))]
    assert [str(a) for a in apps if not (a / "README.md").exists()] == []


def test_demo_password_is_not_in_the_settings():
    assert not any("Tongban-demo" in str(getattr(settings, n, "")) for n in dir(settings) if n.isupper())
