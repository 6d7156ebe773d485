"""Pictures of logos: one that an MSP might have, and plain ones of any size."""

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

BOLD = Path(__file__).resolve().parents[2] / "shared/templates/fonts/NotoSans-Bold.ttf"
SEA, INK = "#0b4f6c", "#16324a"


def plain(width: int, height: int) -> bytes:
    return _png(Image.new("RGB", (width, height), SEA))


def harbour() -> bytes:
    """Harbour IT's: a lighthouse over water, and the name. 420 x 80 pixels."""
    picture = Image.new(
        "RGBA", (1680, 320), (0, 0, 0, 0)
    )  # four times as large: drawn small, it would be jagged
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, 319, 319), 64, fill=SEA)
    draw.polygon([(130, 220), (146, 90), (174, 90), (190, 220)], fill="white")
    draw.rectangle((136, 62, 184, 84), fill="#f2b134")
    draw.polygon([(184, 66), (290, 40), (290, 104), (184, 80)], fill="#f2b13488")
    for height in (232, 262):
        draw.line([(40, height), (280, height)], fill="#7fc4d8", width=14)
    font = ImageFont.truetype(str(BOLD), 190)
    draw.text((400, 160), "Harbour IT", font=font, fill=INK, anchor="lm")
    return _png(picture.resize((420, 80), Image.Resampling.LANCZOS))


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
