"""How the papers of a destruction round are worded, up to the decision (Luật Lưu trữ; TT 06/2025/TT-BNV)."""

from __future__ import annotations

from archive.papers.disposal import (
    AppraisalOpinion,
    AppraisalRequest,
    CouncilMember,
    CouncilMinutes,
    DestructionDecision,
    EstablishmentDecision,
    ExpiredList,
    Explanation,
    LineVotes,
    RetainedList,
    SubmissionStatement,
)
from archive.papers.paper import ListReference, PaperKind
from ingest.papers.blocks import Article, Block, Column, Composed, Facts, Group, Heading, Row, Table, Text
from ingest.papers.wording import amount, bases, clock, terms_of

OUTCOMES = {"destroy": "Hủy", "extend": "Giữ lại, kéo dài thời hạn", "permanent": "Giữ lại vĩnh viễn"}
ROLES = {
    "chairman": "Chủ tịch Hội đồng",
    "secretary": "Thư ký Hội đồng",
    "unit": "Ủy viên, đại diện đơn vị có tài liệu",
    "expert": "Ủy viên, người am hiểu lĩnh vực",
    "member": "Ủy viên",
}


def bound(reference: ListReference) -> str:
    """The sentence that ties a paper to its list, with the whole hash; before the freezing it says that there is none."""
    if not reference.sha256:
        return f"Danh mục của đợt hủy {reference.round_code} gồm {amount(reference.lines)} hồ sơ, chưa chốt."
    return (
        f"Danh mục của đợt hủy {reference.round_code} gồm {amount(reference.lines)} hồ sơ, "
        f"mã băm SHA-256: {reference.sha256}."
    )


def establishment_decision(paper: EstablishmentDecision) -> Composed:
    terms = terms_of(paper.profile)
    members = [f"{number}. {_member(item)};" for number, item in enumerate(paper.members, 1)]
    return Composed(
        "QUYẾT ĐỊNH",
        f"Về việc thành lập {terms.council}",
        [
            *bases(terms.bases, f"Theo đề nghị của {paper.proposer}."),
            Text("QUYẾT ĐỊNH:", "decides"),
            Article("Điều 1.", f"Thành lập {terms.council}, gồm các thành viên sau đây:", tuple(members)),
            Article(
                "Điều 2.",
                f"Hội đồng có nhiệm vụ xem xét Danh mục tài liệu hết giá trị của đợt hủy {paper.bound_to.round_code}, "
                "thảo luận tập thể và biểu quyết theo đa số đối với từng hồ sơ; ý kiến khác nhau được ghi vào biên bản. "
                "Hội đồng tự giải thể sau khi hoàn thành nhiệm vụ.",
                (bound(paper.bound_to),),
            ),
            Article(
                "Điều 3.",
                "Các ông, bà có tên tại Điều 1 và các đơn vị liên quan chịu trách nhiệm thi hành Quyết định này. "
                "Quyết định có hiệu lực kể từ ngày ký.",
            ),
        ],
        authority=paper.authority,
    )


def expired_list(paper: ExpiredList) -> Composed:
    terms = terms_of(paper.profile)
    rows: list[Row] = [
        (
            line.ordinal,
            line.file_code,
            line.title,
            line.time_span,
            line.period,
            amount(line.documents),
            line.reason,
            line.note,
        )
        for line in paper.lines
    ]
    columns = (
        Column("TT", 5, "center"),
        Column("Số, ký hiệu hồ sơ", 14),
        Column("Tiêu đề hồ sơ", 34),
        Column("Thời gian tài liệu", 10, "center"),
        Column(terms.period, 9, "center"),
        Column("Số tài liệu", 7, "right"),
        Column("Lý do hủy", 11),
        Column("Ghi chú", 10),
    )
    documents = sum(line.documents for line in paper.lines)
    return Composed(
        "DANH MỤC TÀI LIỆU HẾT GIÁ TRỊ",
        f"Phông {paper.fonds}",
        [
            Text(bound(paper.bound_to), "bound"),
            Table(columns, rows, numbered_heads=True),
            Text(f"Danh mục này gồm {amount(len(rows))} hồ sơ, {amount(documents)} tài liệu."),
        ],
        landscape=True,
    )


def submission_statement(paper: SubmissionStatement) -> Composed:
    terms = terms_of(paper.profile)
    return Composed(
        "TỜ TRÌNH",
        "Về việc hủy tài liệu hết giá trị",
        [
            *bases(terms.bases),
            Text(
                f"{terms.archive} đã rà soát tài liệu của phông {paper.fonds}, lập Danh mục tài liệu hết giá trị gồm "
                f"{amount(paper.bound_to.lines)} hồ sơ, {amount(paper.documents)} tài liệu, thời gian {paper.time_span}. "
                "Nội dung và lý do đề nghị hủy được nêu trong Bản thuyết minh kèm theo."
            ),
            Text(bound(paper.bound_to), "bound"),
            Text(
                f"{terms.archive} kính trình cấp có thẩm quyền xem xét, đưa Danh mục ra {terms.council} và quyết định "
                "theo thẩm quyền. Việc hủy chỉ được thực hiện đối với toàn bộ hồ sơ thuộc Danh mục đã được phê duyệt."
            ),
            *_enclosed(paper.enclosed),
        ],
        addressed_to=paper.addressed_to,
    )


def explanation(paper: Explanation) -> Composed:
    groups: list[Row] = [(at, item.reason, amount(item.files), item.text) for at, item in enumerate(paper.groups, 1)]
    columns = (
        Column("TT", 7, "center"),
        Column("Lý do", 24),
        Column("Số hồ sơ", 12, "right"),
        Column("Thuyết minh", 57),
    )
    return Composed(
        terms_of(paper.profile).explanation.upper(),
        f"Phông {paper.fonds}",
        [
            Text(bound(paper.bound_to), "bound"),
            Heading("1. Sự hình thành khối tài liệu"),
            Text(paper.background),
            Heading("2. Cách xác định giá trị"),
            Text(paper.method),
            Heading("3. Tài liệu hết giá trị theo từng lý do"),
            Table(columns, groups),
            Text(f"Cộng: {amount(sum(item.files for item in paper.groups))} hồ sơ."),
        ],
    )


def council_minutes(paper: CouncilMinutes) -> Composed:
    terms = terms_of(paper.profile)
    verifying = paper.kind is PaperKind.VERIFICATION_COUNCIL_MINUTES
    council = terms.verification_council if verifying else terms.council
    counts = {name: sum(1 for line in paper.votes if line.outcome == name) for name in OUTCOMES}
    dissents: list[Row] = [
        (line.ordinal, line.file_code, item.member, item.opinion) for line in paper.votes for item in line.dissents
    ]
    body: list[Block] = [
        Facts(
            [
                ("Hội đồng được thành lập theo", paper.established_by),
                ("Khai mạc", clock(paper.opened_at)),
                ("Bế mạc", clock(paper.closed_at)),
            ]
        ),
        Heading("I. Thành phần"),
        *_members("Có mặt", paper.present),
        *_members("Vắng mặt", paper.absent),
        Heading("II. Nội dung"),
        Text("Hội đồng xem xét Danh mục tài liệu hết giá trị."),
        Text(bound(paper.bound_to), "bound"),
        *(Text(item) for item in paper.discussion),
        Heading("III. Kết quả biểu quyết từng hồ sơ"),
        _votes(paper.votes),
        Heading("IV. Ý kiến khác với đa số"),
        Table(
            (
                Column("TT dòng", 8, "center"),
                Column("Số, ký hiệu hồ sơ", 25),
                Column("Thành viên", 22),
                Column("Ý kiến", 45),
            ),
            dissents,
            empty="Không có ý kiến khác.",
        ),
        Heading("V. Kết luận"),
        Text(
            f"Hội đồng đề nghị hủy {amount(counts['destroy'])} hồ sơ; giữ lại và kéo dài thời hạn "
            f"{amount(counts['extend'])} hồ sơ; giữ lại vĩnh viễn {amount(counts['permanent'])} hồ sơ. "
            "Biên bản được thông qua tại cuộc họp."
        ),
    ]
    return Composed(f"BIÊN BẢN HỌP {council.upper()}", "", body)


def appraisal_request(paper: AppraisalRequest) -> Composed:
    asked = "thẩm định" if paper.asked == "appraisal" else "cho ý kiến về"
    return Composed(
        "",
        "đề nghị thẩm định tài liệu hết giá trị"
        if paper.asked == "appraisal"
        else "xin ý kiến về việc hủy tài liệu hết giá trị",
        [
            *bases(terms_of(paper.profile).bases),
            Text(
                f"{paper.head.agency} đã tổ chức xét hủy tài liệu hết giá trị của phông {paper.fonds}. Hội đồng đề nghị "
                f"hủy {amount(paper.files_to_destroy)} hồ sơ."
            ),
            Text(bound(paper.bound_to), "bound"),
            Text(f"{paper.head.agency} đề nghị {paper.addressed_to} {asked} Danh mục tài liệu hết giá trị nêu trên."),
            *_enclosed(paper.enclosed),
        ],
        addressed_to=paper.addressed_to,
    )


def appraisal_opinion(paper: AppraisalOpinion) -> Composed:
    refused = f"Không thống nhất hủy {amount(len(paper.not_agreed))} hồ sơ:"
    if not paper.not_agreed:
        refused = "Không có hồ sơ nào đề nghị giữ lại."
    columns = (
        Column("TT", 7, "center"),
        Column("Số, ký hiệu hồ sơ", 23),
        Column("Tiêu đề hồ sơ", 40),
        Column("Lý do", 30),
    )
    objected: list[Row] = [(line.ordinal, line.file_code, line.title, line.reason) for line in paper.not_agreed]
    return Composed(
        "",
        "thẩm định, cho ý kiến về việc hủy tài liệu hết giá trị",
        [
            Text(f"Xét đề nghị tại {paper.request}, {paper.head.agency} có ý kiến như sau:"),
            Text(bound(paper.bound_to), "bound"),
            Article("1.", f"Thống nhất hủy {amount(paper.agreed)} hồ sơ."),
            Article("2.", refused),
            *((Table(columns, objected),) if paper.not_agreed else ()),
            *(Text(item) for item in paper.opinion),
        ],
        addressed_to=paper.addressed_to,
    )


def destruction_decision(paper: DestructionDecision) -> Composed:
    terms = terms_of(paper.profile)
    within = (
        f"Việc hủy được hoàn thành trong thời hạn {terms.execution_days} ngày kể từ ngày ký Quyết định này. "
        if terms.execution_days
        else ""
    )
    witnesses = f" Chứng kiến việc hủy: {'; '.join(paper.witnesses)}." if paper.witnesses else ""
    return Composed(
        "QUYẾT ĐỊNH",
        "Về việc hủy tài liệu hết giá trị",
        [
            *bases((*terms.bases, *paper.further_bases), f"Theo đề nghị của {paper.proposer}."),
            Text("QUYẾT ĐỊNH:", "decides"),
            Article(
                "Điều 1.",
                f"Hủy {amount(paper.files)} hồ sơ, {amount(paper.documents)} tài liệu hết giá trị của phông "
                f"{paper.fonds}, thời gian {paper.time_span}, thuộc Danh mục kèm theo.",
                (
                    bound(paper.bound_to),
                    "Danh mục này không được thay đổi. Hồ sơ trong Danh mục có thay đổi về nội dung, thời hạn hoặc quyền sau "
                    "khi Danh mục được chốt, hoặc đang bị giữ lại theo yêu cầu của cơ quan có thẩm quyền, thì không được hủy.",
                ),
            ),
            Article(
                "Điều 2.",
                f"Giao {paper.executor} thực hiện việc hủy toàn bộ thông tin của các hồ sơ nêu tại Điều 1, bảo đảm thông tin "
                f"đã bị hủy không thể khôi phục lại được. {within}Cách hủy:",
                tuple(f"- {item}" for item in paper.method),
            ),
            Article(
                "Điều 3.",
                "Việc bàn giao, hủy và kiểm chứng được lập biên bản; hồ sơ về việc hủy tài liệu được bảo quản ít nhất 20 năm "
                f"kể từ ngày hủy.{witnesses}",
            ),
            Article(
                "Điều 4.",
                "Quyết định có hiệu lực kể từ ngày ký. Các đơn vị, cá nhân có liên quan chịu trách nhiệm thi hành.",
            ),
        ],
        authority=paper.authority,
    )


def retained_list(paper: RetainedList) -> Composed:
    terms = terms_of(paper.profile)
    columns = (
        Column("TT", 6, "center"),
        Column("Số, ký hiệu hồ sơ", 16),
        Column("Tiêu đề hồ sơ", 38),
        Column(f"{terms.period} cũ", 11, "center"),
        Column(f"{terms.period} mới", 11, "center"),
        Column("Lý do giữ lại", 18),
    )
    rows: list[Row] = [
        (line.ordinal, line.file_code, line.title, line.period_before, line.period_after, line.reason)
        for line in paper.lines
    ]
    return Composed(
        "MỤC LỤC HỒ SƠ GIỮ LẠI",
        f"Phông {paper.fonds}",
        [
            Text(bound(paper.bound_to), "bound"),
            Table(columns, rows, numbered_heads=True),
            Text(f"Mục lục này gồm {amount(len(rows))} hồ sơ."),
        ],
        landscape=True,
    )


def _member(item: CouncilMember) -> str:
    position = f", {item.position}" if item.position else ""
    return f"Ông/Bà {item.name}{position}: {ROLES[item.role]}"


def _members(label: str, members: tuple[CouncilMember, ...]) -> list[Block]:
    if not members:
        return [Text(f"{label}: không.", "plain")]
    rows: list[Row] = [Group(f"{label}: {len(members)} thành viên")]
    rows += [(number, item.name, item.position, ROLES[item.role]) for number, item in enumerate(members, 1)]
    return [
        Table(
            (Column("TT", 7, "center"), Column("Họ và tên", 28), Column("Chức vụ", 32), Column("Trong Hội đồng", 33)),
            rows,
        )
    ]


def _votes(votes: tuple[LineVotes, ...]) -> Table:
    columns = (
        Column("TT", 6, "center"),
        Column("Số, ký hiệu hồ sơ", 23),
        Column("Tiêu đề hồ sơ", 31),
        Column("Hủy", 7, "center"),
        Column("Kéo dài", 7, "center"),
        Column("Vĩnh viễn", 8, "center"),
        Column("Kết quả", 18),
    )
    rows: list[Row] = [
        (line.ordinal, line.file_code, line.title, line.destroy, line.extend, line.permanent, OUTCOMES[line.outcome])
        for line in votes
    ]
    return Table(columns, rows)


def _enclosed(names: tuple[str, ...]) -> list[Block]:
    if not names:
        return []
    return [Text("Tài liệu kèm theo:", "plain"), *(Text(f"{at}. {name}", "plain") for at, name in enumerate(names, 1))]
