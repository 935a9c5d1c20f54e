"""The words of the notices as shipped."""

from tongban.kernel.notices.models import Template

TEMPLATES = {
    "submitted": ("已收到您的申请：{title}", "办件编号{case}。{organ}将在5个工作日内受理，或一次告知需要补正的内容。"),
    "correction": ("请补正材料：{title}", "办件{case}需要补正：{opinion}。补正前不计时；这是唯一一次补正告知（行政许可法第三十二条）。"),
    "accepted": ("受理通知书：{title}", "办件{case}已受理。自下一个工作日起计算期限，最晚{due}作出决定。"),
    "not-accepted": ("不予受理：{title}", "办件{case}不予受理，理由：{opinion}。您可以依法申请行政复议或者提起行政诉讼。"),
    "suspended": ("特别程序告知书：{title}", "办件{case}需要{special}，预计{days}个工作日，不计入办理期限（行政许可法第四十五条）。原因：{opinion}。"),
    "resumed": ("恢复计时：{title}", "办件{case}的{special}已完成，新的期限为{due}。"),
    "extended": ("延长期限告知：{title}", "办件{case}经批准延长10个工作日，新的期限为{due}。理由：{opinion}（行政许可法第四十二条）。"),
    "granted": ("准予许可：{title}", "办件{case}已准予许可，证照制作后可在“我的证照”查看。"),
    "refused": ("不予许可：{title}", "办件{case}不予许可，理由：{opinion}。您可以依法申请行政复议或者提起行政诉讼。"),
    "closed": ("已办结：{title}", "办件{case}已办结。请为本次服务评价：{link}，14天内有效。"),
    "withdrawn": ("申请人已撤回：{title}", "办件{case}已由申请人撤回，无须继续办理。"),
    "lapsed": ("补正逾期退件：{title}", "办件{case}逾期未补正，已退件。您可以重新申请。"),
    "resubmitted": ("补正材料已提交：{title}", "办件{case}的申请人已补正，请在5个工作日内决定是否受理。"),
    "act-refused": ("未能办理：{title}", "您对办件{case}的操作没有被办理部门接受：{opinion}"),
    "prompt": ("临期提示：{title}", "办件{case}距期限{due}还有1个工作日，请尽快办理。"),
    "light-yellow": ("黄牌：{title}", "办件{case}：{reason}。请在5个工作日内答复。"),
    "light-red": ("红牌：{title}", "办件{case}：{reason}。请立即办理并答复。"),
    "limit-prompt": ("临期提示：{title}", "{reason}，请尽快办理。"),
    "limit-yellow": ("黄牌：{title}", "{reason}。请在5个工作日内办理，并答复监察。"),
    "limit-red": ("红牌：{title}", "{reason}。请立即办理并答复监察。"),
    "limit-urged": ("督办：{title}", "{who}督办：{opinion}。请在{due}前答复。"),
    "urged": ("督办：{title}", "{who}督办办件{case}：{opinion}。请在{due}前答复。"),
    "urge-answered": ("督办已答复：{title}", "办件{case}：{opinion}。"),
    "rectify": ("差评整改：{title}", "办件{case}收到“{level}”评价，请在{due}前核实整改并回复。"),
    "account-changed": ("账户安全提醒：{what}", "您的账户于{at}{what}。如果不是您本人所为或知情，请立即修改密码、退出其他浏览器，并致电12345。"),
    "why-asked": ("查看缘由询问", "市民询问{who}于{at}为何查看其信息，请在{due}前答复。"),
    "why-answered": ("查看缘由已答复", "{who}：{opinion}"),
    "continuity-late": ("灾备提醒：{system}", "{system}：{what}。请在灾备页面查看并处理。"),
    "role-lent": ("职责变动：{what}", "{who}：{title}，有效期至{due}。事由：{opinion}。"),
    "security-alert": ("安全告警（{level}）：{title}", "请在{due}前处置。{opinion}。"),
    "security-warned": ("网络安全通报（{level}）：{title}", "请在{due}前签收，并按要求排查、反馈。"),
    "security-returned": ("通报反馈被退回：{title}", "退回理由：{opinion}。请整改后重新反馈。"),
    "security-late": ("安全事项逾期：{what}", "{title}：{what}，请立即处理。"),
    "access-requested": ("资源使用申请：{title}", "{who}申请使用“{title}”，请在{due}前答复。"),
    "access-answered": ("资源使用申请已答复：{title}", "提供方{opinion}。"),
    "agreement-to-sign": ("请签署共享协议：{title}", "协议{case}已由对方签署，请核对条款后签署。"),
    "agreement-in-force": ("共享协议生效：{title}", "协议{case}已由双方签署，可以按约定共享数据。"),
    "agreement-moved": ("共享协议{what}：{title}", "协议{case}已{what}。{opinion}"),
    "resource-to-review": ("目录待审核：{title}", "{who}提交了“{title}”，请审核。"),
    "resource-moved": ("目录审核结果：{title}", "“{title}”{opinion}。"),
    "resource-changed": ("信息资源变更：{title}", "“{title}”{opinion}。"),
    "flow-failed": ("数据流故障：{title}", "数据流已停止：{opinion}。请处理后重新运行。"),
    "flow-stale": ("数据未按周期更新：{title}", "协议{case}的数据应于{due}前更新，至今没有新的批次。请核实数据源。"),
    "upload-done": ("文件{title}", "{opinion}。"),
    "flow-aside": ("数据未通过校验：{title}", "批次和行数：{opinion}。请在源头更正，更正后自动重新发送。"),
    "evaluation-announced": ("共享绩效评价公示：{title}", "{title}已公示，对本部门结果有异议的，请在{due}前申诉。"),
    "evaluation-final": ("共享绩效评价结果：{title}", "{title}结果已确定。"),
    "appeal-filed": ("共享评价申诉：{title}", "{who}对“{what}”提出申诉，请在{due}前答复。理由：{opinion}"),
    "appeal-answered": ("共享评价申诉已答复：{title}", "“{what}”{opinion}"),
    "correction-asked": ("数据更正待核实：{title}", "{who}提出“{title}”有误，原因：{opinion}。请核实后更正或维持。"),
    "correction-answered": ("数据更正已答复：{title}", "{who}：{what}。{opinion}"),
    "findings-new": ("信息比对发现{what}：{title}", "{title}，新发现{what}，请在{due}前核查。"),
    "private-asked": ("隐私比对邀请：{title}", "{who}邀请本部门参加隐私比对，用途：{what}。双方约定密钥后在本部门编码，行内容不出本部门。"),
    "private-moved": ("隐私比对：{title}", "{opinion}。"),
    "linkage-done": ("人口比对完成：{title}", "{opinion}。"),
    "rectified": ("差评整改回复：{title}", "办件{case}：{opinion}。"),
}  # fmt: skip


def load_templates() -> int:
    """Enter the templates that are missing; edited ones stay."""
    known = set(Template.objects.values_list("key", flat=True))
    made = [Template(key=k, title=t, body=b) for k, (t, b) in TEMPLATES.items() if k not in known]
    Template.objects.bulk_create(made)
    return len(made)
