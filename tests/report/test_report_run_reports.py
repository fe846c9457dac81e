"""Reading the --json reports of commands."""

import json

import pytest

from mirtools.errors import InputError
from mirtools.report.run_reports import read_reports


def _write(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_reports_of_shards_add_up(tmp_path):
    parse = {"tool": "chimera-parse", "counts": {"reads": 5, "pairs": 2}, "dropped": {"gap": 1}}
    other = {"tool": "dmiso-predict", "counts": {}, "dropped": {}}
    paths = [_write(tmp_path, f"{n}.json", content) for n, content in enumerate((parse, other, parse))]
    reports = read_reports(paths)
    assert [report.tool for report in reports] == ["chimera-parse", "dmiso-predict"]
    assert reports[0].counts == {"reads": 10, "pairs": 4}
    assert reports[0].dropped == {"gap": 2}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "[" * 100_000,
        {"tool": "x"},
        {"tool": 1, "counts": {}, "dropped": {}},
        {"tool": "x", "counts": {"reads": -1}, "dropped": {}},
        {"tool": "x", "counts": {"reads": True}, "dropped": {}},
        {"tool": "x", "counts": {"reads": "5"}, "dropped": {}},
        {"tool": "x", "counts": [], "dropped": {}},
    ],
)
def test_anything_else_is_refused(tmp_path, content):
    with pytest.raises(InputError, match=r"report\.json: .*--json"):
        read_reports([_write(tmp_path, "report.json", content)])


def test_missing_and_binary_files(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_reports([str(tmp_path / "absent.json")])
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is UTF-16"):
        read_reports([str(tmp_path / "binary.json")])
