"""What people read when a policy says nothing of its own: titles, messages and links as Go templates. Pure.

Every message answers, in this order: how bad is it and what happens to whom, since when, what to do
(runbook), where to look (dashboard, query), how to acknowledge (a silence). What is over says how long it
took. AlertmanagerConfig has no place for named templates, so each text stands for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

SHOWN = 10
"""Alerts shown in one message; the rest is behind the link to Alertmanager."""

_KNOWN = (
    "alertname",
    "namespace",
    "severity",
    "sev",
    "slo",
    "service",
    "slo_tier",
    "sli",
    "alert_policy",
    "escalation_level",
    "prometheus",
)
_OTHER_LABELS = "stringSlice " + " ".join(f'"{name}"' for name in _KNOWN)

SEV = '{{ or .CommonLabels.sev .CommonLabels.severity "alert" | toUpper }}'
ALERTS_URL = "{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}"
SILENCE_URL = (
    "{{ .ExternalURL }}/#/silences/new?filter=%7B"
    "{{ with .CommonLabels.namespace }}namespace%3D%22{{ . | urlquery }}%22%2C{{ end }}"
    "{{ with .CommonLabels.slo }}slo%3D%22{{ . | urlquery }}%22%2C{{ end }}"
    "alertname%3D%22{{ .CommonLabels.alertname | urlquery }}%22%7D"
)
RUNBOOK_OR_ALERTS = (
    "{{ if .CommonAnnotations.runbook_url }}{{ .CommonAnnotations.runbook_url }}"
    "{{ else }}" + ALERTS_URL + "{{ end }}"
)
WHAT = (
    "{{ with .CommonLabels.namespace }}{{ . }}/{{ end }}"
    '{{ or .CommonLabels.slo .CommonLabels.alertname "several" }}'
)
SENDER = "Fireline{{ with .CommonLabels.alert_policy }} ({{ . }}){{ end }}"


@dataclass(frozen=True, slots=True)
class Medium:
    """How a medium writes bold text, a link and the end of a line; ``safe`` ends a pipeline that shows
    text of an alert, so that it cannot become markup."""

    bold: str
    link: str
    line: str = "\n"
    safe: str = ""

    def show(self, expression: str) -> str:
        """The action that shows an expression as text."""
        return "{{ " + expression + self.safe + " }}"


PLAIN = Medium(bold="%s", link="%(text)s: %(url)s")
SLACK = Medium(
    bold="*%s*",
    link="<%(url)s|%(text)s>",
    safe=' | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"',
)
MARKDOWN = Medium(bold="**%s**", link="[%(text)s](%(url)s)", line="\n\n")
TELEGRAM = Medium(bold="<b>%s</b>", link='<a href="%(url)s">%(text)s</a>')
HTML = Medium(bold="<b>%s</b>", link='<a href="%(url)s">%(text)s</a>', line="<br>\n")


def message(medium: Medium, *, local_time: str | None = None) -> str:
    """Every alert of a group, firing ones first, then where to acknowledge.

    ``local_time``: an expression that shows ``.StartsAt`` in the reader's own time zone, where a medium can.
    """
    return _firing(medium, local_time) + _resolved(medium) + _rest(medium) + _footer(medium)


def _firing(medium: Medium, local_time: str | None) -> str:
    since = local_time or '{{ .StartsAt.UTC.Format "2006-01-02 15:04" }} UTC'
    return (
        f"{{{{ range $i, $alert := .Alerts.Firing }}}}{{{{ if lt $i {SHOWN} }}}}"
        # The title shows the summary where all alerts of the group have the same.
        "{{ if not $.CommonAnnotations.summary }}{{ if .Annotations.summary }}"
        f"{medium.bold % medium.show('.Annotations.summary')}{medium.line}{{{{ end }}}}{{{{ end }}}}"
        "{{ if .Annotations.description }}"
        f"{medium.show('.Annotations.description')}{medium.line}{{{{ end }}}}"
        f"{_labels(medium)}"
        f"Since {since}, for {{{{ since .StartsAt | humanizeDuration }}}}{medium.line}"
        f"{_links(medium)}{{{{ end }}}}{{{{ end }}}}"
    )


def _labels(medium: Medium) -> str:
    """Labels that tell this alert from others of its kind, such as the region."""
    return (
        f"{{{{ with .Labels.Remove ({_OTHER_LABELS}) }}}}{medium.show('.String')}{medium.line}{{{{ end }}}}"
    )


def _links(medium: Medium) -> str:
    parts = (
        ("Runbook", ".Annotations.runbook_url"),
        ("Dashboard", ".Annotations.dashboard_url"),
        ("Query", ".GeneratorURL"),
    )
    # Each link its own line in plain text, where the address itself is to be seen.
    gap = "  " if medium.link != PLAIN.link else medium.line
    shown = "".join(
        f"{{{{ if {url} }}}}{medium.link % {'url': f'{{{{ {url} }}}}', 'text': text}}{gap}{{{{ end }}}}"
        for text, url in parts
    )
    return shown + ("" if gap == medium.line else medium.line)


def _resolved(medium: Medium) -> str:
    return (
        f"{{{{ range $i, $alert := .Alerts.Resolved }}}}{{{{ if lt $i {SHOWN} }}}}"
        f"{medium.bold % 'Over'} after {{{{ .EndsAt.Sub .StartsAt | humanizeDuration }}}}"
        "{{ if not $.CommonAnnotations.summary }}{{ if .Annotations.summary }}"
        f": {medium.show('.Annotations.summary')}{{{{ end }}}}{{{{ end }}}}{medium.line}"
        "{{ end }}{{ end }}"
    )


def _rest(medium: Medium) -> str:
    link = medium.link % {"url": ALERTS_URL, "text": "all of them"}
    return f"{{{{ if gt (len .Alerts) {SHOWN} }}}}… {link}{medium.line}{{{{ end }}}}"


def _footer(medium: Medium) -> str:
    """How to acknowledge; nothing is left to acknowledge when all is over."""
    silence = medium.link % {"url": SILENCE_URL, "text": "Silence (acknowledge)"}
    return f'{{{{ if eq .Status "firing" }}}}{silence}{{{{ end }}}}'


def title(medium: Medium) -> str:
    """One line: how bad, and what happens to whom."""
    return (
        '{{ if eq .Status "firing" }}[' + SEV + "]{{ else }}[RESOLVED]{{ end }} "
        "{{ with .CommonAnnotations.summary }}" + medium.show(".") + "{{ else }}"
        "{{ len .Alerts }} alerts{{ with .CommonLabels.alertname }} {{ . }}{{ end }}"
        "{{ with .CommonLabels.namespace }} in {{ . }}{{ end }}{{ end }}"
    )


TITLE = title(PLAIN)
SLACK_TITLE = title(SLACK)
SLACK_TIME = (
    "<!date^{{ .StartsAt.Unix }}^{date_short_pretty} {time}"
    '|{{ .StartsAt.UTC.Format "2006-01-02 15:04" }} UTC>'
)
"""Slack shows it in the time zone of whoever reads it."""
PLAIN_MESSAGE = message(PLAIN)
SLACK_MESSAGE = message(SLACK, local_time=SLACK_TIME)
MARKDOWN_MESSAGE = message(MARKDOWN)
TELEGRAM_MESSAGE = f"<b>{TITLE}</b>\n{message(TELEGRAM)}"
TITLED_MESSAGE = f"{TITLE}\n{PLAIN_MESSAGE}"
TITLED_MARKDOWN = f"**{TITLE}**\n\n{MARKDOWN_MESSAGE}"
MAIL_HTML = (
    '<!DOCTYPE html><html><body style="font-family: sans-serif; max-width: 45em">\n'
    '<h2 style="color: {{ if eq .Status "firing" }}#b00020{{ else }}#1b7f3b{{ end }}">'
    f"{TITLE}</h2>\n<p>{message(HTML)}</p>\n"
    f'<p style="color: #666666">{SENDER}</p>\n</body></html>'
)
MAIL_TEXT = f"{TITLE}\n\n{PLAIN_MESSAGE}\n\n-- \n{SENDER}\n"
