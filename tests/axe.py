"""What a real browser measures of a page: axe-core at WCAG 2.2 AA, and the bars of the interface that axe does not know.

``faults(page)`` takes a Playwright page, sync or async (then it is awaited), and gives one line per fault.
"""

from functools import cache
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TARGET_PX = {False: 44, True: 60}
TEXT_PX = {False: 16, True: 18}

MEASURE = """
async function measure(bars) {
  const faults = [];
  const root = document.documentElement;
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className.baseVal === undefined && e.className ? "." + e.className.trim().replace(/\\s+/g, ".") : "")
    + " " + JSON.stringify((e.textContent || e.getAttribute("aria-label") || "").trim().slice(0, 20));
  const seen = (e) => e.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true }) && !e.closest(".hidden-text, .skip");
  const inline = (e) => getComputedStyle(e).display === "inline" && e.parentElement.textContent.trim() !== e.textContent.trim();

  // A bar that sticks to the screen covers what happens to lie below it now; scrolling uncovers it.
  const sticky = [...document.querySelectorAll("body > *")].filter((e) => ["sticky", "fixed"].includes(getComputedStyle(e).position) && !e.matches(".skip"));
  sticky.forEach((e) => e.style.setProperty("position", "static", "important"));
  const found = await axe.run(document, { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }, resultTypes: ["violations"] });
  for (const violation of found.violations)
    for (const node of violation.nodes)
      faults.push("axe " + violation.id + ": " + node.target.join(" ") + " " + node.any.concat(node.all, node.none).map((check) => check.message).join("; ").slice(0, 200));

  sticky.forEach((e) => e.style.removeProperty("position"));
  for (const control of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")) {
    if (!seen(control) || inline(control)) continue;
    const label = control.matches("input[type=radio], input[type=checkbox], input[type=file]") && control.closest("label");
    const box = (label || control).getBoundingClientRect();
    if (box.width + 0.5 < bars.target || box.height + 0.5 < bars.target)
      faults.push("target " + Math.round(box.width) + "x" + Math.round(box.height) + ": " + name(control));
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const judged = new Set();
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (!texts.currentNode.nodeValue.trim() || judged.has(holder) || !seen(holder) || holder.closest("svg, script, style, template")) continue;
    judged.add(holder);
    const style = getComputedStyle(holder);
    const size = parseFloat(style.fontSize);
    if (size + 0.05 < bars.text) faults.push("text " + size + "px: " + name(holder));
    if (style.lineHeight === "normal" || parseFloat(style.lineHeight) / size < 1.29) faults.push("line height " + style.lineHeight + ": " + name(holder));
    const box = holder.getBoundingClientRect();
    if (style.overflowX !== "visible" && holder.scrollWidth > holder.clientWidth + 1 && box.width > 2) faults.push("cut off: " + name(holder));
    if (box.right > root.clientWidth + 1 && box.left < root.clientWidth) faults.push("sticks out: " + name(holder));
  }
  if (root.scrollWidth > root.clientWidth) faults.push("scrolls sideways: " + root.scrollWidth + " > " + root.clientWidth);
  return faults;
}
"""

SIDEWAYS = """
() => {
  const root = document.documentElement;
  const before = root.style.fontSize;
  root.style.fontSize = (2 * parseFloat(getComputedStyle(root).fontSize)) + "px";
  const faults = [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && !e.closest(".hidden-text, .skip, svg") && e.getBoundingClientRect().right > root.clientWidth + 1)
    .map((e) => "sticks out at 200% text: " + e.tagName.toLowerCase() + "." + e.className + " " + JSON.stringify(e.textContent.trim().slice(0, 20)));
  if (root.scrollWidth > root.clientWidth) faults.push("scrolls sideways at 200% text: " + root.scrollWidth);
  root.style.fontSize = before;
  return faults;
}
"""


@cache
def _script() -> str:
    return f"(bars) => {{ {AXE.read_text()}; {MEASURE}; return measure(bars); }}"


def faults(page: Any, *, elder: bool = False) -> Any:
    """Faults of the page as it stands: axe, targets (px, 44 or 60), text (16 or 18), line height 1.3, nothing cut off."""
    return page.evaluate(_script(), {"target": TARGET_PX[elder], "text": TEXT_PX[elder]})


def faults_of_large_text(page: Any) -> Any:
    """What no longer fits when the reader doubles the text."""
    return page.evaluate(SIDEWAYS)
