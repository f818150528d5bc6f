// Run in the page by tests/axe.py, which puts axe-core before it. `bars`: {target, text} in CSS pixels.
async function measure(bars) {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const root = document.documentElement;
  const faults = [];

  function name(element) {
    const classes = typeof element.className === "string" ? element.className.trim().replace(/\s+/g, ".") : "";
    const words = (element.textContent || element.getAttribute("aria-label") || "").trim().slice(0, 20);
    const id = element.id ? "#" + element.id : "";
    return `${element.tagName.toLowerCase()}${id}${classes ? "." + classes : ""} ${JSON.stringify(words)}`;
  }

  function seen(element) {
    return element.checkVisibility({ checkVisibilityCSS: true }) && !element.closest(".hidden-text, .skip");
  }

  // A link within a sentence may be as high as its line (WCAG 2.5.8).
  function inline(element) {
    const alone = element.parentElement.textContent.trim() === element.textContent.trim();
    return getComputedStyle(element).display === "inline" && !alone;
  }

  async function rules() {
    // A bar that sticks to the screen covers what happens to lie below it now; scrolling uncovers it.
    const bars = [...document.querySelectorAll("body > *:not(.skip)")].filter((element) =>
      ["sticky", "fixed"].includes(getComputedStyle(element).position)
    );
    bars.forEach((bar) => bar.style.setProperty("position", "static", "important"));
    const found = await axe.run(document, { runOnly: { type: "tag", values: RULES }, resultTypes: ["violations"] });
    bars.forEach((bar) => bar.style.removeProperty("position"));
    for (const violation of found.violations) {
      for (const node of violation.nodes) {
        const why = [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ");
        faults.push(`axe ${violation.id}: ${node.target.join(" ")} ${why.slice(0, 200)}`);
      }
    }
  }

  function targets() {
    for (const control of document.querySelectorAll(CONTROLS)) {
      if (!seen(control) || inline(control)) continue;
      const label = control.matches("[type=radio], [type=checkbox], [type=file]") && control.closest("label");
      const box = (label || control).getBoundingClientRect();
      if (box.width + 0.5 < bars.target || box.height + 0.5 < bars.target)
        faults.push(`target ${Math.round(box.width)}x${Math.round(box.height)}: ${name(control)}`);
    }
  }

  function text(holder) {
    const style = getComputedStyle(holder);
    const size = parseFloat(style.fontSize);
    const box = holder.getBoundingClientRect();
    if (size + 0.05 < bars.text) faults.push(`text ${size}px: ${name(holder)}`);
    if (!(parseFloat(style.lineHeight) / size >= 1.29)) faults.push(`line height ${style.lineHeight}: ${name(holder)}`);
    if (style.overflowX !== "visible" && holder.scrollWidth > holder.clientWidth + 1 && box.width > 2)
      faults.push(`cut off: ${name(holder)}`);
    if (box.right > root.clientWidth + 1 && box.left < root.clientWidth) faults.push(`sticks out: ${name(holder)}`);
  }

  function texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const holders = new Set();
    while (walker.nextNode()) if (walker.currentNode.nodeValue.trim()) holders.add(walker.currentNode.parentElement);
    for (const holder of holders) if (seen(holder) && !holder.closest("svg, script, style, template")) text(holder);
  }

  await rules();
  targets();
  texts();
  if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
  return faults;
}

// The same page with its text doubled: what no longer fits.
function enlarge() {
  const root = document.documentElement;
  const before = root.style.fontSize;
  root.style.fontSize = `${2 * parseFloat(getComputedStyle(root).fontSize)}px`;
  const faults = [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility() && !element.closest(".hidden-text, .skip, svg"))
    .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
    .map((element) => `sticks out at 200% text: ${element.tagName} ${element.className}`);
  if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways at 200% text: ${root.scrollWidth}`);
  root.style.fontSize = before;
  return faults;
}
