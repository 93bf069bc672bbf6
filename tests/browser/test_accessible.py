"""axe-core sees what is wrong in our text, and passes over what the theme brings along."""

from __future__ import annotations

import pytest

from browser.accessible import violations

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><title>A page</title></head><body><main>
<h1>A page</h1>
<table><thead><tr><th></th><th>value</th></tr></thead><tbody><tr><td>a</td><td>1</td></tr></tbody>
</table><p style="color: #bbb; background: #fff">Too pale to read.</p><button></button>
<div class="bd-sidebar-primary"><details><summary></summary>A part</details></div></main></body>
</html>"""


def test_what_is_wrong_is_told_and_the_theme_s_own_is_not(new_page):
    page, watch = new_page()
    page.set_content(PAGE)
    rules = {told.partition(":")[0] for told in violations(page)}
    assert rules == {"empty-table-header", "color-contrast", "button-name"}
    assert [told.partition(":")[0] for told in violations(page, "table")] == ["empty-table-header"]
    watch.assert_quiet()
