import pytest

from backend.kit import markdown


def test_headings_sink_to_where_the_text_stands():
    assert markdown.html("# 一\n### 二\n#### 三") == "<h3>一</h3>\n<h3>二</h3>\n<h4>三</h4>\n"


def test_lists_and_stress_are_kept():
    assert markdown.html("- **甲**\n- 乙") == "<ul>\n<li><strong>甲</strong></li>\n<li>乙</li>\n</ul>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>bad()</script>",
        "<img src=x onerror=bad()>",
        "[x](javascript:bad())",
        "[x](data:text/html,bad)",
        "![x](https://elsewhere.example/x.png)",
        '<a href="x" onclick="bad()">x</a>',
    ],
)
def test_nothing_that_acts_or_loads_comes_through(text):
    shown = markdown.html(text)
    assert not [
        sign for sign in ("<script", "<img", '<a href="javascript', '<a href="data', '<a href="x"') if sign in shown
    ]
