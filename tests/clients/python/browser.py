"""A browser without scripts: it keeps cookies, follows redirects one by one and
fills in the provider's forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

STEPS = 20


@dataclass
class Form:
    action: str
    method: str
    fields: list = field(default_factory=list)


class Page(HTMLParser):
    """The name of a page, and its forms: each with its fields, in order."""

    def __init__(self, html):
        super().__init__()
        self.name = None
        self.error = None
        self.forms = []
        self._open = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "main":
            self.name = values.get("data-page")
            self.error = values.get("data-error")
        elif tag == "form":
            self.forms.append(Form(values.get("action") or "", (values.get("method") or "get").lower()))
            self._open = True
        elif tag in ("input", "button") and self._open:
            self.forms[-1].fields.append(values)

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = False


class Browser:
    def __init__(self, username, password):
        self._answers = {
            "signin": ("username", username),
            "password": ("password", password),
            "consent": ("decision", "allow"),
        }
        self._session = requests.Session()
        # Proxies of the environment are not for loopback.
        self._session.trust_env = False

    def go_to(self, start, destination):
        """Goes to `start` and answers pages until the provider leads to `destination`: the whole address."""
        url, body = start, None
        for _ in range(STEPS):
            response = self._send(url, body)
            location = response.headers.get("location")
            if location is not None:
                assert response.status_code == 303 or (body is None and response.status_code == 302), response.status_code
                target = urljoin(url, location)
                if target.partition("#")[0].partition("?")[0] == destination:
                    return target
                assert _origin(target) == _origin(start), f"led astray to {target}"
                url, body = target, None
                continue
            page = Page(response.text)
            assert response.status_code == 200, f"{response.status_code} {page.name} {page.error}"
            url, body = self._fill_in(page, url)
        raise AssertionError(f"still not at {destination} after {STEPS} steps")

    def _fill_in(self, page, url):
        assert page.name in self._answers, f"a page that nobody expected: {page.name} {page.error}"
        name, value = self._answers[page.name]
        forms = [form for form in page.forms if form.method == "post" and any(f.get("name") == name for f in form.fields)]
        assert forms, f"the page {page.name} has no form with the field {name}"
        body = {f["name"]: f.get("value") or "" for f in forms[0].fields if f.get("type") == "hidden" and f.get("name")}
        body[name] = value
        return urljoin(url, forms[0].action) if forms[0].action else url, body

    def _send(self, url, body):
        headers = {"accept": "text/html", "accept-language": "vi"}
        if body is None:
            return self._session.get(url, headers=headers, allow_redirects=False, timeout=30)
        headers["origin"] = _origin(url)
        return self._session.post(url, data=body, headers=headers, allow_redirects=False, timeout=30)


def _origin(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
