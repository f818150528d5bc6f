"""Markdown that a city's editors write, as safe HTML."""

from functools import lru_cache

from markdown_it import MarkdownIt
from markupsafe import Markup

# No HTML, no pictures; links only with the schemes that markdown-it deems safe.
_READER = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])


@lru_cache(maxsize=256)
def html(text: str, *, top: int = 3) -> Markup:
    """``text`` as HTML. top: the highest level (1 to 6) a heading may have on its page; higher ones sink."""
    tokens = _READER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(int(token.tag[1]), top)}"
    return Markup(_READER.renderer.render(tokens, _READER.options, {}))
