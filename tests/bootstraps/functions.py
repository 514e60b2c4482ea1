"""A Lambda function as a plain process, fed through the Lambda Runtime API.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cloud import CREDENTIALS, end

PREFIX = "/2018-06-01/runtime"
ANSWER_S = 60


class Failed(Exception):
    """The function reported an error instead of an answer."""


class Function:
    """One function: its process and the runtime interface that it asks for work."""

    def __init__(self, name, binary, settings, time_s):
        self.name = name
        self.time_s = time_s
        self._work = queue.Queue()
        self._answers = queue.Queue()
        self._stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": f"dispatch-{self.name}",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/dispatch-{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            **CREDENTIALS,
            **settings,
        }
        self._log = []
        self.process = subprocess.Popen(
            [str(binary)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self):
        for line in self.process.stdout:
            self._log.append(line)

    def log(self):
        """Everything that it wrote so far."""
        return "".join(self._log)

    def invoke(self, event):
        """Hands it one event. Gives the answer and the seconds until it came; raises `Failed`."""
        identity = str(uuid.uuid4())
        started = time.monotonic()
        self._work.put((identity, event, int((time.time() + self.time_s) * 1000)))
        answered, kind, answer = self._answer_within(ANSWER_S)
        seconds = time.monotonic() - started
        if kind != "response":
            raise Failed(f"{self.name}: {answer}")
        assert answered == identity, f"{self.name} answered {answered}, not {identity}"
        return answer, seconds

    def _answer_within(self, wait_s):
        give_up = time.monotonic() + wait_s
        while self.process.poll() is None and time.monotonic() < give_up:
            try:
                return self._answers.get(timeout=0.2)
            except queue.Empty:
                continue
        ended = self.process.poll()
        raise Failed(f"{self.name} did not answer (exit code {ended}):\n{self.log()}")

    def ended(self, wait_s):
        """Waits for the process to end by itself; gives its exit code and what it wrote."""
        code = self.process.wait(timeout=wait_s)
        self._reader.join(timeout=5)
        return code, self.log()

    def stop(self):
        self._stopped.set()
        end(self.process)
        self._server.shutdown()
        self._server.server_close()

    def _next(self):
        """The next piece of work, or nothing when the function is to end."""
        while not self._stopped.is_set():
            try:
                return self._work.get(timeout=0.2)
            except queue.Empty:
                continue
        return None

    def _handler(function):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                if self.path != f"{PREFIX}/invocation/next":
                    return self._answer(404, b"{}")
                work = function._next()
                if work is None:
                    self.close_connection = True
                    return
                identity, event, deadline_ms = work
                arn = f"arn:aws:lambda:eu-central-1:000000000000:function:dispatch-{function.name}"
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": identity,
                    "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": arn,
                    "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
                }
                self._answer(200, json.dumps(event).encode(), headers)

            def do_POST(self):
                body = self._body()
                parts = self.path.removeprefix(PREFIX).strip("/").split("/")
                match parts:
                    case ["invocation", identity, "response"]:
                        function._answers.put((identity, "response", json.loads(body)))
                    case ["invocation", identity, "error"]:
                        function._answers.put((identity, "error", body.decode()))
                    case ["init", "error"]:
                        function._log.append(body.decode())
                    case _:
                        return self._answer(404, b"{}")
                self._answer(202, b'{"status":"OK"}')

            def _body(self):
                if "chunked" not in (self.headers.get("transfer-encoding") or ""):
                    return self.rfile.read(int(self.headers.get("content-length") or 0))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def _answer(self, status, body, headers=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
