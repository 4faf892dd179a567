"""All attacks together."""

from tests.hostile.bodies import BODIES
from tests.hostile.heads import HEADS
from tests.hostile.replies import REPLIES
from tests.hostile.reports import REPORTS
from tests.hostile.structure import STRUCTURE

ATTACKS = (*STRUCTURE, *HEADS, *REPORTS, *BODIES)
REPLY_ATTACKS = REPLIES
