"""The fixed vocabulary of law and standards in English: states, kinds, grades. Chinese is the original and stays in the data."""

from django.utils.translation import get_language

ENGLISH = {
    # GB/T 39046-2020 annex A: kinds of matters, service objects, satisfaction
    "行政许可": "Permit", "行政处罚": "Penalty", "行政强制": "Coercive measure", "行政征收": "Levy", "行政给付": "Benefit", "行政检查": "Inspection",
    "行政确认": "Confirmation", "行政奖励": "Award", "行政裁决": "Adjudication", "其他行政权力": "Other power", "公共服务": "Public service",
    "承诺件": "Within a limit", "即办件": "At once",
    "自然人": "Natural persons", "企业": "Enterprises", "事业单位": "Public institutions", "社会组织": "Social organisations", "行政机关": "Organs of government",
    "其他组织": "Other organisations",
    "非常满意": "Very satisfied", "满意": "Satisfied", "基本满意": "Fairly satisfied", "不满意": "Dissatisfied", "非常不满意": "Very dissatisfied",
    "办事效率": "Speed", "指南精确": "Exact guide", "便捷程度": "Convenience", "平台操作": "Ease of use",
    # trust grades of documents
    "签发机关签发或共享核验": "Issued or checked by its issuer", "窗口核对原件": "Original checked at the window",
    "申请人上传，待核原件": "Uploaded; original to be checked", "申请人自行声明": "Declared by the applicant",
    # states
    "草稿": "Draft", "待审核": "In review", "待发布": "Approved", "现行": "In force", "已被替代": "Superseded", "已取消": "Cancelled", "已下放": "Delegated",
    "已发布": "Published", "待办": "To do", "已办": "Done", "取消": "Cancelled", "待发送": "Waiting", "已发送": "Sent", "失败": "Failed",
    "有效": "Valid", "暂停": "Suspended", "吊销": "Revoked", "已变更": "Replaced",
    "待答复": "To be answered", "已答复": "Answered", "申诉中": "Appealed", "申诉成立": "Appeal upheld", "已核销": "Closed",
    "临期提示": "Prompt", "黄牌": "Yellow", "红牌": "Red",
    "从未备份": "Never backed up", "最近一次备份失败": "Last backup failed", "备份逾期": "Backup late", "演练逾期": "Drill late",
    "演练未达目标": "Targets missed", "正常": "In order",
    # connected systems
    "网站（有密钥）": "Website with a secret", "移动或桌面应用（无密钥）": "Mobile or desktop app", "系统对系统（无用户）": "System to system",
    "自助终端（设备码）": "Terminal with a device code", "待审批": "Awaiting approval", "已批准": "Approved", "未批准": "Not approved", "已停用": "Suspended",
    # levels of government, mandates
    "省": "Province", "市": "City", "县（市、区）": "County or district", "乡镇（街道）": "Township or subdistrict",
    "法定代表人": "Legal representative", "经办人授权": "Agent by mandate", "禁止准入类": "Closed", "许可准入类": "Open with a permit",
}  # fmt: skip


def term(word: object) -> str:
    """A word of the vocabulary in the reader's language; what is not in it stays."""
    told = str(word)
    return ENGLISH.get(told, told) if get_language() == "en" else told
