# SPDX-License-Identifier: BSD-3-Clause
"""How sessions of fake-frontend end: signals, deaths, silence, nonsense; and
the ways to be connected."""
import os
import signal
import socket
import struct
import threading

import pytest
from pytest_vuspec.stream import LONG
from words import device, memory, requests

MEMORY = memory("shm")


@pytest.fixture
def listener(tmp_path):
    """A Unix socket at which the test itself is the back-end."""
    path = tmp_path / "listener.sock"
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))
        one.listen()
        one.settimeout(LONG)
        yield one, path


def accept(listener):
    peer, _ = listener.accept()
    peer.settimeout(LONG)
    return peer


def first_request(peer):
    """It waits for the answer to GET_FEATURES now."""
    assert struct.unpack("<III", peer.recv(12)) == (1, 1, 0)


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 143),
                                            (signal.SIGINT, 130)])
def test_a_signal_while_a_back_end_is_silent(frontend, listener, number,
                                             status):
    one = frontend(*MEMORY, *device(listener[1]), "--timeout", "600")
    with accept(listener[0]) as peer:
        first_request(peer)
        one.process.send_signal(number)
        assert one.wait() == status
        assert f"signal {int(number)}" in one.stderr.text()


def test_a_signal_while_nobody_listens(frontend, tmp_path):
    one = frontend(*MEMORY, *device(tmp_path / "none", chardev=",reconnect=1"),
                   "--timeout", "600", "--verbose")
    with pytest.raises(TimeoutError):  # nothing is said while it waits
        one.stderr.wait(lambda line: True, 0.2, "a line")
    one.heeds(signal.SIGTERM)
    one.process.terminate()
    assert one.wait() == 143


def test_a_signal_while_nobody_connects(frontend, tmp_path):
    path = tmp_path / "server.sock"
    one = frontend(*MEMORY, *device(path, chardev=",server=on"))
    with socket.socket(socket.AF_UNIX) as probe:
        # It is ours: it listens.
        assert one.until("its socket",
                         lambda: probe.connect_ex(str(path)) == 0), one.fares()
        first_request(probe)
        one.process.terminate()
        assert one.wait() == 143
    assert not path.exists()


def test_stays_until_a_signal_and_stops_the_device(frontend,
                                                   vhost_user_backend):
    backend = vhost_user_backend()
    one = frontend(*MEMORY, *device(backend.socket), "--stay").is_up()
    assert not requests(backend, "GET_VRING_BASE")
    one.process.terminate()
    assert one.wait() == 0
    assert one.stderr.text() == ""
    backend.end()
    assert len(requests(backend, "GET_VRING_BASE")) == 1


def test_killed_it_leaves_nothing(frontend, vhost_user_backend):
    """The fixture looks for names and files."""
    backend = vhost_user_backend()
    one = frontend(*MEMORY, *device(backend.socket), "--stay").is_up()
    one.process.kill()
    assert one.wait() == -signal.SIGKILL


@pytest.mark.parametrize("how", ["kill", "end"])
def test_the_back_end_dies(frontend, vhost_user_backend, how):
    backend = vhost_user_backend()
    one = frontend(*MEMORY, *device(backend.socket), "--stay").is_up()
    getattr(backend, how)()
    assert one.wait() == 1
    assert "closed the connection" in one.stderr.text()


def test_the_back_end_dies_with_a_request_in_hand(frontend, listener):
    one = frontend(*MEMORY, *device(listener[1]))
    with accept(listener[0]) as peer:
        first_request(peer)
    assert one.wait() == 1
    assert "closed the connection" in one.stderr.text()
    assert "GET_FEATURES" in one.stderr.text()


def test_nobody_is_there(frontend, tmp_path):
    one = frontend(*MEMORY, *device(tmp_path / "none"))
    assert one.wait() == 1
    assert str(tmp_path / "none") in one.stderr.text()


def test_silence_has_an_end(frontend, listener):
    one = frontend(*MEMORY, *device(listener[1]), "--timeout", "1")
    with accept(listener[0]) as peer:
        first_request(peer)
        assert one.wait() == 1
    assert "no answer" in one.stderr.text()


NONSENSE = {
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
    "another-reply": struct.pack("<IIIQ", 3, 5, 8, 0),
    "no-payload": struct.pack("<III", 1, 5, 0),
    "short-payload": struct.pack("<IIII", 1, 5, 4, 0),
    "huge": struct.pack("<III", 1, 5, 0xffffffff),
    "half-a-header": b"\1\0\0\0\5\0",
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_no_answer(frontend, listener, what):
    one = frontend(*MEMORY, *device(listener[1]), "--timeout", "60")
    with accept(listener[0]) as peer:
        first_request(peer)
        peer.sendall(NONSENSE[what])
        peer.shutdown(socket.SHUT_WR)
        assert one.wait() == 1, one.stderr.text()
    assert len(one.stderr.text().splitlines()) == 1


def test_all_features_at_once_are_survived(frontend, listener):
    """A back-end that offers everything, and then says no more."""
    one = frontend(*MEMORY, *device(listener[1]), "--timeout", "60")
    with accept(listener[0]) as peer:
        first_request(peer)
        everything = struct.pack("<IIIQ", 1, 5, 8, 2 ** 64 - 1)
        peer.sendall(everything)
        peer.sendall(everything.replace(b"\1", b"\x0f", 1))
        peer.shutdown(socket.SHUT_WR)
        assert one.wait() == 1, one.stderr.text()
    assert len(one.stderr.text().splitlines()) == 1


# ---- ways to be connected ----

def test_a_back_end_that_comes_later(frontend, vhost_user_backend, tmp_path):
    """reconnect= waits for the socket to appear."""
    backend = vhost_user_backend(wait=False)
    one = frontend(*MEMORY, *device(backend.socket, chardev=",reconnect=1"),
                   "--timeout", "60")
    assert one.wait() == 0, one.stderr.text()


def test_a_back_end_that_comes_again(frontend, vhost_user_backend):
    first = vhost_user_backend()
    path = first.socket
    one = frontend(*MEMORY, *device(path, chardev=",reconnect-ms=10"),
                   "--stay").is_up()
    first.kill()
    path.unlink()
    second = vhost_user_backend(
        [*first.command[:2], str(path)], words=["--device", "blk"], wait=False)
    one.heard(one.stdout, lambda line: "requests" in line, "a second summary",
              start=1)
    one.process.terminate()
    assert one.wait() == 0, one.stderr.text()
    second.end()


def test_a_back_end_that_dies_each_time_is_given_up(frontend, listener):
    def die():
        while True:
            try:
                accept(listener[0]).close()
            except OSError:
                return
    threading.Thread(target=die, daemon=True).start()
    one = frontend(*MEMORY, *device(listener[1], chardev=",reconnect=1"))
    assert one.wait() == 1
    listener[0].close()


def test_a_back_end_that_connects_to_us(frontend, vhost_user_backend,
                                        tmp_path):
    path = tmp_path / "server.sock"
    one = frontend(*MEMORY, *device(path, chardev=",server=on,wait=on"))
    backend = vhost_user_backend(
        words=["--socket-path", path, "--client"], wait=False)
    assert one.wait() == 0, one.stderr.text()
    assert not path.exists()
    backend.end()


def test_a_path_that_is_taken_is_left_alone(frontend, tmp_path):
    path = tmp_path / "server.sock"
    path.write_text("mine")
    one = frontend(*MEMORY, *device(path, chardev=",server=on"))
    assert one.wait() == 1
    assert "Address already in use" in one.stderr.text()
    assert path.read_text() == "mine"


def test_a_descriptor_that_is_inherited(frontend, listener):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one = frontend(*MEMORY, "-chardev", f"socket,id=c0,fd={theirs.fileno()}",
                       "-device", "vhost-user-blk,chardev=c0",
                       pass_fds=[theirs.fileno()])
        theirs.close()
        ours.settimeout(LONG)
        first_request(ours)
    assert one.wait() == 1
    with_listener = frontend(
        *MEMORY, "-chardev", f"socket,id=c0,fd={listener[0].fileno()}",
        "-device", "vhost-user-blk,chardev=c0",
        pass_fds=[listener[0].fileno()])
    assert with_listener.wait() == 1
    assert "listens" in with_listener.stderr.text()


def test_memory_is_whole_before_anybody_is_connected_to(frontend, listener,
                                                        tmp_path):
    """What cannot be made is refused without a connection."""
    small = tmp_path / "ram"
    small.write_bytes(bytes(4096))
    one = frontend(*memory("file", "16M", small), *device(listener[1]))
    assert one.wait() == 1
    assert "0x1000 is too small for 'size' option 0x1000000" in \
        one.stderr.text()
    listener[0].settimeout(0)
    with pytest.raises(BlockingIOError):
        listener[0].accept()
    assert os.path.getsize(small) == 4096
