"""Eight producers and three consumers that go on while the broker is killed and started again, and then a look at what came of it.

    under_kills.py SERVER FOLDER produce|transact|consume|verify SEED

The first three run until the file FOLDER/stop appears, finish what they have begun, and leave what they were told in FOLDER. They print a line whenever
something was acknowledged, so that whoever kills the broker knows that there is work under way. `verify` reads everything and holds it against that.
"""

import glob
import json
import os
import random
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

server, folder, role, seed = sys.argv[1:5]
topic, partitions = "kills", 4
idempotent, transactional, groups = 6, 2, 3
failures = []


def make_topic():
    """Before anything else: one made on first use would have a single partition."""
    admin = AdminClient({"bootstrap.servers": server})
    try:
        admin.create_topics([NewTopic(topic, partitions)])[topic].result(30)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def stopped():
    return os.path.exists(f"{folder}/stop")


def leave(name, content):
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump(content, file)


def common():
    return {
        "bootstrap.servers": server,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 200,
        "retry.backoff.ms": 50,
        "topic.metadata.refresh.fast.interval.ms": 50,
        # librdkafka 2.16 otherwise gives up the handle of its only broker for a minute when that goes, and a transaction times out meanwhile.
        "metadata.recovery.strategy": "none",
        "log_level": 2,
    }


def producer(**more):
    # No record is ever given up: what the broker does not acknowledge in time for the test is a failure of the broker.
    return Producer(
        {**common(), "enable.idempotence": True, "message.timeout.ms": 600_000, "linger.ms": 5, "batch.num.messages": 20, **more}
    )


def produce(index):
    """Writes `index:0`, `index:1`, ... to one partition."""
    client, acknowledged = producer(), [0]

    def delivered(error, message):
        if error is not None:
            failures.append(f"producer {index}: {error}")
            return
        acknowledged[0] += 1
        if acknowledged[0] % 100 == 0:
            print(index, acknowledged[0], flush=True)

    number = 0
    while not stopped() and not failures:
        client.produce(topic, b"%d:%d" % (index, number), partition=index % partitions, callback=delivered)
        number += 1
        client.poll(0.01 if len(client) < 200 else 0.1)
    left = client.flush(120)
    if left or acknowledged[0] != number:
        failures.append(f"producer {index}: {acknowledged[0]} of {number} acknowledged, {left} left")
    leave(f"produced-{index}", number)


def until_done(step):
    """Repeats a step of a transaction that may be repeated."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return step()
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def transactional_producer(index):
    client = producer(
        **{"transactional.id": f"kills-{index}", "transaction.timeout.ms": 600_000, "message.timeout.ms": 600_000}
    )
    until_done(lambda: client.init_transactions(30))
    return client


def transact(index):
    """Writes transactions of records `index:transaction:number` to all partitions; some it aborts.

    What librdkafka takes for fatal ends the producer, as it does in an application: the next one fences it, and aborts what it has left. Killed brokers bring it there where it
    gives up records that it had begun to send: it asks for the abort of a transaction the broker has heard nothing of (confluentinc/librdkafka#4849), or uses
    their sequences again. So it waits for its records before it aborts.
    """
    moments = random.Random(f"{seed} {index}")
    client = transactional_producer(index)
    outcomes, number = {}, 0
    while not stopped():
        number += 1
        count = moments.randrange(1, 12)
        outcomes[number] = [count, "open"]
        try:
            client.begin_transaction()
            for record in range(count):
                client.produce(topic, b"%d:%d:%d" % (index, number, record), partition=moments.randrange(partitions))
                client.poll(0)
            client.flush(120)
            if moments.random() < 0.25:
                until_done(lambda: client.abort_transaction(60))
                outcomes[number][1] = "aborted"
            else:
                outcomes[number][1] = "unknown"
                until_done(lambda: client.commit_transaction(60))
                outcomes[number][1] = "committed"
                print(index, number, flush=True)
        except KafkaException as error:
            print(f"producer {index}: {error}", file=sys.stderr, flush=True)
            if outcomes[number][1] == "open":
                outcomes[number][1] = "aborted"
            client = transactional_producer(index)
    leave(f"transacted-{index}", outcomes)


def consume(index):
    """Reads committed records as a group and commits positions; a position once acknowledged must never be behind again."""
    config = {
        **common(),
        "group.id": f"kills-{index}",
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 6000,
    }
    acknowledged, seen, client = {}, {}, None
    while True:
        is_last = stopped()
        client = Consumer(config)
        client.subscribe([topic])
        deadline = time.monotonic() + (30 if is_last else 3 + index * 2)
        while time.monotonic() < deadline:
            for message in client.consume(100, 0.2):
                if message.error() is not None:
                    continue
                place, value = (message.partition(), message.offset()), message.value().decode()
                if seen.setdefault(str(place), value) != value:
                    failures.append(f"group {index}: {place} was {seen[str(place)]} and is {value}")
            try:
                for position in client.commit(asynchronous=False):
                    if position.error is None and position.offset > acknowledged.get(position.partition, -1):
                        acknowledged[position.partition] = position.offset
                        print("group", index, position.offset, flush=True)
            except KafkaException as error:
                # Nothing new to commit, no coordinator at present, or a rebalance after a restart of the broker.
                if error.args[0].fatal():
                    raise
            if is_last and len(acknowledged) == partitions:
                break
        client.close()
        check_positions(index, config, acknowledged)
        if is_last:
            break
    leave(f"consumed-{index}", sorted(set(seen.values())))
    if len(acknowledged) != partitions:
        failures.append(f"group {index} has committed {acknowledged}")


def check_positions(index, config, acknowledged):
    client = Consumer({**config, "log_level": 0})
    for _ in range(100):
        try:
            for found in client.committed([TopicPartition(topic, p) for p in acknowledged], timeout=5):
                if found.offset < acknowledged[found.partition]:
                    failures.append(f"group {index}, partition {found.partition}: {acknowledged} was acknowledged, is {found.offset}")
            break
        except KafkaException:
            time.sleep(0.1)
    client.close()


def read_everything():
    client = Consumer({**common(), "group.id": "verify", "isolation.level": "read_committed", "enable.auto.commit": False, "enable.partition.eof": True})
    client.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    found, ended, deadline = [], set(), time.monotonic() + 120
    while len(ended) < partitions:
        assert time.monotonic() < deadline, f"ends of {ended} in {len(found)} records"
        message = client.poll(1)
        if message is None:
            continue
        if message.error() is None:
            found.append((message.partition(), message.value().decode()))
        elif message.error().code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition())
    client.close()
    return found


def verify():
    found = read_everything()
    values = [value for _, value in found]
    assert len(set(values)) == len(values), "doubled: " + str([v for v in values if values.count(v) > 1][:5])
    expected = set()
    for index in range(idempotent):
        with open(f"{folder}/produced-{index}.json") as file:
            count = json.load(file)
        own = [int(value.split(":")[1]) for value in values if value.startswith(f"{index}:") and value.count(":") == 1]
        assert own == list(range(count)), f"producer {index}: {len(own)} of {count}, or out of order"
        expected.update(f"{index}:{number}" for number in range(count))
    for index in range(idempotent, idempotent + transactional):
        with open(f"{folder}/transacted-{index}.json") as file:
            outcomes = json.load(file)
        told = [outcome for _, outcome in outcomes.values()]
        assert told.count("committed") > 0 and told.count("unknown") < len(told) / 10, f"producer {index}: {told}"
        for number, (count, outcome) in outcomes.items():
            own = {f"{index}:{number}:{record}" for record in range(count)}
            assert outcome in ("committed", "aborted", "unknown"), (index, number, outcome)
            if outcome == "committed" or (outcome == "unknown" and own & set(values)):
                expected |= own
            elif outcome == "aborted":
                assert not own & set(values), f"aborted and there: {own & set(values)}"
    assert set(values) == expected, f"missing {list(expected - set(values))[:5]}, unknown {list(set(values) - expected)[:5]}"
    for name in glob.glob(f"{folder}/consumed-*.json"):
        with open(name) as file:
            unknown = set(json.load(file)) - expected
        assert not unknown, f"{name}: a reader of committed records saw {list(unknown)[:5]}"
    print(f"{len(values)} records, {sum(value.count(':') == 2 for value in values)} of them of transactions")


if role == "verify":
    verify()
else:
    work, indexes = {
        "produce": (produce, range(idempotent)),
        "transact": (transact, range(idempotent, idempotent + transactional)),
        "consume": (consume, range(groups)),
    }[role]

    def guarded(index):
        try:
            work(index)
        except Exception as error:  # noqa: BLE001: a thread that dies must be told.
            failures.append(f"{role} {index}: {error!r}")

    make_topic()
    threads = [threading.Thread(target=guarded, args=(index,)) for index in indexes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
