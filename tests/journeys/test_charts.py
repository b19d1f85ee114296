"""Charts in a real browser: drawn from the tables that stay below them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from mailer.models import Role
from subscribers.models import Subscription
from tests.fakes.desk import make_member
from tests.fakes.world import NOW, join_many, make_list, make_publication

pytestmark = pytest.mark.django_db(transaction=True)
INK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let drawn = 0;
  for (let at = 3; at < data.length; at += 4) drawn += data[at] > 0;
  return drawn / (data.length / 4);
}"""


@pytest.fixture
def session(transactional_db: None) -> str:
    group = make_list()
    places = join_many(6, group)
    for month, place in enumerate(places):
        at = NOW + dt.timedelta(days=30 * month)
        Subscription.objects.filter(pk=place.pk).update(changed_at=at)
    client = Client()
    client.force_login(make_member(make_publication(group), Role.ADMIN))
    return str(client.cookies["sessionid"].value)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_table_is_drawn_and_stays(browser, live_server, session, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))

    page.goto(f"{live_server.url}/desk/harbour/people/lists/of/readers/")
    canvas = page.locator("figure.chart canvas")
    canvas.wait_for()
    drawn = canvas.evaluate(INK)
    page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    page.wait_for_timeout(200)
    again = page.locator("figure.chart canvas").evaluate(INK)
    box = canvas.bounding_box()

    assert said == []
    assert 0.01 < drawn < 0.9
    assert 0.01 < again < 0.9
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert canvas.get_attribute("aria-hidden") == "true"
    assert page.locator("figure.chart tbody tr").count() == 12
    context.close()
