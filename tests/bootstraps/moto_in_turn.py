"""moto's server, which does one request at a time.

For a put under a condition, moto looks at the object first and writes then (`put_object` in `moto/s3/responses.py`), and
it serves each request in a thread of its own. So two puts over one version can both succeed, and a list can fail while
somebody writes; in S3 neither can. Takes the arguments of `moto_server`.
"""

import threading

from moto import server


class InTurn(server.DomainDispatcherApplication):
    """Lets nobody in while another request is under way, but for POSTs: one that waits for messages waits long."""

    turn = threading.Lock()

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            return super().__call__(environ, start_response)
        with self.turn:
            return super().__call__(environ, start_response)


if __name__ == "__main__":
    server.DomainDispatcherApplication = InTurn
    server.main()
