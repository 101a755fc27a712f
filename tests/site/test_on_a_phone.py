"""Every page on a phone, in both themes.

A file of its own, so that the two widths are read side by side.
"""

import pytest
from visits import faults_of_every_page

pytestmark = pytest.mark.site


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_can_be_read(built, browser, theme):
    found = faults_of_every_page(built, browser, 390, theme)
    assert not found, "\n".join(found)
