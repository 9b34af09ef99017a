"""A server of pages in a process of its own: 250 orders each, gzip as a real one sends them, so many ms late.

The orders are those of the sample over and over, or "made": as `pages` makes them, 1,000 vendors and every documented field; "received" ones
have receipts, too. Run as a script it prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import subprocess
import sys
from contextlib import contextmanager

from tests.benchmarks import pages as made

PER_PAGE = made.PER_PAGE
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n"


def bodies(n_pages):
    """Yield the JSON text of each page: orders of the sample over and over, each with keys of its own."""
    from makini_analytics.demo._sample import sample_tables

    orders = sample_tables("emea")["purchase-orders"]
    for page in range(n_pages):
        rows = []
        for i in range(PER_PAGE):
            n = page * PER_PAGE + i
            order = orders[n % len(orders)]
            lines = [line | {"key": f"L{n}-{j}"} for j, line in enumerate(order["lineItems"])]
            rows.append(order | {"key": f"O{n}", "orderNo": f"PO{n:07d}", "lineItems": lines})
        meta = {"current_page": page + 1, "last_page": n_pages, "per_page": PER_PAGE, "total": n_pages * PER_PAGE}
        yield json.dumps({"data": rows, "meta": meta}).encode()


def answer_of(body):
    packed = gzip.compress(body, 4)
    return _HEAD.format(len(packed)).encode() + packed


def serve(n_pages, latency, kind):
    pages, receipts = [], []
    plain = 0
    for body in bodies(n_pages) if kind == "sample" else (made.page(i, n_pages) for i in range(n_pages)):
        plain += len(body)
        pages.append(answer_of(body))
    if kind == "received":
        receipts = [answer_of(made.receipts(i, n_pages)) for i in range(n_pages)]
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    async def answer(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line = head.split(b"\r\n", 1)[0].decode()
                lists = {"purchase-orders": pages, "receipts": receipts}
                asked = re.search(r"/api/erp/([\w-]+)\?(?:.*&)?page=(\d+)", line)
                if asked and (there := lists.get(asked[1])):
                    await asyncio.sleep(latency)
                    writer.write(there[int(asked[2]) - 1])
                else:
                    writer.write(missing)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], plain, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close()

    asyncio.run(main())


@contextmanager
def running(n_pages, latency, kind="sample"):
    """Yield (base URL, bytes of JSON in all pages)."""
    command = [sys.executable, "-m", "tests.benchmarks.page_server", str(n_pages), str(latency), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            port, plain = process.stdout.readline().split()
            yield f"http://127.0.0.1:{port}", int(plain)
        finally:
            process.stdin.close()
            process.wait(10)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
