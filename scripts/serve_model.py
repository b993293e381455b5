"""A small remote service: logistic regression on breast_cancer, asked with JSON on loopback.

.venv/bin/python scripts/serve_model.py [port]   # recipes/remote_service.yaml asks port 8731
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xaiframe.data.table import Table

PORT = 8731
LARGEST = 2**24


def trained():
    """Fitted on the training split of conf/data/breast_cancer.yaml: the test split is new to it."""
    data = Table("builtin:breast_cancer", "diagnosis").load()
    labels = [data.classes[one] for one in data.train.y]
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(data.train.frame, labels)


class Handler(BaseHTTPRequestHandler):
    """``POST /predict`` with ``{"rows": [{column: number, …}, …]}``."""

    protocol_version = "HTTP/1.1"
    model = None

    def do_POST(self) -> None:
        """Answer ``{"classes": […], "outputs": [[…], …]}``, or 400 with what is wrong."""
        size = int(self.headers.get("content-length") or 0)
        if self.path != "/predict" or not 0 < size <= LARGEST:
            self.close_connection = True  # what it sent is not read
            return self.answer(404, {"error": "POST /predict with at most 16 MB"})
        try:
            rows = pd.DataFrame(json.loads(self.rfile.read(size))["rows"])
            outputs = self.model.predict_proba(rows[self.model.feature_names_in_])
        except (ValueError, KeyError, TypeError) as error:
            return self.answer(400, {"error": str(error)[:200]})
        return self.answer(200, {"classes": list(self.model.classes_), "outputs": outputs.tolist()})

    def answer(self, status, content) -> None:
        """Send one JSON object."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Say nothing of each request."""


if __name__ == "__main__":
    Handler.model = trained()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
