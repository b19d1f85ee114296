"""A private Dovecot and a private Postfix on loopback, as Debian packages them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.servers import Server, free_port, listens, wait_until

DOVECOT, POSTFIX = "/usr/sbin/dovecot", "/usr/sbin/postfix"
IMAP_PROGRAM = "/usr/lib/dovecot/imap"
USER, PASSWORD = "bounces", "s3cret"
MAIL_OWNER = "nobody"

DOVECOT_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {owner}
default_login_user = {owner}
default_internal_group = {group}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""

POSTFIX_CONFIG = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mx.people.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
relay_domains = {bounce_domain}
virtual_mailbox_domains =
transport_maps = inline:{{ {bounce_domain}={bounces_to} }}
default_transport = smtp:[127.0.0.1]:{refuser}
smtp_host_lookup = native
disable_dns_lookups = yes
bounce_size_limit = 50000
"""

# Delivery into Dovecot's maildir: a file is made beside and moved in, so none is read half-made.
DELIVER = """\
#!/bin/sh
name=$(date +%s%N).$$.mx
mkdir -p {mail}/new {mail}/tmp {mail}/cur
cat > {mail}/tmp/$name && mv {mail}/tmp/$name {mail}/new/$name
"""
MAILDROP = "maildrop unix - n n - 1 pipe flags=DRXhu user={owner} argv={script}"


@dataclass(frozen=True)
class MailServer(Server):
    port: int
    folder: Path


@contextmanager
def open_folder() -> Iterator[Path]:
    """Give a folder that the servers' own users can reach, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="masthead-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def start_dovecot(folder: Path) -> MailServer:
    """Start an IMAP server with one mailbox; its maildir is ``folder/mail``."""
    owner = pwd.getpwnam(MAIL_OWNER)
    port = free_port()
    (folder / "mail").mkdir(parents=True)
    for path in (folder, folder / "mail"):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    config = folder / "dovecot.conf"
    config.write_text(
        DOVECOT_CONFIG.format(
            folder=folder,
            port=port,
            password=PASSWORD,
            owner=MAIL_OWNER,
            group="nogroup",
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        )
    )
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(config)])
    wait_until(lambda: listens(port), "Dovecot")

    def stop() -> None:
        process.terminate()
        process.wait()

    return MailServer(
        url=f"imap://{USER}:{PASSWORD}@127.0.0.1:{port}/INBOX", stop=stop, port=port, folder=folder
    )


def start_postfix(folder: Path, *, bounce_domain: str, bounces_to: str, refuser: int) -> MailServer:
    """Start a mail server that relays: our bounces to us, all other mail to ``refuser``."""
    port = free_port()
    for name in ("config", "queue", "data"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "data", "postfix")
    config = folder / "config"
    (config / "main.cf").write_text(
        POSTFIX_CONFIG.format(
            folder=folder, bounce_domain=bounce_domain, bounces_to=bounces_to, refuser=refuser
        )
    )
    services = Path("/etc/postfix/master.cf")
    lines = services.read_text().splitlines()
    unjailed = [_unjail(line, port) for line in lines]
    script = folder / "deliver"
    script.write_text(DELIVER.format(mail=folder.parent / "dovecot" / "mail"))
    script.chmod(0o755)
    maildrop = MAILDROP.format(owner=MAIL_OWNER, script=script)
    (config / "master.cf").write_text("\n".join([*unjailed, maildrop]) + "\n")
    command = [POSTFIX, "-c", str(config)]
    subprocess.run([*command, "start"], check=True, capture_output=True)
    wait_until(lambda: listens(port), "Postfix")

    def stop() -> None:
        subprocess.run([*command, "stop"], check=True, capture_output=True)

    return MailServer(url=f"smtp://127.0.0.1:{port}?tls=none", stop=stop, port=port, folder=folder)


def _unjail(line: str, port: int) -> str:
    """Return a service's line without chroot, and SMTP on our own port of loopback."""
    fields = line.split()
    if len(fields) < 8 or line.startswith(("#", " ", "\t")):
        return line
    if fields[0] == "smtp" and fields[1] == "inet":
        fields[0] = f"127.0.0.1:{port}"
    fields[4] = "n"
    return " ".join(fields)
