"""The pictures of issues, each at an address that is the hash of its bytes."""

from __future__ import annotations

import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}
NAME = re.compile(rf"[0-9a-f]{{64}}\.({'|'.join(MEDIA_TYPES)})")


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def show_picture(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Send a picture; it never changes, as its address says what its bytes are."""
    match = NAME.fullmatch(name)
    if match is None or not default_storage.exists(name):
        raise Http404
    return FileResponse(default_storage.open(name), content_type=MEDIA_TYPES[match[1]])
