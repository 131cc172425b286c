"""Every attack there is: importing their modules declares them."""

from __future__ import annotations

from tests.sandbox.attacks.programs import (
    exfiltration,
    files,
    forging,
    kernel,
    network,
    output,
    privileges,
    processes,
    reading,
    resources,
)
from tests.sandbox.attacks.programs.probing import CODE, SCORER
from tests.sandbox.attacks.stage import CodeStage, ScorerStage

MODULES = (
    exfiltration,
    files,
    forging,
    kernel,
    network,
    output,
    privileges,
    processes,
    reading,
    resources,
)
STAGES = {SCORER: ScorerStage, CODE: CodeStage}
