"""`tongban encode`: what a department runs at home."""

import argparse
import stat

import pytest

from tongban.config import encoding
from tongban.lib.matching import private

ROWS = "姓名,出生日期,备注\n王合成,1980-05-01,内部\n李合成,1991-11-23,内部\n"
SECRET = "两家约定的密钥，当面交换，不经平台"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "secret.txt").write_text(SECRET + "\n")
    return tmp_path


def run(folder, **more):
    told = {"file": folder / "rows.csv", "secret": folder / "secret.txt", "out": folder / "out.json", "fields": "", **more}
    said = []
    return encoding.run(argparse.Namespace(**told), said.append), " ".join(said)


def test_known_columns_are_encoded_and_nobody_else_reads_the_file(folder):
    done, said = run(folder)
    assert (done, "2 行" in said) == (0, True)
    made = private.loaded((folder / "out.json").read_bytes())
    assert made.fields == ("姓名", "出生日期")
    assert stat.S_IMODE((folder / "out.json").stat().st_mode) == 0o600
    assert run(folder, fields="姓名")[0] == 0
    assert private.loaded((folder / "out.json").read_bytes()).fields == ("姓名",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fields": "年龄"}, "年龄"), ({"fields": "性别"}, "性别"), ({"file": "none.csv"}, "none.csv"), ({"secret": "rows.csv.no"}, "读不到"), ({"secret": "short"}, "16"),
        ({"file": "empty.csv"}, "行"),
    ],
)  # fmt: skip
def test_what_will_not_do_is_told_and_nothing_is_written(folder, change, words):
    (folder / "short").write_text("short")
    (folder / "empty.csv").write_text("姓名\n")
    done, said = run(folder, **{k: folder / v if k != "fields" else v for k, v in change.items()})
    assert done == 2
    assert words in said
    assert not (folder / "out.json").exists()
