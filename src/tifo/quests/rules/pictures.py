"""A photo that somebody hands in: bounded, and drawn anew, so that nothing but what is to be seen stays of it."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

MOST_BYTES = 12 << 20
MOST_PIXELS = 40_000_000
LEAST_SIDE = 200
LONGEST_SIDE = 1600
QUALITY = 82
_FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as we keep it: a JPEG without a word about where, when and by what it was taken."""

    data: bytes
    width: int
    height: int
    digest: bytes


def redraw(data: bytes) -> Picture:
    """The photo, drawn anew from its pixels; Refused in words where it is none or too large."""
    if len(data) > MOST_BYTES:
        raise Refused(_("The photo is larger than %(most)s MB; choose a smaller one.", most=MOST_BYTES >> 20))
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as handed:
            width, height = handed.size
            if width * height > MOST_PIXELS:
                raise Refused(_("The photo has too many pixels; choose a smaller one."))
            if min(width, height) < LEAST_SIDE:
                raise Refused(_("The photo is too small to be looked at; choose a larger one."))
            handed.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            return _drawn(handed)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused(_("This is no photo that we can read: choose a JPEG, PNG or WebP.")) from None


def _drawn(handed: Image.Image) -> Picture:
    turned = ImageOps.exif_transpose(handed)
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    solid = turned.convert("RGBA")
    paper = Image.new("RGB", solid.size, "white")
    paper.paste(solid, mask=solid.getchannel("A"))
    written = io.BytesIO()
    paper.save(written, "JPEG", quality=QUALITY, optimize=True)
    drawn = written.getvalue()
    return Picture(drawn, paper.width, paper.height, hashlib.sha256(drawn).digest())
