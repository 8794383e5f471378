"""One paper of every kind, with long names and titles as they really occur; nothing of it depends on clock or chance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from archive.papers.disposal import (
    AppraisalOpinion,
    AppraisalRequest,
    CouncilMember,
    CouncilMinutes,
    DestructionDecision,
    Dissent,
    EstablishmentDecision,
    ExpiredList,
    Explanation,
    ExplanationGroup,
    LineVotes,
    ListLine,
    ObjectedLine,
    RetainedLine,
    RetainedList,
    SubmissionStatement,
)
from archive.papers.dossier_index import DossierIndex, IndexedPaper
from archive.papers.execution import (
    Certificate,
    DestroyedLine,
    DestructionMinutes,
    HandingParty,
    HandoverMinutes,
    PlaceOutcome,
)
from archive.papers.paper import Letterhead, ListReference, Paper, PaperKind, SignatureBlock
from archive.papers.records import (
    ActivityReport,
    AgencyFigures,
    CheckFigures,
    DeliveryMinutes,
    DocumentInventory,
    DocumentLine,
    FilePlan,
    InventoryLine,
    PlanLine,
    TransferInventory,
)

NOW, OLD = "LLT2024-TT05", "ND01-TT02"
LIST_SHA256 = "8f3b1c0a5d7e924680b1f3d5a7c9e2046f8b1d3a5c7e902468acf0b2d4e6f801"
BOUND = ListReference("HTL-2026-03", LIST_SHA256, 4)
AT = datetime(2026, 10, 12, 2, 5, tzinfo=UTC)
FONDS = "Sở Nội vụ tỉnh Bình Minh (giai đoạn 1997 – 2015)"
TITLES = (
    "Hồ sơ giải quyết đơn khiếu nại, tố cáo của công dân về đất đai, bồi thường, hỗ trợ, tái định cư khi Nhà nước thu hồi đất "
    "để xây dựng Khu công nghiệp Bình Minh II trên địa bàn các xã Đông Thạnh, Thuận An và thị trấn Cái Vồn năm 2009 (tập 1)",
    "Công văn trao đổi về quy hoạch, kế hoạch <năm> 2010 & “phụ lục” của Ủy ban nhân dân các huyện",
    "Báo cáo tháng, tuần của các phòng chuyên môn năm 2011",
    "Kế hoạch, báo cáo đột xuất năm 2012 (bản trùng với hồ sơ H99.12.2012.015)",
)


def head(
    notation: str, *signatures: SignatureBlock, number: str = "214", issued: date | None = date(2026, 10, 5)
) -> Letterhead:
    return Letterhead(
        agency="Sở Nội vụ tỉnh Bình Minh",
        superior="Ủy ban nhân dân tỉnh Bình Minh",
        place="Bình Minh",
        number=number,
        notation=notation,
        issued=issued,
        recipients=("- Như trên;", "- Giám đốc Sở (để báo cáo);", "- Lưu: VT, LT, HS hủy."),
        signatures=signatures or (DIRECTOR,),
    )


DIRECTOR = SignatureBlock("Giám đốc", "Nguyễn Văn An")
DEPUTY = SignatureBlock("Phó Giám đốc", "Trần Thị Bích Ngọc", ("KT. GIÁM ĐỐC",))
SECRETARY = SignatureBlock("Thư ký", "Lê Quang Đạo")
CHAIR = SignatureBlock("Chủ tịch Hội đồng", "Trần Thị Bích Ngọc")
MEMBERS = (
    CouncilMember("Trần Thị Bích Ngọc", "Phó Giám đốc", "chairman"),
    CouncilMember("Lê Quang Đạo", "Lưu trữ viên", "secretary"),
    CouncilMember("Vũ Thị Thu Hằng", "Trưởng phòng Thanh tra", "unit"),
    CouncilMember("Đỗ Mạnh Hùng", "Chuyên viên cao cấp, Chi cục Văn thư – Lưu trữ", "expert"),
)
GIVER = HandingParty("Lưu trữ hiện hành, Văn phòng Sở", "Lê Quang Đạo", "Lưu trữ viên")
RECEIVER = HandingParty("Phòng Công nghệ thông tin", "Hoàng Minh Tuấn", "Phó Trưởng phòng")
PLACES = (
    PlaceOutcome(
        "kho-1",
        "Thư mục trên máy chủ, ổ SSD",
        ("Xóa 4 gói", "Xóa 4 bản đọc, 12 ảnh thu nhỏ"),
        ("Không ghi đè khối cũ: ổ SSD tự phân bổ khối",),
        "residue",
        AT,
        "Tìm mã hồ sơ, khóa và dấu 32 byte trên toàn bộ tệp",
    ),
    PlaceOutcome(
        "kho-2",
        "S3 có khóa đối tượng, Trung tâm dữ liệu tỉnh",
        ("Hủy khóa giải mã",),
        ("Chưa xóa được bản mã: còn trong thời hạn khóa",),
        "locked",
        AT,
        "Đọc lại bản mã, không giải mã được",
        date(2027, 3, 31),
    ),
    PlaceOutcome("chi-muc", "Elasticsearch", ("Xóa, hợp nhất phân đoạn",), (), "absent", AT, "Tìm mã hồ sơ và từ khóa"),
)


def lines(count: int = 4) -> tuple[ListLine, ...]:
    return tuple(
        ListLine(
            at,
            f"H99.12.{2009 + at % 6}.{at:05}",
            TITLES[(at - 1) % 4],
            "10 năm",
            f"{2009 + at % 6}",
            12 + at % 40,
            "Hết thời hạn lưu trữ" if at % 4 else "Trùng lặp",
        )
        for at in range(1, count + 1)
    )


def expired_list(count: int = 4, profile: str = NOW) -> ExpiredList:
    return ExpiredList(profile, head("DM-SNV"), replace(BOUND, lines=count), FONDS, lines(count))


def votes() -> tuple[LineVotes, ...]:
    dissent = Dissent(
        "Vũ Thị Thu Hằng",
        "Đề nghị giữ lại thêm 05 năm vì còn một đơn chưa được giải quyết dứt điểm; nếu hủy sẽ không còn căn cứ đối chiếu.",
    )
    given = ((3, 1, 0, "destroy"), (4, 0, 0, "destroy"), (1, 3, 0, "extend"), (0, 1, 3, "permanent"))
    return tuple(
        LineVotes(line.ordinal, line.file_code, line.title, *counts, (dissent,) if line.ordinal == 1 else ())  # type: ignore[arg-type]
        for line, counts in zip(lines(), given, strict=True)
    )


def destroyed() -> tuple[DestroyedLine, ...]:
    return tuple(
        DestroyedLine(
            line.ordinal,
            line.file_code,
            line.title if line.ordinal != 2 else "",
            ((f"0f8fad5b-d9cb-469f-a165-70867728950{line.ordinal}", f"{line.ordinal:x}" * 64),),
            AT + timedelta(minutes=line.ordinal),
        )
        for line in lines()
    )


def certificate(profile: str = NOW) -> Certificate:
    return Certificate(
        profile,
        head(
            "CN-LT", SignatureBlock("Người phụ trách lưu trữ", "Lê Quang Đạo"), number="09", issued=date(2026, 10, 12)
        ),
        BOUND,
        "CN-2026-000009",
        "Quyết định số 230/QĐ-SNV của Giám đốc Sở Nội vụ",
        date(2026, 10, 5),
        "Lưu trữ Sở Nội vụ tỉnh Bình Minh",
        "luutru, bộ phận kiểm chứng, phiên bản 0.3.0",
        AT,
        destroyed(),
        PLACES,
        4,
        AT,
        ("Không chứng nhận về bản sao mà cơ quan khác đã nhận trước ngày hủy.",),
    )


def papers(profile: str = NOW) -> dict[str, Paper]:
    """Every kind once; the minutes of both councils."""
    minutes = CouncilMinutes(
        profile,
        head("BB-HĐ", SECRETARY, CHAIR, number="03"),
        BOUND,
        "Quyết định số 198/QĐ-SNV ngày 15/9/2026 của Giám đốc Sở Nội vụ",
        AT,
        AT + timedelta(hours=2),
        MEMBERS[:3],
        MEMBERS[3:],
        votes(),
        ("Thư ký trình bày Bản thuyết minh tài liệu hết giá trị. Các thành viên thảo luận từng hồ sơ.",),
    )
    made: tuple[Paper, ...] = (
        EstablishmentDecision(
            profile, head("QĐ-SNV"), BOUND, "GIÁM ĐỐC SỞ NỘI VỤ TỈNH BÌNH MINH", MEMBERS, "Chánh Văn phòng Sở"
        ),
        expired_list(profile=profile),
        SubmissionStatement(
            profile,
            head("TTr-VP", SignatureBlock("Chánh Văn phòng", "Phạm Thị Hồng")),
            BOUND,
            "Giám đốc Sở Nội vụ",
            FONDS,
            94,
            "2009 – 2014",
            ("Danh mục tài liệu hết giá trị;", "Bản thuyết minh tài liệu hết giá trị."),
        ),
        Explanation(
            profile,
            head("TM-VP", SignatureBlock("Người thuyết minh", "Lê Quang Đạo")),
            BOUND,
            FONDS,
            "Khối tài liệu hình thành trong hoạt động của Sở Nội vụ từ năm 2009 đến năm 2014, được nộp lưu năm 2015.",
            "Đối chiếu thời hạn đã ghi với bảng thời hạn hiện hành; mở từng hồ sơ để xem lại nội dung và tìm bản trùng.",
            (
                ExplanationGroup("Hết thời hạn lưu trữ", 3, "Công việc kết thúc năm 2009 – 2012, thời hạn 10 năm đã hết."),
                ExplanationGroup("Trùng lặp", 1, "Nội dung có trong hồ sơ H99.12.2012.015 được giữ lại."),
            ),
        ),
        minutes,
        replace(minutes, kind=PaperKind.VERIFICATION_COUNCIL_MINUTES),
        AppraisalRequest(
            profile,
            head("SNV-VP"),
            BOUND,
            "Chi cục Văn thư – Lưu trữ tỉnh Bình Minh",
            "appraisal",
            FONDS,
            2,
            ("Danh mục tài liệu hết giá trị;", "Biên bản họp Hội đồng;", "Mục lục hồ sơ giữ lại."),
        ),
        AppraisalOpinion(
            profile,
            head("CCVTLT-NV", DEPUTY),
            BOUND,
            "Sở Nội vụ tỉnh Bình Minh",
            "Công văn số 215/SNV-VP ngày 20/9/2026",
            1,
            (ObjectedLine(1, "H99.12.2010.00001", TITLES[0], "Còn đơn chưa giải quyết xong"),),
            ("Đề nghị Sở Nội vụ thực hiện việc hủy đúng quy định.",),
        ),
        DestructionDecision(
            profile,
            head("QĐ-SNV", number="230"),
            BOUND,
            "GIÁM ĐỐC SỞ NỘI VỤ TỈNH BÌNH MINH",
            FONDS,
            2,
            47,
            "2009 – 2014",
            "Phòng Công nghệ thông tin",
            ("Chánh Văn phòng Sở", "đại diện Phòng Thanh tra"),
            ("hủy khóa giải mã của từng hồ sơ;", "xóa mọi bản lưu, bản sao đọc, chỉ mục và bản sao lưu;"),
            ("Văn bản thẩm định số 88/CCVTLT-NV ngày 30/9/2026",),
            "Chánh Văn phòng Sở",
        ),
        HandoverMinutes(
            profile,
            head("BB-VP", SignatureBlock("Bên giao", "Lê Quang Đạo"), SignatureBlock("Bên nhận", "Hoàng Minh Tuấn")),
            BOUND,
            "Quyết định số 230/QĐ-SNV ngày 05/10/2026 về việc hủy tài liệu hết giá trị",
            AT,
            GIVER,
            RECEIVER,
            FONDS,
            2,
            47,
            5_368_709_120,
            "Đủ số lượng, mọi bản lưu đọc được và đúng mã băm",
        ),
        DestructionMinutes(
            profile,
            head(
                "BB-CNTT",
                SignatureBlock("Người hủy", "Hoàng Minh Tuấn"),
                SignatureBlock("Người chứng kiến", "Vũ Thị Thu Hằng"),
                SignatureBlock("Xác nhận của cơ quan", "Nguyễn Văn An"),
            ),
            BOUND,
            "Quyết định số 230/QĐ-SNV ngày 05/10/2026 về việc hủy tài liệu hết giá trị",
            "Biên bản bàn giao tài liệu hủy số 31/BB-VP ngày 12/10/2026",
            AT,
            AT + timedelta(hours=3),
            (RECEIVER,),
            (GIVER,),
            FONDS,
            2,
            47,
            5_368_709_120,
            ("hủy khóa giải mã của từng hồ sơ, thay khóa bọc và hủy khóa bọc cũ;", "xóa mọi bản lưu rồi tìm lại."),
            PLACES,
            ("Không khẳng định các khối cũ trên ổ SSD của kho-1 đã bị ghi đè; nội dung tại đó là bản mã không còn khóa.",),
        ),
        RetainedList(
            profile,
            head("ML-SNV"),
            BOUND,
            FONDS,
            (
                RetainedLine(3, "H99.12.2012.00003", TITLES[2], "10 năm", "20 năm", "Còn cần cho việc thanh tra"),
                RetainedLine(4, "H99.12.2013.00004", TITLES[3], "10 năm", "Vĩnh viễn", "Có giá trị lịch sử"),
            ),
        ),
        certificate(profile),
        FilePlan(
            profile,
            head("DMHS-SNV"),
            2026,
            2,
            (
                PlanLine("", "I. TÀI LIỆU TỔNG HỢP"),
                PlanLine("01.TH", "Kế hoạch, báo cáo công tác năm 2026 của Sở", "Vĩnh viễn", "Nguyễn Văn A"),
                PlanLine("02.TH", TITLES[0], "10 năm", "Trần Thị B", "Mở từ năm 2025"),
            ),
        ),
        TransferInventory(
            profile,
            head("ML-VP", SignatureBlock("Người lập", "Lê Quang Đạo")),
            FONDS,
            "năm 2015",
            tuple(
                InventoryLine(at, f"H99.12.2015.{at:03}", title, "2015", "Vĩnh viễn", "12 văn bản, 48 trang")
                for at, title in enumerate(TITLES, 1)
            ),
        ),
        DocumentInventory(
            profile,
            head("ML-VP", SignatureBlock("Người lập", "Lê Quang Đạo")),
            "H99.12.2015.001",
            TITLES[0],
            "Vĩnh viễn",
            (
                DocumentLine(1, "57/2013/QĐ-UBND", "17/12/2013", f"Quyết định {TITLES[1]}", "UBND tỉnh Bình Minh", "1"),
                DocumentLine(2, "15/CV-SNV", "08/01/2014", "Công văn về việc rà soát", "Sở Nội vụ", "9", "Bản sao"),
            ),
        ),
        DeliveryMinutes(
            profile,
            head("BB-VP", SignatureBlock("Đại diện bên giao", "Lê Quang Đạo"), SignatureBlock("Đại diện bên nhận", "Hoàng Minh Tuấn")),
            GIVER,
            HandingParty("Lưu trữ lịch sử tỉnh Bình Minh", "Đỗ Mạnh Hùng", "Trưởng phòng Thu thập"),
            "Tài liệu vĩnh viễn của Sở Nội vụ nộp năm 2026",
            "2009 – 2015",
            4,
            48,
            123_456_789,
            "Tốt; mọi tệp đúng mã băm",
            "0f1e2d3c4b5a6978" * 4,
            (("urn_uuid_0f8fad5b-d9cb-469f-a165-708677289501.zip", "fedcba9876543210" * 4),),
            2,
            "0,5",
        ),
        ActivityReport(
            profile,
            head("BC-SNV"),
            "first-half",
            date(2026, 1, 1),
            date(2026, 6, 1),
            "Ủy ban nhân dân tỉnh Bình Minh",
            (
                AgencyFigures("H99.12", "Sở Nội vụ tỉnh Bình Minh", 120, 3, 117, 15_231, 240, 2, 18, 40, 12),
                AgencyFigures("H99.14", "Sở Nông nghiệp và Phát triển nông thôn", 80, 1, 79, 9_800, 110, 0, 0, 0, 0),
            ),
            CheckFigures(50_062, 1, 1, 151, 2),
            (("Tệp không mở được", 2), ("Chữ ký số không hợp lệ", 2)),
            ("Đề nghị bổ sung dung lượng kho trong quý III.",),
        ),
        DossierIndex(
            profile,
            head("ML-VP", SignatureBlock("Người lập", "Lê Quang Đạo")),
            BOUND,
            "H99.12.2026.HTL-03",
            date(2026, 10, 12),
            date(2046, 10, 12),
            "ffeeddccbbaa9988" * 4,
            (
                IndexedPaper(
                    1, "Quyết định thành lập Hội đồng", "198/QĐ-SNV", "15/9/2026", "01 Quyết định thành lập Hội đồng.pdf",
                    "ff00ee11dd22cc33" * 4, ("Nguyễn Văn An", "Sở Nội vụ tỉnh Bình Minh"),
                ),
                IndexedPaper(2, "Giấy chứng nhận hủy tài liệu", "", "12/10/2026", "12 Giấy chứng nhận.pdf", "a0b1c2d3e4f50617" * 4, ()),
            ),
        ),
    )  # fmt: skip
    return {paper.kind.value: paper for paper in made}
