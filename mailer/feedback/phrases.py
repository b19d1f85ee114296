"""What mail servers write beside a refusal, and what it means: tables, a line a meaning.

The first that matches counts. ``SPARING`` speaks of us, or of a mailbox that lives, and holds
whatever status stands beside it; ``CONDEMNING`` is so plain that it overrules the status;
``NOBODY`` is how a user is called unknown where a status says little. All are in lower case
and matched against lower-cased text, which takes half the time of ignoring case.
"""

from __future__ import annotations

import re

from mailer.transport.smtp.replies import UNKNOWN_ADDRESS, UNKNOWN_DOMAIN, Verdict
from mailer.types import Reason

# Words of which a text has one, or the pattern is not asked: most are not.
Rules = tuple[tuple[tuple[str, ...], re.Pattern[str], Verdict], ...]


def _compile(*rules: tuple[str, str, Verdict]) -> Rules:
    return tuple(
        (tuple(words.split("|")), re.compile(pattern), verdict) for words, pattern, verdict in rules
    )


_BLOCKED = Verdict(reason=Reason.BLOCKED)
_FULL = Verdict(reason=Reason.MAILBOX_FULL)
_LARGE = Verdict(reason=Reason.TOO_LARGE)
_NETWORK = Verdict(reason=Reason.NETWORK)
_OURS = Verdict(reason=Reason.AUTHENTICATION)
_RATE = Verdict(reason=Reason.RATE)
_SHUT = Verdict(reason=Reason.DISABLED)
_SPAM = Verdict(reason=Reason.SPAM)
_SYSTEM = Verdict(reason=Reason.SYSTEM)

_BOX = r"(account|mailbox|user|recipient|address|customer)"

SPARING: Rules = _compile(
    # About the server that sends.
    (
        "dns|ptr|helo",
        r"reverse dns|\brdns\b|\bptr\b|no dns entry|helo (name|command)",
        _OURS,
    ),
    ("spf|dkim|dmarc|authentic", r"\b(spf|dkim|dmarc)\b|(un|not )authenticated", _OURS),
    ("auth", r"authentication (is )?required|must (first )?authenticate|\bauthrequired\b", _OURS),
    ("tls|certificate", r"starttls|\btls\b[^.]{0,40}(required|fail)|certificate", _OURS),
    (
        "relay",
        r"relay(ing)? (access )?(is )?(denied|prohibited|not)|not relay|unable to relay",
        _BLOCKED,
    ),
    ("spam|junk|unsolicited|uce", r"\bspam(my|ming|mer)?\b|junk ?mail|unsolicited|\buce\b", _SPAM),
    # About the sender's address, or what the receiver thinks of it.
    (
        "sender|from|name was",
        (
            r"sender('?s)? (address |domain |verif\w* )?(is )?"
            r"(rejected|denied|fail|invalid|not|must)"
            r"|name was rejected|invalid sender"
            r"|(from|sender)[^.\n]{0,40}domain[^.\n]{0,40}(not|must)"
        ),
        _BLOCKED,
    ),
    (
        "list|bl|spamhaus|barracuda",
        r"(?<!may be )black ?list|block ?list|\b(dns[bw]l|rbl)\b|spamhaus|barracuda ?central",
        _BLOCKED,
    ),
    (
        "denied|client|banned|reputation|blocked",
        (
            r"(?<!address rejected: )access denied|client host|banned|poor reputation"
            r"|\b(ip|sender|domain|host|server|messages?) [^\n]{0,40}\bblocked\b"
            r"|blocked (by|using|for)"
        ),
        _BLOCKED,
    ),
    (
        "authori|restricted|prohibit|administrat",
        r"not authori[sz]ed|restricted|prohibited|administrat\w* (prohibit|den)",
        _BLOCKED,
    ),
    # About the message.
    (
        "virus|infect|malware|phish|reject|den|filter",
        r"virus|infected|malware|phish|(attachment|content|subject)[^\n]{0,40}(reject|den|filter)",
        _SPAM,
    ),
    (
        "large|big|exceed|size",
        r"(message|mail) [^\n]{0,20}(too (large|big)|exceeds)|size limit|maximum (message )?size",
        _LARGE,
    ),
    # About a mailbox that lives.
    (
        "quota|exceed",
        (
            r"over ?quota|over (the )?(disk )?quota|quota (is |has been )?(exceed|full|limit)"
            r"|exceed\w* [^\n]{0,30}(quota|storage|allocation)|\bmessages[^\n]{0,60}exceed"
        ),
        _FULL,
    ),
    (
        "full|box|insufficient|space|too many",
        (
            r"\b(mail)?box (is |would be |for \S{1,320} is )?(full|over)"
            r"|insufficient (disk|storage|system)|not enough (disk |storage )?space|disk full"
            r"|no space left|too many messages (in|on)"
        ),
        _FULL,
    ),
    (
        "disabled|suspended|locked|inactive|deactivated|frozen|on hold|blocked|activ",
        (
            rf"{_BOX}('s)?( \S{{1,320}})? ?(is |has been |was )?(temporarily |currently )?"
            r"(disabled|suspended|locked|inactive|deactivated|frozen|on hold|blocked)"
            r"|(account|user|mailbox) [^\n]{0,20}not (been )?activ"
        ),
        _SHUT,
    ),
    # About the moment, or the way.
    ("loop|hop", r"mail loop|too many hops|loops? back|hop count", _NETWORK),
    (
        "rate|too|list|throttl",
        r"at a rate that|too (many|much|fast)|rate limit|grey ?list|throttl",
        _RATE,
    ),
    (
        "x-unix: |output|procmail",
        r"^x-unix: (?!.*\b[45]\d\d )|command output:|\bprocmail:",
        _SYSTEM,
    ),
    (
        "try|temporar|retry",
        r"try (again )?later|temporar(y|ily) (fail|unavail|reject|defer)|retry time",
        _SYSTEM,
    ),
    (
        "reply|out|expired|connection",
        r"unexpected name server reply|timed? ?out|expired|connection (refused|reset|lost|closed)",
        _NETWORK,
    ),
)

# What spares even where only the notice for people says it, and the fields another thing.
LIVING: Rules = tuple(rule for rule in SPARING if rule[2] in (_FULL, _SHUT))
# Plain words, no patterns: none of them has a form.
CONDEMNING: tuple[tuple[str, Verdict], ...] = (
    # Microsoft's and Google's gateways, which know only whether the directory has a name.
    ("recipient address rejected: access denied", UNKNOWN_ADDRESS),
    ("resolver.adr.recipnotfound", UNKNOWN_ADDRESS),
    ("resolver.adr.recipientnotfound", UNKNOWN_ADDRESS),
    ("resolver.adr.exrecipnotfound", UNKNOWN_ADDRESS),
    ("requested action not taken: mailbox unavailable", UNKNOWN_ADDRESS),
    ("nosuchuser", UNKNOWN_ADDRESS),
    ("#5.1.0 address rejected", UNKNOWN_ADDRESS),  # IronPort
    ("ofr_416", UNKNOWN_ADDRESS),  # Orange
    ("lpn007_416", UNKNOWN_ADDRESS),  # La Poste
    ("rcp-p1", UNKNOWN_ADDRESS),  # Facebook
    # RFC 7505, and Postfix' and Exim's words for it.
    ("host does not accept mail", UNKNOWN_DOMAIN),
    ("domain does not accept mail", UNKNOWN_DOMAIN),
    ("nullmx", UNKNOWN_DOMAIN),
    ("null mx", UNKNOWN_DOMAIN),
    ("record indicated no smtp service", UNKNOWN_DOMAIN),
    ("nonexistentdomain", UNKNOWN_DOMAIN),  # Exchange
    # cPanel's last router, which only domains without a server come to.
    ("may not exist, they may be blacklisted, or missing the proper dns", UNKNOWN_DOMAIN),
)

# What servers say of their own directory, so that no filter has spoken.
OWN_DIRECTORY = re.compile(
    r"\b000c05a6\b|recipient name is not recognized"  # Exchange
    r"|^unknown user: |^invalid final delivery userid"  # IMail
    r"|please check if address is correct"  # InterScan
    r"|not listed in (the )?(public )?name (&|and) address book|not listed in directory"  # Notes
    r"|ディレクトリのリストにありません"  # Notes
    r"|no valid recipients for this mm"  # carriers' gateways
    r"|unrouteable address|unknown local[- ]part",  # Exim
    re.MULTILINE,
)

_NOT_THERE = (
    r"(unknown|not (found|known|exist\w*|listed|valid|recognized|available)"
    r"|(does|do|did)(n.t| not) exist|doesn.t have an?|has moved"
    r"|no longer|non-?exist\w*|invalid|illegal|undeliverable)"
)
NOBODY = re.compile(
    rf"{_BOX}('s)?( ?\S{{1,320}})? (name |address )?(is |was |has )?{_NOT_THERE}"
    r"|(no such|no|unknown|invalid|non-?existent|bad|not a valid|not our|illegal)"
    rf"( \w{{1,12}})?[ -]{_BOX}"
    r"|there is no one|nobody (here|by that name)|no mailbox|not a local|not exist"
    r"|adresse inconnue|(utilisateur|destinataire) (inconnu|invalide)|unbekannt\w* (empf|nutzer)"
    r"|desconocid|no existe|inesistente|sconosciuto|desconhecid|неизвестн|не существует"
)
