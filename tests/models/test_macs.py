"""Our HMAC is the standard library's."""

from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st

from mailer.macs import prepare_mac


@given(key=st.binary(max_size=150), messages=st.lists(st.binary(max_size=200), max_size=3))
def test_every_signature_is_that_of_the_standard_library(key, messages):
    sign = prepare_mac(key)

    assert [sign(message) for message in messages] == [
        hmac.digest(key, message, "sha256") for message in messages
    ]
