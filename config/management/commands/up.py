"""Everything Baton needs, in one terminal."""

import errno
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config import services
from config.supervisor import CrashLoop, Supervisor
from feedback import setups


class Command(BaseCommand):
    help = "Migrate, load the demo into an empty database, run web server, worker and schedule."
    requires_system_checks = []
    code = ""  # With it the first person comes in.

    def handle(self, *args: Any, **options: Any) -> None:
        with listen(settings.BIND, settings.PORT) as listener:
            try:
                self.prepare()
                self.supervise(listener)
            except KeyboardInterrupt:
                raise CommandError("Stopped before everything ran.", returncode=130) from None
            except CrashLoop as loop:
                raise CommandError(f"{loop} Everything has been stopped.") from None

    def prepare(self) -> None:
        call_command("migrate", verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", verbosity=0, interactive=False)
        if get_user_model().objects.exists():
            return
        if settings.DEMO:
            self.say("The database is empty: loading the demo …")
            call_command("demo", stdout=self.stdout)
        else:
            self.code = setups.issue()

    def supervise(self, listener: socket.socket) -> None:
        fd = listener.fileno()
        processes = [services.web(fd=fd), services.worker(), services.beat()]
        host, port = listener.getsockname()
        host = "localhost" if host in ("0.0.0.0", "127.0.0.1") else host
        Supervisor(processes, self.say).run(self.announcement(f"http://{host}:{port}/"))
        self.say("Stopped.")

    def announcement(self, address: str) -> Callable[[], None]:
        """What to do each tick: once the web server answers, say where, and who may sign in."""
        waiting = True

        def tick() -> None:
            nonlocal waiting
            if waiting and answers(f"{address}healthz/"):
                waiting = False
                self.say(f"Baton runs at {address} (Ctrl-C stops it).")
                if self.code:
                    self.say(f"Nobody is here yet. Set it up at {address}setup/ with this code:")
                    self.say(f"  {self.code}")
                if settings.DEMO:
                    call_command("demo", accounts=True, stdout=self.stdout)
                    self.stdout.flush()

        return tick

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def listen(bind: str, port: str) -> socket.socket:
    """Hold the port while Baton runs: a restart of the web server then refuses no one."""
    try:
        return socket.create_server((bind, int(port)), backlog=128)
    except (ValueError, OverflowError):
        raise CommandError(f"PORT must be a number between 1 and 65535, not {port}.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} is taken by another program. Choose another: "
                f"PORT={int(port) + 1} ./run"
            ) from None
        raise CommandError(f"Cannot listen on {bind}, port {port}: {error.strerror}.") from None


def answers(address: str) -> bool:
    """Whether a web server of this machine says anything at all there within a second."""
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        directly.open(address, timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
