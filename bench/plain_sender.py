"""The least a sender can do: one message after the other to the gateway, no outbox, no database.

Run as `python -m bench.plain_sender PORT COUNT`; prints messages per second.
"""

from __future__ import annotations

import sys
import time

import urllib3

from bench.stub_gateway import SEND_PATH

MESSAGE = "Rs 300 jama hue. Rasid 11/2026/48213. Bakaya Rs 345.50. Dhanyavaad. Bijli Line"


def main(port: int, count: int) -> None:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1, timeout=10.0)
    start = time.perf_counter()
    for number in range(count):
        fields = {
            "username": "bijli",
            "password": "bench-password",
            "from": "BIJLI",
            "to": f"+91{9_700_000_000 + number}",
            "text": MESSAGE,
            "charset": "utf-8",
            "coding": "0",
            "dlr-mask": "31",
            "dlr-url": f"http://localhost/sms/kannel/secret/status?id={number}&outcome=%d",
        }
        answer = pool.request("GET", SEND_PATH, fields=fields)
        if answer.status != 202:
            sys.exit(f"the gateway stub answered {answer.status}")
    print(count / (time.perf_counter() - start))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
