"""ClickHouse's engine behind ClickHouse's HTTP interface, for tests.

The engine is the real one, as the package chdb-core carries it: parser, types, MergeTree tables on disk, deduplication. What stands
before it is this file, as no registry of packages has the server itself: POST / with the query in `query`, in the body or in
both, settings as other parameters, gzip, Basic or X-ClickHouse-User/-Key, exception codes in headers, /ping.
https://clickhouse.com/docs/interfaces/http. One query at a time; text formats only.

    clickhouse_http.py PORT DIR [--user U] [--cert FILE --key FILE [--ca FILE]]

The password comes in the variable CLICKHOUSE_PASSWORD.
"""

import argparse
import base64
import gzip
import hmac
import os
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb import session

# Parameters of the address that are no settings of the engine.
OWN = {"query", "query_id", "user", "password", "database", "default_format", "session_id", "session_timeout",
       "session_check", "role", "compress", "decompress", "enable_http_compression", "wait_end_of_query",
       "send_progress_in_http_headers", "buffer_size", "stacktrace"}
INSERT = re.compile(r"(\s*INSERT\s+INTO\s[^;']*?)(\sFORMAT\s+\w+\s*)$", re.IGNORECASE | re.DOTALL)
CODE = re.compile(r"Code: (\d+)\.")
# Codes that ClickHouse answers with another status than 500 (HTTPHandler.cpp, exceptionCodeToHTTPStatus).
STATUS = {27: 400, 36: 400, 41: 400, 47: 404, 53: 400, 60: 404, 62: 400, 81: 404, 115: 400, 117: 400, 516: 403, 159: 408}


class Engine:
    """One session: the engine keeps one folder at a time."""

    def __init__(self, folder):
        self.lock = threading.Lock()
        self.session = session.Session(folder)

    def run(self, query, form, settings, database, params):
        with self.lock:
            try:
                if database:
                    self.session.query(f"USE `{database}`")
                for name, value in settings.items():
                    self.session.query(f"SET {name} = '{value}'")
                return self.session.query(query, form, params=params)
            finally:
                for name in settings:
                    self.session.query(f"SET {name} = DEFAULT")
                if database:
                    self.session.query("USE default")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ClickHouse-HTTP"
    # Headers and body go in one piece, at once: otherwise each answer waits for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self):
        if urlsplit(self.path).path == "/ping":
            self.answer(200, b"Ok.\n")
        else:
            self.query()

    def do_POST(self):
        self.query()

    def query(self):
        body = self.body()
        words = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if not self.known(words):
            self.refuse(516, "Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)")
            return
        settings = {key: value for key, value in words.items() if key not in OWN and not key.startswith("param_")}
        params = {key[6:]: value for key, value in words.items() if key.startswith("param_")}
        if not all(re.fullmatch(r"\w+", key) for key in settings) or any("'" in value for value in settings.values()):
            self.refuse(115, "Unknown setting (UNKNOWN_SETTING)")
            return
        query = words.get("query", "")
        insert = INSERT.fullmatch(query) if settings else None
        if insert:
            # In its own place, which is quicker than a statement before and one behind for each.
            said = ", ".join(f"{key} = '{value}'" for key, value in settings.items())
            query, settings = f"{insert[1]} SETTINGS {said}{insert[2]}", {}
        text = "\n".join(part for part in (query, body.decode()) if part)
        database = words.get("database") or self.headers.get("X-ClickHouse-Database")
        form = words.get("default_format") or self.headers.get("X-ClickHouse-Format") or "TabSeparated"
        try:
            result = self.server.engine.run(text, form, settings, database, params)
        except Exception as error:
            self.fail(str(error))
            return
        self.answer(200, result.bytes() if result.size() else b"", {
            "X-ClickHouse-Format": form,
            "X-ClickHouse-Summary": '{"read_rows":"%d","written_rows":"%d"}' % (result.rows_read(), result.rows_written()),
        })

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            raw = b"".join(pieces)
        else:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw

    def known(self, words):
        user, password = words.get("user", "default"), words.get("password", "")
        basic = self.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            user, _, password = base64.b64decode(basic[6:]).decode().partition(":")
        user = self.headers.get("X-ClickHouse-User", user)
        password = self.headers.get("X-ClickHouse-Key", password)
        wanted = self.server.account
        return wanted is None or (user == wanted[0] and hmac.compare_digest(password.encode(), wanted[1].encode()))

    def fail(self, message):
        code = CODE.search(message)
        self.refuse(int(code.group(1)) if code else 1002, CODE.sub("", message, count=1).strip() if code else message)

    def refuse(self, code, message):
        if not message.startswith("DB::Exception"):
            message = f"DB::Exception: {message}"
        self.answer(STATUS.get(code, 500), f"Code: {code}. {message}\n".encode(), {"X-ClickHouse-Exception-Code": str(code)})

    def answer(self, status, body, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "enable_http_compression=1" in self.path and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Quiet: queries may hold anything."""


class Server(ThreadingHTTPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("dir")
    parser.add_argument("--user", default="default")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--ca")
    words = parser.parse_args()
    server = Server(("127.0.0.1", words.port), Handler, bind_and_activate=False)
    server.engine = Engine(words.dir)
    password = os.environ.get("CLICKHOUSE_PASSWORD")
    server.account = (words.user, password) if password else None
    if words.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(words.cert, words.key)
        if words.ca:
            context.load_verify_locations(words.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        # The handshake belongs to the connection's own thread.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.server_bind()
    server.server_activate()
    print(f"ClickHouse {server.engine.session.query('SELECT version()')} on 127.0.0.1:{words.port}", flush=True)
    server.serve_forever()


main()
