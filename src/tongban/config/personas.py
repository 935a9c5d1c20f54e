"""Who plays in the demo, and what they fill in. Synthetic, and saying so. Needs no database."""

import datetime
from dataclasses import dataclass

from tongban.lib import codes

DEMO_PASSWORD = "Tongban-demo-1"  # noqa: S105 - printed on the login page of the demo, and only there
LIXIA = "370102"
MARKET = f"{LIXIA}-market"
BEGUN = datetime.date(2024, 1, 2)
SHOPS = (
    "南新街便利店", "趵突泉北路面馆", "解放路烘焙坊", "山大路学府食堂", "文化东路茶饮店", "经十路便民超市", "燕山街道早餐铺", "甸柳新村小卖部", "泉城路火锅店",
    "龙洞街道食堂",
)  # fmt: skip
DESK = ("clerk", "examiner", "inspector", "approver", "issuer")


@dataclass(frozen=True, slots=True)
class Persona:
    """A person of the demo."""

    username: str
    name: str
    roles: tuple[str, ...]
    organ: str
    region: str
    note: str


PERSONAS = (
    Persona("zhang", "张合成", (), "", "", "市民，历下一家小馆餐饮店经营者"),
    Persona("wang", "王合成", (), "", "", "市民"),
    Persona("li", "李合成", ("clerk",), MARKET, LIXIA, "历下区市场监督管理局·窗口受理"),
    Persona("qian", "钱合成", ("examiner", "inspector"), MARKET, LIXIA, "历下区市场监督管理局·核查与审查"),
    Persona("zhao", "赵合成", ("approver",), MARKET, LIXIA, "历下区市场监督管理局·审批负责人"),
    Persona("sun", "孙合成", ("issuer", "clerk"), MARKET, LIXIA, "历下区市场监督管理局·出证"),
    Persona("zhou", "周合成", ("supervisor",), "sd-gov-office", "37", "省政府办公厅·电子监察"),
    Persona("wu", "吴合成", ("matter_editor",), "sd-samr", "37", "省市场监督管理局·事项编制"),
    Persona("zheng", "郑合成", ("matter_reviewer",), "sd-samr", "37", "省市场监督管理局·事项审核"),
    Persona("feng", "冯合成", ("matter_publisher",), "sd-samr", "37", "省市场监督管理局·事项发布"),
    Persona("chen", "陈合成", ("administrator",), "sd-bigdata", "37", "省大数据局·系统管理"),
    Persona("he", "何合成", ("security_administrator",), "sd-bigdata", "37", "省大数据局·安全管理"),
    Persona("lv", "吕合成", ("auditor",), "sd-bigdata", "37", "省大数据局·审计"),
    Persona("jin", "金合成", ("data_steward",), "sd-samr", "37", "省市场监督管理局·数据管理"),
    Persona("tao", "陶合成", ("data_steward",), "sd-hrss", "37", "省人力资源社会保障厅·数据管理"),
    Persona("wei", "魏合成", ("catalogue_reviewer",), "sd-bigdata", "37", "省大数据局·目录登记审核"),
    Persona("shen", "沈合成", ("catalogue_publisher",), "sd-bigdata", "37", "省大数据局·目录发布审核"),
    Persona("ding", "丁合成", DESK, "sd-water", "37", "省水利厅·受理、审查、审批、出证"),
    Persona("yan", "严合成", ("security_administrator",), MARKET, LIXIA, "历下区市场监督管理局·安全管理"),
    Persona("xu", "许合成", ("data_steward",), "sd-police", "37", "省公安厅·数据管理"),
)


def synthetic_id(serial: int, region: str = LIXIA) -> str:
    """A sound citizen identity number that belongs to nobody: born on 1 January 1900, a day that no living person has."""
    body = f"{region}19000101{serial % 1000:03d}"
    return body + codes.resident_check_digit(body)


FOOD = {
    "business_place_address": "济南市历下区泉城路街道（合成地址）128号", "place_area": 86, "business_category": "餐饮服务经营者",
    "business_items": ["热食类食品制售", "自制饮品制售"], "has_online": False, "food_safety_manager_name": "孙合成",
    "food_safety_manager_id": synthetic_id(7), "staff_count": 4, "prepack_only": False, "contact_tel": "13800000001",
    "mobile": "13800000001", "acknowledge_truth": True,
}  # fmt: skip
