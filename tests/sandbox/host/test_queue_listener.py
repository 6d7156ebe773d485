"""Queue functions get, repeat and lose messages exactly as in Azure."""

import signal
import time
from itertools import pairwise

import pytest
from azure.storage.queue import QueueClient, QueueServiceClient

from tests.sandbox.host.conftest import RunningHost, StartHost, bodies, eventually, put, waiting

pytestmark = [pytest.mark.azurite, pytest.mark.processes]


def test_a_message_is_handled_once_and_its_result_is_sent_on(
    host: RunningHost, work: QueueClient, queues: QueueServiceClient
) -> None:
    put(work, "häl<lo>")
    (seen,) = host.noted("work")
    assert (seen["body"], seen["delivery"]) == ("häl<lo>", 1)
    assert seen["inserted"].endswith("+00:00")
    assert eventually(lambda: waiting(work) == 0)
    assert bodies(queues.get_queue_client("results")) == ["HÄL<LO>"]
    assert len(host.notes("work")) == 1


def test_a_list_put_out_becomes_one_message_each_and_wakes_the_listener(
    start_host: StartHost, work: QueueClient
) -> None:
    host = start_host("--no-timers", "--poll-seconds", "30")
    time.sleep(1)
    assert host.ask("POST", "/api/send", json=["a", "b", "c"]).text == "sent"
    assert sorted(note["body"] for note in host.noted("work", 3, seconds=5)) == ["a", "b", "c"]


def test_many_messages_run_at_once_but_no_more_than_batch_and_threshold(
    host: RunningHost, work: QueueClient
) -> None:
    put(work, *["sleep 0.5"] * 12)
    done = host.noted("worked", 12)
    assert len(done) == 12
    starts = [(note["at"], 1) for note in host.notes("work")]
    ends = [(note["at"], -1) for note in done]
    running, most = 0, 0
    for _, change in sorted(starts + ends):
        running += change
        most = max(most, running)
    assert 4 <= most <= 6


def test_a_failing_message_is_repeated_then_set_aside_and_its_poison_queue_is_a_trigger_too(
    host: RunningHost, work: QueueClient
) -> None:
    put(work, "fail now", "fine")
    assert [note["body"] for note in host.noted("poisoned")] == ["fail now"]
    tries = [note for note in host.notes("work") if note["body"] == "fail now"]
    assert [note["delivery"] for note in tries] == [1, 2, 3]
    assert all(later["at"] - earlier["at"] >= 0.9 for earlier, later in pairwise(tries))
    assert eventually(lambda: waiting(work) == 0)
    assert host.stats()["failures"] == {"work": 3}


def test_a_message_that_is_not_base64_is_set_aside_at_once_and_left_by_the_poison_trigger(
    host: RunningHost, work: QueueClient, queues: QueueServiceClient
) -> None:
    poison = queues.create_queue("work-poison")
    work.send_message("not base64!")
    assert eventually(lambda: waiting(poison) == 1)
    assert eventually(lambda: waiting(work) == 0)
    time.sleep(1)
    assert host.stats()["invocations"] == {}
    assert [queue.name for queue in queues.list_queues()] == ["work", "work-poison"]


def test_what_fails_in_a_poison_queue_stays_there_until_its_lease_is_over(
    start_host: StartHost, work: QueueClient, queues: QueueServiceClient
) -> None:
    poison = queues.create_queue("work-poison")
    put(poison, "fail here")
    host = start_host("--no-timers", "--lease-seconds", "2")
    first, second = host.noted("poisoned", 2)[:2]
    assert second["at"] - first["at"] > 1.5
    assert waiting(poison) == 1


def test_a_message_of_a_killed_host_comes_back_when_its_lease_is_over(
    start_host: StartHost, work: QueueClient
) -> None:
    host = start_host("--no-timers", "--lease-seconds", "2")
    put(work, "sleep 3")
    host.noted("work")
    host.end(signal.SIGKILL)
    restarted = start_host("--no-timers", "--lease-seconds", "2")
    first, again = restarted.noted("work", 2)
    assert (first["delivery"], again["delivery"]) == (1, 2)
    assert first["pid"] != again["pid"]
    assert again["at"] - first["at"] > 1.5
    restarted.noted("worked")
    assert eventually(lambda: waiting(work) == 0)


def test_a_lease_is_renewed_while_the_function_runs(start_host: StartHost, work: QueueClient) -> None:
    host = start_host("--no-timers", "--lease-seconds", "2")
    put(work, "sleep 5")
    host.noted("worked")
    assert eventually(lambda: waiting(work) == 0)
    assert len(host.notes("work")) == 1


def test_a_running_message_is_finished_before_the_host_ends(host: RunningHost, work: QueueClient) -> None:
    put(work, "sleep 1")
    host.noted("work")
    assert host.end() == 0
    assert len(host.notes("worked")) == 1
    assert waiting(work) == 0


def test_a_function_is_started_by_hand_with_a_message_that_is_in_no_queue(
    host: RunningHost, work: QueueClient
) -> None:
    assert host.start("work", "by hand").status_code == 202
    assert host.noted("worked")[0]["body"] == "by hand"


@pytest.mark.parametrize("name", ["echo", "nobody"])
def test_what_cannot_be_started_by_hand_is_not_found(host: RunningHost, name: str) -> None:
    answer = host.start(name)
    assert answer.status_code == 404
    assert name in answer.text


def test_the_queue_of_a_trigger_is_not_created_by_the_host(
    start_host: StartHost, queues: QueueServiceClient
) -> None:
    start_host("--no-timers")
    time.sleep(1)
    assert list(queues.list_queues()) == []


def test_empty_polls_are_counted(host: RunningHost) -> None:
    assert eventually(lambda: host.stats()["empty_polls"] >= 2)
    stats = host.stats()
    assert stats["polls"] >= stats["empty_polls"]
