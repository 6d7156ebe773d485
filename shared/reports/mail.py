"""The report as a mail: the same view as the PDF, which is attached; the logo stands in its header."""

import io
from dataclasses import dataclass
from typing import Final, NamedTuple

from shared import templates
from shared.mail.base import Attachment
from shared.reports.wording import ReportView
from shared.text import unlinked

LOGO: Final = "logo"
"""The picture's name within the mail."""
MOST_PEOPLE: Final = 60
"""Changes of people that a mail tells: all are in the PDF, and a long mail is cut off by Gmail."""
_WIDEST: Final = 251
"""Pixels: a logo of 502 is sharp on a phone."""


class Bodies(NamedTuple):
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class MadeReport:
    """What a company's month looks like; `pdf` is what is kept."""

    view: ReportView
    pdf: bytes
    logo: bytes | None
    test: bool = False
    """Somebody of the MSP wants to see how it looks."""

    @property
    def file_name(self) -> str:
        year, month, _ = self.view.date
        return f"microsoft-365-licences-{year}-{month:02}.pdf"

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        file = Attachment(self.file_name, "application/pdf", self.pdf)
        if self.logo is None:
            return (file,)
        return file, Attachment("logo.png", "image/png", self.logo, content_id=LOGO)


def bodies(report: MadeReport, recipient: str, logo: str = f"cid:{LOGO}") -> Bodies:
    """`logo` is where the picture is found: in the mail itself, or in a page that shows the mail."""
    from css_inline import CSSInliner

    view = report.view
    given = {
        "view": view,
        "unlinked": unlinked,
        "recipient": recipient,
        "most": MOST_PEOPLE,
        "logo": logo if report.logo else "",
        "logo_width": _width(report.logo) if report.logo else 0,
    }
    page = templates.html().get_template("report_mail.html").render(given)
    inliner = CSSInliner(
        keep_style_tags=False, keep_at_rules=True, minify_css=True, load_remote_stylesheets=False
    )
    text = templates.text().get_template("report_mail.txt").render(given)
    return Bodies(f"{'Test: ' if report.test else ''}{view.subject}", text, inliner.inline(page))


def _width(logo: bytes) -> int:
    """In the mail, in pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(logo)) as picture:
        return min(_WIDEST, picture.size[0])
