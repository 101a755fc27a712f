"""Every page on a phone, in both themes."""

import pytest
from visits import PAGES, faults_of

pytestmark = pytest.mark.site


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_read(book, browser, name):
    found = faults_of(book / name, browser, 390)
    assert not found, "\n".join(found)
