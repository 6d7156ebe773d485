"""A mail that fits: as many rows as there is room for; the others are counted, not told yet, and in a file."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared import templates
from shared.alerts.digest.attachment import attachment
from shared.alerts.digest.decide import DigestKind, DueMail, key_of
from shared.alerts.digest.memory import DigestMemory, NamedRows, named_rows
from shared.alerts.digest.view import DigestView
from shared.alerts.digest.wording import DigestWords
from shared.mail.base import Attachment

MOST_HTML = 95_000
"""Bytes. Gmail cuts a mail off at about 102 KB, and with it the last sections and the foot."""
MOST_ROWS = 150
"""More than ever fit, so that no time is spent on finding that out."""


class Rendered(NamedTuple):
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail to one recipient, and what they are told once it is accepted."""

    view: DigestView
    rendered: Rendered
    attachments: tuple[Attachment, ...]
    named: NamedRows
    now: datetime

    def told(self, memory: DigestMemory) -> DigestMemory:
        """The memory after this mail."""
        if self.view.kind is DigestKind.URGENT:
            return memory.after_urgent(self.named, self.now)
        return memory.after_digest(self.named, self.now)


def compose(mail: DueMail, memory: DigestMemory, words: DigestWords) -> Digest:
    """Write a mail that is due, with the first rows that fit into it."""
    candidates = mail.candidates
    most = min(len(candidates), MOST_ROWS)
    fits, too_many = 0, most + 1
    best: tuple[DigestView, Rendered] | None = None
    while fits + 1 < too_many or best is None:
        rows = most if best is None and too_many > most else (fits + too_many) // 2
        view = words.view(mail, frozenset(map(key_of, candidates[:rows])))
        rendered = render(view)
        if len(rendered.html.encode()) <= MOST_HTML or not rows:
            fits, best = rows, (view, rendered)
        else:
            too_many = rows
    shown, everything = candidates[:fits], fits == len(mail.rows)
    left_out = candidates[fits:] + mail.still_open[len(candidates) - len(mail.news) :]
    return Digest(
        view=best[0],
        rendered=best[1],
        attachments=() if everything else (attachment(mail, words.account, words.now.date()),),
        named=named_rows(
            words.evaluation.at,
            shown,
            left_out,
            memory,
            repeats_all=mail.repeats or mail.still_open == shown[len(mail.news) :],
        ),
        now=words.now,
    )


def render(view: DigestView) -> Rendered:
    """The mail's subject, plain text and HTML with its style inlined; what stands inside @media stays in the head."""
    from css_inline import CSSInliner

    page = templates.html().get_template("digest.html").render(view=view)
    page = re.sub(r"\n\s+", "\n", page)  # every byte is room for a row
    inliner = CSSInliner(
        keep_style_tags=False, keep_at_rules=True, minify_css=True, load_remote_stylesheets=False
    )
    text = templates.text().get_template("digest.txt").render(view=view)
    return Rendered(view.subject, text, inliner.inline(page))
