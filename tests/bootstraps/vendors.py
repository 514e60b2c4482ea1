"""GitHub, Slack and PagerDuty as small servers that remember what they are sent.

They are written from the vendors' documentation and share nothing with Dispatch's own simulator.
"""

import json
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    query: dict
    headers: dict
    body: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.method} {self.path}"


class Vendor:
    """A server on loopback. A subclass answers by returning a status and a JSON body."""

    def __init__(self):
        self._lock = threading.Lock()
        self._calls = []
        self._open = threading.Event()
        self._open.set()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def _serve(self):
                url = urllib.parse.urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                query = urllib.parse.parse_qs(url.query)
                call = Call(self.command, url.path, query, headers, _body(headers, raw))
                vendor._open.wait()
                with vendor._lock:
                    vendor._calls.append(call)
                    status, answer = vendor.answer(call)
                body = json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json; charset=utf-8")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the caller did not wait

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def calls(self, method=None, ends=""):
        """The requests so far with this method and end of the path."""
        with self._lock:
            return [
                call
                for call in self._calls
                if (method is None or call.method == method) and call.path.endswith(ends)
            ]

    def hang(self):
        """Takes requests from now on, and neither acts on them nor answers."""
        self._open.clear()

    def recover(self):
        self._open.set()

    def stop(self):
        self.recover()
        self._server.shutdown()
        self._server.server_close()


def _body(headers, raw):
    if not raw:
        return {}
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        return {name: values[-1] for name, values in urllib.parse.parse_qs(raw.decode()).items()}
    return json.loads(raw)


class GitHub(Vendor):
    """https://docs.github.com/en/rest/issues"""

    def __init__(self, token):
        super().__init__()
        self.token = token
        self.issues = {}
        self.comments = {}

    def answer(self, call):
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"message": "Bad credentials", "documentation_url": self.url}
        if not call.headers.get("user-agent"):
            return 403, {"message": "Request forbidden by administrative rules."}
        match call.method, call.path.strip("/").split("/"):
            case "GET", ["search", "issues"]:
                return 200, {"total_count": 0, "incomplete_results": False, "items": []}
            case "GET", ["repos", owner, repo]:
                return 200, {"id": 1, "name": repo, "full_name": f"{owner}/{repo}", "private": True}
            case "GET", ["repos", owner, repo, "issues"]:
                issues = [issue for (place, _), issue in self.issues.items() if place == (owner, repo)]
                return 200, issues[::-1] if call.query.get("page", ["1"]) == ["1"] else []
            case "POST", ["repos", owner, repo, "issues"]:
                return 201, self._create(owner, repo, call.body)
            case "PATCH", ["repos", owner, repo, "issues", "comments", number]:
                return self._edit(int(number), call.body)
            case method, ["repos", owner, repo, "issues", number, *rest] if number.isdigit():
                issue = self.issues.get(((owner, repo), int(number)))
                if issue is None:
                    return 404, {"message": "Not Found", "documentation_url": self.url}
                return self._issue(method, rest, issue, call)
        return 404, {"message": "Not Found", "documentation_url": self.url}

    def _create(self, owner, repo, body):
        number = 1 + sum(place == (owner, repo) for place, _ in self.issues)
        page = f"https://github.example.com/{owner}/{repo}/issues/{number}"
        issue = {
            "id": 1000 + len(self.issues),
            "node_id": f"I_{number}",
            "number": number,
            "url": f"{self.url}/repos/{owner}/{repo}/issues/{number}",
            "repository_url": f"{self.url}/repos/{owner}/{repo}",
            "labels_url": f"{self.url}/repos/{owner}/{repo}/issues/{number}/labels{{/name}}",
            "comments_url": f"{self.url}/repos/{owner}/{repo}/issues/{number}/comments",
            "events_url": f"{self.url}/repos/{owner}/{repo}/issues/{number}/events",
            "html_url": page,
            "state": "open",
            "state_reason": None,
            "title": body["title"],
            "body": body.get("body"),
            "user": self._user(),
            "labels": [{"id": 1, "name": name, "color": "ededed"} for name in body.get("labels", [])],
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "locked": False,
            "comments": 0,
            "author_association": "MEMBER",
            "created_at": "2026-11-21T03:00:00Z",
            "updated_at": "2026-11-21T03:00:00Z",
            "closed_at": None,
        }
        self.issues[((owner, repo), number)] = issue
        return issue

    def _issue(self, method, rest, issue, call):
        comments = self.comments.setdefault(issue["url"], [])
        match method, rest:
            case "GET", []:
                return 200, issue
            case "PATCH", []:
                for name in ("state", "state_reason", "title", "body"):
                    if name in call.body:
                        issue[name] = call.body[name]
                return 200, issue
            case "GET", ["comments"]:
                return 200, comments if call.query.get("page", ["1"]) == ["1"] else []
            case "POST", ["comments"]:
                number = 5000 + sum(map(len, self.comments.values()))
                comment = {
                    "id": number,
                    "node_id": f"IC_{number}",
                    "url": f"{issue['url']}/comments/{number}",
                    "html_url": f"{issue['html_url']}#issuecomment-{number}",
                    "issue_url": issue["url"],
                    "user": self._user(),
                    "body": call.body["body"],
                    "author_association": "MEMBER",
                    "created_at": "2026-11-21T03:00:00Z",
                    "updated_at": "2026-11-21T03:00:00Z",
                }
                comments.append(comment)
                return 201, comment
        return 404, {"message": "Not Found", "documentation_url": self.url}

    def _edit(self, number, body):
        for comment in (comment for comments in self.comments.values() for comment in comments):
            if comment["id"] == number:
                comment["body"] = body["body"]
                return 200, comment
        return 404, {"message": "Not Found", "documentation_url": self.url}

    def _user(self):
        return {"login": "dispatch", "id": 1, "node_id": "U_1", "type": "Bot", "site_admin": False}

    def issue(self, title):
        """The one issue with this title."""
        with self._lock:
            found = [issue for issue in self.issues.values() if issue["title"] == title]
        assert len(found) == 1, f"{len(found)} issues are called {title!r}"
        return found[0]

    def said_on(self, issue):
        """The texts of its comments."""
        with self._lock:
            return [comment["body"] for comment in self.comments.get(issue["url"], [])]


class Slack(Vendor):
    """https://docs.slack.dev/reference/methods"""

    people = {"U0JANE": "jane", "U0JOE": "joe", "U0ALEX": "alex", "U0SAM": "sam"}

    def __init__(self, token):
        super().__init__()
        self.token = token
        self._sent = 0

    def answer(self, call):
        if call.path.startswith("/actions/"):
            return 200, {"ok": True}
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return 200, {"ok": False, "error": "invalid_auth"}
        arguments = {**{name: values[-1] for name, values in call.query.items()}, **call.body}
        match call.path.removeprefix("/api/"):
            case "chat.postMessage":
                self._sent += 1
                channel = arguments["channel"]
                place = "D" + channel[1:] if channel.startswith("U") else "C0SECURITY"
                stamp = f"17{self._sent:08d}.000100"
                message = {"type": "message", "user": "U0BOT", "ts": stamp, "text": arguments["text"]}
                call.body["(answered)"] = {"channel": place, "ts": stamp}
                return 200, {"ok": True, "channel": place, "ts": stamp, "message": message}
            case "chat.update":
                known = {"channel": arguments["channel"], "ts": arguments["ts"], "text": arguments.get("text", "")}
                return 200, {"ok": True, **known}
            case "chat.postEphemeral":
                return 200, {"ok": True, "message_ts": "1799999999.000100"}
            case "users.list":
                members = [self._user(identity, handle) for identity, handle in self.people.items()]
                return 200, {"ok": True, "members": members, "response_metadata": {"next_cursor": ""}}
            case "users.info" if arguments.get("user") in self.people:
                identity = arguments["user"]
                return 200, {"ok": True, "user": self._user(identity, self.people[identity])}
            case "users.lookupByEmail":
                handle = arguments.get("email", "").removesuffix("@example.com")
                for identity, known in self.people.items():
                    if known == handle:
                        return 200, {"ok": True, "user": self._user(identity, handle)}
                return 200, {"ok": False, "error": "users_not_found"}
        return 200, {"ok": False, "error": "unknown_method"}

    def _user(self, identity, handle):
        profile = {
            "display_name": handle,
            "display_name_normalized": handle,
            "real_name": handle.title(),
            "email": f"{handle}@example.com",
        }
        flags = {"deleted": False, "is_bot": False, "is_app_user": False}
        return {"id": identity, "team_id": "T0EXAMPLE", "name": handle, "profile": profile, **flags}

    def messages(self, text):
        """What was posted with this in it: the arguments, and beside them what Slack answered."""
        posted = self.calls("POST", "/chat.postMessage")
        return [call.body for call in posted if text in json.dumps(call.body, ensure_ascii=False)]


class PagerDuty(Vendor):
    """https://developer.pagerduty.com/api-reference, both the REST API and the Events API."""

    def __init__(self, key):
        super().__init__()
        self.key = key
        self.incidents = []

    def answer(self, call):
        if call.path == "/v2/enqueue":
            key = call.body.get("dedup_key", "made-up")
            return 202, {"status": "success", "message": "Event processed", "dedup_key": key}
        if call.headers.get("authorization") != f"Token token={self.key}":
            return 401, {"error": {"message": "Authentication failed", "code": 2006, "errors": []}}
        match call.method, call.path.strip("/").split("/"):
            case "POST", ["incidents"]:
                return self._create(call.body["incident"])
            case "GET", ["incidents"]:
                key = call.query.get("incident_key", [None])[0]
                found = [incident for incident in self.incidents if incident["incident_key"] == key]
                return 200, {"incidents": found, "limit": 25, "offset": 0, "more": False, "total": None}
            case "POST", ["incidents", _, "notes"]:
                return 200, {"note": {"id": "PN1", "content": call.body["note"]["content"]}}
        return 404, {"error": {"message": "Not Found", "code": 2100}}

    def _create(self, asked):
        place = (asked.get("incident_key"), asked["service"]["id"])
        if any((incident["incident_key"], incident["service"]["id"]) == place for incident in self.incidents):
            sentence = "Open incident with matching dedup key already exists on this service"
            return 400, {"error": {"message": "Arguments Caused Error", "code": 2002, "errors": [sentence]}}
        number = len(self.incidents) + 1
        incident = {
            "id": f"Q{number}",
            "type": "incident",
            "incident_number": number,
            "title": asked["title"],
            "status": "triggered",
            "urgency": asked.get("urgency", "high"),
            "incident_key": asked.get("incident_key"),
            "service": asked["service"],
            "html_url": f"https://pagerduty.example.com/incidents/Q{number}",
            "self": f"{self.url}/incidents/Q{number}",
            "created_at": "2026-11-21T03:00:00Z",
        }
        self.incidents.append(incident)
        return 201, {"incident": incident}

    def pages(self):
        """Every request that wakes somebody, in order: events that trigger, and incidents asked for."""
        asked = [call.body.get("incident", call.body) for call in self.calls("POST")]
        return [body for body in asked if body.get("event_action") == "trigger" or body.get("type") == "incident"]
