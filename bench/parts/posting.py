"""The client of `bench/create.py`, in a process of its own: callers on kept connections, each waiting for its answer.

    python bench/parts/posting.py PORT[,PORT] TOKEN CALLERS COUNT [SECONDS]

Posts COUNT requests (over SECONDS, evenly, when given), each caller to one of the servers, and prints one JSON object:
the answers by status, the requests that were acknowledged and every latency in microseconds. The texts are made up from
the words below; every tenth caller says the same thing again.
"""

from __future__ import annotations

import http
import http.client
import json
import random
import sys
import threading
import time
from uuid import UUID

WHAT = (
    "路灯不亮",
    "夜间施工噪声扰民",
    "垃圾无人清运",
    "楼道堆物",
    "自来水停水",
    "电动车飞线充电",
    "占用消防通道停车",
    "公房漏水",
)
WHERE = ("示范路12弄", "和平街37号", "团结新村8号楼", "中山支路口", "幸福里小区", "文化广场旁")
HOW = ("已经一周了", "昨晚又发生", "老人出行不便", "多次反映没有结果", "请尽快处理", "影响休息")


def bodies(count: int, seed: int) -> list[bytes]:
    """Requests as JSON, the same for a seed."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        text = "，".join((chance.choice(WHERE), chance.choice(WHAT), chance.choice(HOW))) + f"，编号{number % 997}。"
        phone = f"199{chance.randrange(10**8):08}"
        made.append(
            json.dumps({"text": text, "name": "虚构市民", "phone": phone, "address": chance.choice(WHERE)}).encode()
        )
    return made


class Caller(threading.Thread):
    """Posts its share, one after the other."""

    def __init__(self, port: int, token: str, share: list[tuple[float, bytes]]) -> None:
        super().__init__()
        self.port, self.share = port, share
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.chance = random.SystemRandom()
        self.latencies: list[int] = []
        self.statuses: dict[str, int] = {}
        self.acknowledged: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        begun = time.monotonic()
        for at, body in self.share:
            time.sleep(max(0.0, at - (time.monotonic() - begun)))
            key = str(UUID(int=self.chance.getrandbits(128), version=4))
            start = time.perf_counter_ns()
            connection.request("POST", "/api/v1/requests", body, self.headers | {"Idempotency-Key": key})
            answer = connection.getresponse()
            said = answer.read()
            self.latencies.append((time.perf_counter_ns() - start) // 1000)
            if answer.status == http.HTTPStatus.OK:
                self.acknowledged.append(json.loads(said)["request"])
            self.statuses[str(answer.status)] = self.statuses.get(str(answer.status), 0) + 1
        connection.close()


def main(ports: list[int], token: str, callers: int, count: int, seconds: float) -> None:
    """Posts everything and prints what came of it."""
    made = bodies(count, 7)
    shares = [
        [(number / count * seconds, made[number]) for number in range(first, count, callers)]
        for first in range(callers)
    ]
    threads = [Caller(ports[number % len(ports)], token, share) for number, share in enumerate(shares)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - start
    statuses: dict[str, int] = {}
    for thread in threads:
        for status, number in thread.statuses.items():
            statuses[status] = statuses.get(status, 0) + number
    latencies = sorted(latency for thread in threads for latency in thread.latencies)
    acknowledged = [request for thread in threads for request in thread.acknowledged]
    told = {"seconds": spent, "statuses": statuses, "acknowledged": acknowledged, "latencies": latencies}
    print(json.dumps(told))


if __name__ == "__main__":
    listed, token, callers, count, *rest = sys.argv[1:]
    main([int(port) for port in listed.split(",")], token, int(callers), int(count), float(rest[0]) if rest else 0.0)
