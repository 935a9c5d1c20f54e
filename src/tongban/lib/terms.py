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
    # nodes
    "本节点": "This node", "上级": "Above", "下级": "Below", "经转": "Beyond", "已邀请": "Invited", "已接入": "Joined", "已断开": "Ended", "待接入": "Not joined yet",
    "线路中断": "Cut off", "有待处理的信件": "Letters held", "传送中": "On its way", "畅通": "In order", "节点自报": "Introduction", "节点信息": "Node", "机构": "Organs",
    "事项": "Matter", "申请": "Application", "办件进展": "Progress of a case", "申请人操作": "Act of the applicant", "操作未办理": "Act not done", "证照": "Licence",
    "评价": "Rating", "整改回复": "Answer to a bad rating", "信息资源": "Information resource",
    # states
    "草稿": "Draft", "待审核": "In review", "待发布": "Approved", "现行": "In force", "已被替代": "Superseded", "已取消": "Cancelled", "已下放": "Delegated",
    "已发布": "Published", "待办": "To do", "已办": "Done", "取消": "Cancelled", "待发送": "Waiting", "传输中": "Coming in", "校验中": "Being checked", "完整": "Whole", "已发送": "Sent", "失败": "Failed",
    "有效": "Valid", "暂停": "Suspended", "吊销": "Revoked", "已变更": "Replaced",
    "待答复": "To be answered", "已答复": "Answered", "申诉中": "Appealed", "申诉成立": "Appeal upheld", "已核销": "Closed",
    "临期提示": "Prompt", "黄牌": "Yellow", "红牌": "Red",
    "从未备份": "Never backed up", "最近一次备份失败": "Last backup failed", "备份逾期": "Backup late", "演练逾期": "Drill late",
    "演练未达目标": "Targets missed", "正常": "In order",
    # security: events, alerts, incidents, warnings
    "登录成功": "Login", "登录失败": "Failed login", "越权访问被拒": "Access refused", "表单来源异常": "Form from elsewhere", "数据导出": "Export",
    "查看个人信息": "Personal data read", "账户安全变更": "Account changed", "授权变更": "Role granted", "超出访问频率": "Rate exceeded", "恶意文件": "Malware",
    "探测访问": "Probe", "触碰诱饵": "Honey touched", "账本校验异常": "Ledger fault", "漏洞扫描结果": "Scanner finding", "外部日志": "Log of another system",
    "外部事件": "Event of another system", "低": "Low", "中": "Medium", "高": "High", "严重": "Critical", "阈值": "Threshold", "先后次序": "Sequence",
    "首次出现": "New for this account", "非工作时间": "Off hours", "偏离常态": "Unlike the usual", "待处置": "Open", "处置中": "Taken", "已处置": "Resolved",
    "误报": "False alarm", "已转事件": "Made an incident", "未办结": "Unfinished", "逾期": "Late", "待报告": "To be reported", "逾期未签收": "Not signed for in time", "逾期未反馈": "Not answered in time", "接手": "Take", "记录": "Note", "判为误报": "False alarm",
    "处置完毕": "Resolve", "转为事件": "Make an incident", "研判中": "Being judged", "已控制": "Contained", "已消除": "Eradicated", "已恢复": "Recovered",
    "已办结": "Closed", "立案": "Opened", "控制事态": "Contain", "消除原因": "Eradicate", "恢复运行": "Recover", "总结办结": "Sum up and close", "重新研判": "Judge anew",
    "报告": "Report", "调整级别": "Level changed", "特别重大": "Extremely grave", "重大": "Grave", "较大": "Serious", "一般": "Ordinary", "红色": "Red", "橙色": "Orange",
    "黄色": "Yellow", "蓝色": "Blue", "恶意程序": "Malware", "网络攻击": "Attack", "数据安全": "Data", "信息内容安全": "Content", "设备设施故障": "Fault",
    "违规操作": "Misuse", "安全隐患": "Hazard", "灾害性": "Disaster", "其他": "Other", "待签收": "To be signed for", "待反馈": "To be answered", "待核验": "To be verified",
    "退回整改": "Sent back", "已核验": "Verified", "省级部门": "Province", "市级部门": "Cities", "县级部门": "Counties", "档案（账本对象）": "Record (subject of the ledger)",
    "登录名": "Login name", "网址路径": "Path of the site", "告警逾期未处置": "Alert not dealt with in time", "事件报告逾期": "Incident not reported in time",
    "通报逾期未签收": "Warning not signed for in time", "通报逾期未反馈": "Warning not answered in time", "隔离中": "Held", "已销毁": "Destroyed",
    # zones and borders
    "内网": "Inner network", "行政服务域": "Administrative zone", "公共服务域": "Public service zone", "待核准": "To be approved",
    "未核准": "Rejected", "掩码": "Masked", "去标识化": "Token", "剔除": "Dropped",
    # evaluation of sharing
    "目录编制完整率": "Catalogued", "主要业务信息共享率": "Main information shared", "目录发布率": "Published", "数据更新及时率": "Timely", "数据质量合格率": "Sound",
    "申请按时答复率": "Answered in time", "资源被使用率": "Used by others", "使用其他部门数据": "Uses others' data", "公示中": "Announced", "已确定": "Final",
    "已采纳": "Upheld", "未采纳": "Rejected",
    # classified protection
    "等级保护": "Classified protection", "密码应用安全性评估": "Cryptography assessment", "分级保护": "Protection of secrets", "定级": "Grading",
    "专家评审": "Expert review", "备案": "Filing", "测评": "Assessment", "整改": "Rectification", "复测": "Re-assessment", "通过": "Passed", "未通过": "Not passed",
    "通过（有问题）": "Passed with findings", "高风险": "High risk", "中风险": "Medium risk", "低风险": "Low risk", "云计算": "Cloud", "移动互联": "Mobile",
    "物联网": "Internet of things", "工业控制": "Industrial control", "未定级": "Not graded", "未经专家评审": "Not reviewed", "未备案": "Not filed", "未测评": "Not assessed",
    "测评到期": "Assessment due", "测评未通过": "Assessment not passed", "整改逾期": "Mending late", "整改中": "Being mended", "符合": "In order", "待整改": "To be mended",
    "待复核": "To be checked", "已关闭": "Closed",
    # acting for others
    "父亲": "Father", "母亲": "Mother", "祖父母": "Grandparent (father's side)", "外祖父母": "Grandparent (mother's side)", "成年兄姐": "Grown-up sibling",
    "其他监护人": "Another guardian",
    # powers
    "委托": "Delegated", "紧急授权": "Emergency", "申请人本人": "The applicant", "本机构、本地区的办件，且职责包含查看本机构办件": "A case of the own organ and region, and a role that reads those",
    "监察本地区的全部办件": "Supervises every case of the region", "平台自身": "The platform itself", "能看到": "May see it", "看不到": "May not see it",
    "终止": "Ended", "逾期终止": "Lapsed", "姓名": "Name", "所在地区": "Region", "住址": "Address", "手机号码": "Mobile number", "身份证号": "Identity number",
    "照片": "Photograph", "健康信息": "Health",
    # networks
    "政务内网": "Inner network", "政务外网": "Outer network", "互联网": "Internet", "待定": "Undecided", "保留": "Keep", "整合": "Merge", "已达基线": "Reached",
    "未达基线": "Below", "应用和终端摸底": "Take stock", "网络互通测试": "Test the link", "应用迁移": "Move applications", "终端切换": "Switch terminals",
    "线路停租": "End the lease",
    # catalogue of resources, agreements
    "无条件共享": "Without condition", "有条件共享": "On condition", "不予共享": "Not shared", "电子文件": "Document", "电子表格": "Spreadsheet", "数据库": "Database",
    "图形图像": "Image", "流媒体": "Media", "自描述格式": "Self-describing", "服务接口": "Service", "文件": "File", "即时查询": "Query", "实时推送": "Stream",
    "批量交换": "Batch", "文件交换": "Files", "实时": "Real time", "每日": "Daily", "每周": "Weekly", "每月": "Monthly", "每季度": "Quarterly", "每年": "Yearly",
    "字符型": "Text", "数值型": "Number", "货币型": "Money", "日期型": "Date", "日期时间型": "Date and time", "逻辑型": "Yes or no", "备注型": "Memo", "通用型": "Binary",
    "双精度型": "Double", "整型": "Integer", "浮点型": "Float", "公民身份号码校验": "Identity number", "统一社会信用代码校验": "Credit code", "行政区划代码": "Region code",
    "待登记审核": "Waits for registration", "已登记": "Registered", "待发布审核": "Waits for publication", "已撤回": "Withdrawn", "提交登记": "Submit for registration",
    "登记通过": "Register", "申请发布": "Offer for publication", "发布": "Publish", "退回修改": "Send back", "撤回": "Recall", "被新版替代": "Replaced",
    "已同意": "Granted", "不同意": "Refused", "待签署": "To be signed", "执行中": "In force", "已终止": "Terminated", "已到期": "Expired",
    "基础信息资源": "Base resources", "人口": "Population", "法人单位": "Legal entities", "自然资源和空间地理": "Nature and geography", "社会信用": "Credit",
    "电子证照": "Electronic licences", "宏观经济": "Macro-economy", "主题信息资源": "Themes", "部门信息资源": "Departments", "健康保障": "Health", "社会保障": "Social security",
    "食品药品安全": "Food and drug safety", "安全生产": "Work safety", "价格监管": "Prices", "能源安全": "Energy", "信用体系": "Credit system", "城乡建设": "Construction",
    "社区治理": "Communities", "生态环保": "Environment", "应急维稳": "Emergencies",
    "待对方参加": "Waiting for the other", "比对中": "Being compared", "对方不参加": "Not taking part", "无法比对": "Could not be compared", "证件号码": "Document number",
    "可为将来日期": "May lie in the future", "按变更序号": "By number", "按更新时间戳": "By time stamp", "按数据库日志（逻辑复制）": "By the database's log (logical replication)", "按平台账本": "By the platform's ledger",
    "待接通": "To be connected", "运行中": "Running", "已暂停": "Paused", "故障": "In trouble", "必填项为空": "Empty", "超过长度": "Too long", "不在值域内": "Not an allowed value",
    "超出范围": "Out of range", "公民身份号码校验不符": "Identity number unsound", "统一社会信用代码校验不符": "Credit code unsound", "行政区划代码格式不符": "Not a region code",
    "手机号码格式不符": "Not a mobile number", "日期在将来": "Day in the future", "主键重复": "Key comes twice", "待更正": "To be corrected", "已更正": "Corrected",
    # connected systems
    "网站（有密钥）": "Website with a secret", "移动或桌面应用（无密钥）": "Mobile or desktop app", "系统对系统（无用户）": "System to system",
    "自助终端（设备码）": "Terminal with a device code", "待审批": "Awaiting approval", "已批准": "Approved", "未批准": "Not approved", "已停用": "Suspended",
    # retention
    "每夜删除": "Deleted every night", "销毁密钥": "Key destroyed", "待批准": "To be agreed", "正在销毁": "Being destroyed",
    # levels of government, mandates
    "省": "Province", "市": "City", "县（市、区）": "County or district", "乡镇（街道）": "Township or subdistrict",
    "法定代表人": "Legal representative", "经办人授权": "Agent by mandate", "禁止准入类": "Closed", "许可准入类": "Open with a permit",
    "存续企业的法定代表人已死亡": "Representative of an enterprise in force is dead", "职工仍由已注销企业参保": "Employees insured by a cancelled enterprise",
    "纳税而未登记": "Pays tax, registered nowhere", "待核查": "To be looked into", "属实已处理": "True, dealt with", "核查不属实": "Not so", "已自行消除": "Gone by itself",
    "待人工比对": "For review", "同一人": "Same person", "未找到": "Not found", "行政区划": "Region", "读音相同": "Sounds the same", "一字之差": "One character apart",
    "一处笔误": "One slip", "两处笔误": "Two slips", "很像": "Close", "相像": "Alike", "不同": "Differs", "缺项": "Nothing", "排队中": "Waiting", "已完成": "Done",
    "内容不一致": "Contents differ", "仅左表有": "Left table only", "仅右表有": "Right table only",
    # base registries: attributes, ties, standing
    "人口基础信息库": "Population registry", "法人单位基础信息库": "Registry of legal persons", "公民身份号码": "Citizen identity number", "性别": "Sex", "出生日期": "Born on",
    "民族": "Ethnicity", "居住地行政区划": "Region of residence", "户号": "Household number", "与户主关系": "Relation to head", "户主姓名": "Head of household",
    "状态": "State", "死亡日期": "Died on", "婚姻状况": "Marital status", "配偶姓名": "Spouse", "配偶公民身份号码": "Spouse's identity number",
    "结婚登记日期": "Marriage registered", "文化程度": "Education", "毕业学校": "School", "学历证书编号": "Certificate number", "参保险种": "Insurance",
    "参保状态": "Insurance state", "累计缴费月数": "Months paid", "参保单位代码": "Employer's code", "相片": "Photo", "统一社会信用代码": "Unified social credit code",
    "名称": "Name", "类型": "Type", "行业": "Industry", "住所": "Address", "登记地行政区划": "Region of registration", "经营范围": "Business scope",
    "成立日期": "Established", "登记状态": "Registration state", "注册资本（万元）": "Capital (10,000 yuan)", "法定代表人公民身份号码": "Representative's identity number",
    "任职日期": "Appointed on", "税务登记状态": "Tax state", "主管税务机关": "Tax office", "最近纳税日期": "Last paid", "参保人数": "Insured people", "股东": "Shareholder",
    "参保职工": "Insured employee", "一致": "Agreed", "按权威次序": "By rank", "人工裁定": "Decided", "待裁定": "To be decided", "存续": "In force", "注销": "Cancelled",
    "未登记": "Not registered", "待核实": "To be checked", "维持原值": "Kept",
}  # fmt: skip


def term(word: object) -> str:
    """A word of the vocabulary in the reader's language; what is not in it stays."""
    told = str(word)
    return ENGLISH.get(told, told) if get_language() == "en" else told
