"""The world's side of SMTP: aiosmtpd's server, with messages read whole.

The library reads a message line by line, which costs it more than all else together; a
bulletin has a thousand lines, and the world must not be what slows the sender down.
"""

from __future__ import annotations

from aiosmtpd.smtp import SMTP, syntax

LARGEST_OCTETS = 20 * 1024 * 1024
END = b"\r\n.\r\n"


class Listener(SMTP):
    """Speak SMTP; a message is at most ``LARGEST_OCTETS`` long, and never empty."""

    line_length_limit = LARGEST_OCTETS

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - the library's name
        """Take a message, undo its dot-stuffing (RFC 5321 §4.5.2), and answer for it."""
        envelope = self.envelope
        if arg or not envelope or not envelope.rcpt_tos:
            await self.push("503 5.5.1 DATA stands alone, after RCPT")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        stuffed = (await self._reader.readuntil(END))[: -len(END) + 2]
        envelope.original_content = (b"\r\n" + stuffed).replace(b"\r\n.", b"\r\n")[2:]
        status = await self.event_handler.handle_DATA(self, self.session, envelope)
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # the library's own
        await self.push(status)
