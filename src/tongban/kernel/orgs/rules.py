"""Facts about Shandong's divisions and how titles are made from them. Pure."""

from datetime import date

ABBREVIATIONS = {
    "37": "SD", "3701": "JN", "3702": "QD", "3703": "ZB", "3704": "ZZ", "3705": "DY", "3706": "YT", "3707": "WF",
    "3708": "JI", "3709": "TA", "3710": "WH", "3711": "RZ", "3712": "LW", "3713": "LY", "3714": "DZ", "3715": "LC",
    "3716": "BZ", "3717": "HZ",
}  # fmt: skip

# (old code, new code, date, kind, document). Dates of the State Council's approvals; general knowledge, unverified.
CHANGES = (
    ("370181", "370114", date(2016, 12, 26), "county-to-district", "国函〔2016〕199号"),
    ("370282", "370215", date(2017, 7, 28), "county-to-district", "国函〔2017〕99号"),
    ("370125", "370115", date(2018, 6, 19), "county-to-district", "国函〔2018〕90号"),
    ("371626", "371681", date(2018, 7, 2), "county-to-city", "民函〔2018〕62号"),
    ("3712", "3701", date(2018, 12, 26), "merged", "国函〔2018〕161号"),
    ("371202", "370116", date(2018, 12, 26), "renamed", "国函〔2018〕161号"),
    ("371203", "370117", date(2018, 12, 26), "renamed", "国函〔2018〕161号"),
    ("371523", "371503", date(2019, 7, 31), "county-to-district", "鲁政字〔2019〕"),
    ("370634", "370614", date(2020, 6, 15), "merged", "国函〔2020〕"),
    ("370684", "370614", date(2020, 6, 15), "merged", "国函〔2020〕"),
)


def is_statistical(code: str) -> bool:
    """Development zones carry county codes ending 71–79 in the statistics bureau's table (and 德州天衢新区 371471)."""
    return len(code) == 6 and code[4] == "7" and code[5] != "0"


def title(template: str, region: str) -> str:
    """济南市市场监督管理局 from {市}市场监督管理局; a district's template says {区}, a county's {县}."""
    made = template
    for slot in ("{市}", "{县}", "{区}", "{镇}", "{街道}"):
        made = made.replace(slot, region)
    # Real titles differ where a template offers a choice; the first is taken and marked unverified.
    return made.split("（或")[0].split("、")[0].strip()
