"""Jobs of procrastinate run here, until there are none left."""

from concurrent.futures import ThreadPoolExecutor

from procrastinate import App


def run_all(app: App, queue: str) -> None:
    """Run what waits in this queue, in a thread of its own: a browser of the tests keeps an event loop in the main one."""
    ready = app.with_connector(app.connector.get_worker_connector())

    def run() -> None:
        with ready.open():
            ready.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, queues=[queue])

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()
