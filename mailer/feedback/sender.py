"""Who wrote a mail: a mail server itself, or somebody's mailbox."""

from __future__ import annotations

import re

from mailer.feedback.mime import Part, decode_words

# RFC 5321 §4.5.5: reports come from the null sender; programs name themselves besides.
_DAEMON = re.compile(
    r"mailer[-_.]?daemon|postmaster|mail[- ]?deliver|mail administrator|bounce|mmdf|mail system"
    r"|system administrator|sysadmin@|mail ?master",
    re.IGNORECASE,
)
# Subjects that mail servers give to bounces, in the languages that they speak.
_SUBJECT = re.compile(
    r"undeliver|returned (mail|message)|failure notice|mail (system )?(error|failure)"
    r"|deliver\w* (has )?(fail|problem|error|report|status|notification)|fail\w* deliver"
    r"|non[- ]?(delivery|remis)|could ?n.t be delivered|not be delivered|delayed mail|loop alert"
    r"|unzustellbar|nicht zugestellt|no entregado|non recapitabil|не\s?доставлен"
    r"|メールエラー|配信不能|配信エラー|送信エラー|未达|退信",
    re.IGNORECASE,
)
# Somebody's answer to a bounce, or a bounce that somebody passes on, is no bounce.
_PASSED_ON = re.compile(r"\s{0,9}(re|fwd?|aw|wg|tr|rv|sv)\s{0,3}:", re.IGNORECASE)


def is_daemon(top: Part) -> bool:
    """Tell whether a mail's header says that a mail server wrote it."""
    subject = decode_words(top.get("subject"))
    return (
        top.kind == "multipart/report"
        or bool(top.get("x-failed-recipients"))
        or names_daemon(top)
        or bool(_SUBJECT.search(subject) and not _PASSED_ON.match(subject))
    )


def names_daemon(top: Part) -> bool:
    """Tell whether a header names a mail server as the author."""
    return bool(_DAEMON.search(decode_words(top.get("from"))))


def is_automatic(top: Part) -> bool:
    """Tell whether a mail has the null sender, as what programs write has (RFC 3834 §3.3)."""
    return top.get("return-path") == "<>"
