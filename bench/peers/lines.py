"""The Python side of a peer: answers JSON lines on stdin with JSON lines on stdout (see bench/src/peer.ts)."""

import json
import os
import sys


def serve(handlers):
    """Answers each request {"do": NAME, ...} with handlers[NAME](**rest), until stdin closes."""
    # What a library prints must not be taken for an answer: the answers keep the pipe, stdout becomes stderr.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": handlers[request.pop("do")](**request)}
        except Exception as error:  # told to whoever asked, who decides
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
