"""What a real browser measures of a page: axe-core at WCAG 2.2 AA, and the bars that axe does not know.

``faults(page)`` takes a Playwright page, sync or async (then it is awaited), and gives one line per fault.
"""

from functools import cache
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TARGET_PX = {False: 44, True: 60}
TEXT_PX = {False: 16, True: 18}


@cache
def _script(call: str, *libraries: Path) -> str:
    sources = [*libraries, Path(__file__).with_suffix(".js")]
    return f"(bars) => {{ {';'.join(source.read_text() for source in sources)}; return {call}; }}"


def faults(page: Any, *, elder: bool = False) -> Any:
    """Faults of the page as it stands: axe, targets (44 px, elder 60), text (16, 18), line height 1.3, text cut off."""
    return page.evaluate(_script("measure(bars)", AXE), {"target": TARGET_PX[elder], "text": TEXT_PX[elder]})


def faults_of_large_text(page: Any) -> Any:
    """What no longer fits when the reader doubles the text."""
    return page.evaluate(_script("enlarge()"))
