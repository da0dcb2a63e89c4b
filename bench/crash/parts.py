"""The processes of the matrix."""

from bench.crash.hitting import HitLoader, HitWriter
from bench.crash.importing import Importer
from bench.crash.laking import LakeRebuild, LakeWriter
from bench.crash.part import Part
from bench.crash.sending import Planner, Sender, SenderByChunks

PARTS: tuple[type[Part], ...] = (
    Sender, SenderByChunks, Planner, Importer, HitWriter, HitLoader, LakeWriter, LakeRebuild,
)  # fmt: skip
