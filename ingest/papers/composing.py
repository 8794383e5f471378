"""From a paper's data to the paper: the one table that knows how each kind is worded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archive.papers import disposal, dossier_index, execution, records
from archive.papers.paper import Paper
from ingest.papers import disposal_papers, dossier_papers, execution_papers, record_papers
from ingest.papers.blocks import Composed
from ingest.papers.printing import Printed, printed

_WORDED: Mapping[type, Callable[[Any], Composed]] = {
    disposal.EstablishmentDecision: disposal_papers.establishment_decision,
    disposal.ExpiredList: disposal_papers.expired_list,
    disposal.SubmissionStatement: disposal_papers.submission_statement,
    disposal.Explanation: disposal_papers.explanation,
    disposal.CouncilMinutes: disposal_papers.council_minutes,
    disposal.AppraisalRequest: disposal_papers.appraisal_request,
    disposal.AppraisalOpinion: disposal_papers.appraisal_opinion,
    disposal.DestructionDecision: disposal_papers.destruction_decision,
    disposal.RetainedList: disposal_papers.retained_list,
    execution.HandoverMinutes: execution_papers.handover_minutes,
    execution.DestructionMinutes: execution_papers.destruction_minutes,
    execution.Certificate: execution_papers.certificate,
    records.FilePlan: record_papers.file_plan,
    records.TransferInventory: record_papers.transfer_inventory,
    records.DocumentInventory: record_papers.document_inventory,
    records.DeliveryMinutes: record_papers.delivery_minutes,
    records.ActivityReport: record_papers.activity_report,
    dossier_index.DossierIndex: dossier_papers.dossier_index,
}


def composed(paper: Paper) -> Composed:
    """The paper in words. A kind without words is a defect of ours and raises KeyError."""
    return _WORDED[type(paper)](paper)


def paper_pdf(paper: Paper) -> Printed:
    """The paper as PDF/A-3u, ready to be signed with the signer's own tool: list hash on every sheet and in its XMP
    keywords, its canonical data inside. Long lists take time (10,000 lines with long titles: nearly three
    minutes of one core, 330 MB): not within a request."""
    return printed(paper, composed(paper))
