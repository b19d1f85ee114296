"""A real Postfix that delivers into Dovecot's Maildirs, and asks Dovecot for passwords.

Both run from a folder of their own, on free ports and sockets of this machine, as the
distribution's users: so only root can start them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.servers import free_port, listens, wait_until

PASSWORD = "open-sesame"
LDA = Path("/usr/lib/dovecot/dovecot-lda")

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example
mydestination =
virtual_mailbox_domains = people.example
virtual_transport = dovecot
dovecot_destination_recipient_limit = 1
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/auth
smtpd_sasl_security_options = noanonymous
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = {chain_file}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ gone@people.example = 550 5.1.1 nobody here }} }}
"""

MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{port_without_chunks} inet n - n - - smtpd
    -o smtpd_discard_ehlo_keywords=chunking
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
dovecot unix - n n - - pipe
    flags=DRhu user=nobody argv={lda} -c {folder}/dovecot.conf -f ${{sender}} -d ${{recipient}}
"""

DOVECOT_CONF = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login cram-md5
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
first_valid_gid = 1
postmaster_address = postmaster@mail.example
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%n
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


def can_start() -> bool:
    """Say whether this machine has both servers, and we may start them."""
    return os.geteuid() == 0 and bool(shutil.which("postfix")) and LDA.exists()


@dataclass(frozen=True)
class MailHost:
    """A host that takes mail for ``people.example`` from whoever logs in under TLS."""

    folder: Path
    port: int
    port_without_chunks: int

    def messages(self, user: str) -> list[bytes]:
        """Return what lies in a reader's Maildir."""
        return [path.read_bytes() for path in (self.folder / "mail" / user / "new").glob("*")]

    def log(self) -> str:
        """Return what Postfix said."""
        return (self.folder / "postfix.log").read_text()

    def stop(self) -> None:
        """Stop both servers."""
        for command in (
            ["postfix", "-c", str(self.folder / "postfix"), "stop"],
            ["dovecot", "-c", str(self.folder / "dovecot.conf"), "stop"],
        ):
            _run(command, self.folder)


def start_mail_host(folder: Path, *, chain_file: Path) -> MailHost:
    """Start both servers in a folder that their users can reach; it needs a short path."""
    host = MailHost(folder, free_port(), free_port())
    values = {
        "folder": folder,
        "chain_file": chain_file,
        "port": host.port,
        "port_without_chunks": host.port_without_chunks,
        "lda": LDA,
        "password": PASSWORD,
    }
    _make_folders(folder)
    for name, text in (
        ("postfix/main.cf", MAIN_CF),
        ("postfix/master.cf", MASTER_CF),
        ("dovecot.conf", DOVECOT_CONF),
    ):
        (folder / name).write_text(text.format(**values).lstrip())
    for command in (
        ["dovecot", "-c", str(folder / "dovecot.conf")],
        ["postfix", "-c", str(folder / "postfix"), "start"],
    ):
        _run(command, folder)
    for port in (host.port, host.port_without_chunks):
        wait_until(lambda port=port: listens(port), "Postfix")
    return host


def _run(command: list[str], folder: Path) -> None:
    # To a file: a pipe would stay open for as long as the servers run.
    with (folder / "commands.log").open("a") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log, timeout=60)


def _make_folders(folder: Path) -> None:
    folder.chmod(0o755)
    for name, owner in (
        ("postfix", "root"),
        ("queue", "root"),
        ("data", "postfix"),
        ("mail", "nobody"),
    ):
        path = folder / name
        path.mkdir()
        os.chown(path, pwd.getpwnam(owner).pw_uid, -1)
    # The delivery agent is no longer root when it writes there.
    log = folder / "dovecot.log"
    log.touch()
    log.chmod(0o666)
