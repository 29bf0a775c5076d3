"""Counts and times, by prometheus-client. One registry per application."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Metrics:
    """What `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "powerepos_http_seconds",
            "Time from a request's head to its last byte.",
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._requests = Counter(
            "powerepos_http_requests", "Requests by method and status.", ["method", "status"], registry=self.registry
        )
        self._tokens = Counter(
            "powerepos_token_requests", "Token requests by grant and outcome.", ["grant", "outcome"], registry=self.registry
        )
        self._children: dict[tuple[str, str, str], Counter] = {}

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count one HTTP request."""
        self._seconds.observe(seconds)
        self._child(self._requests, method if method in _METHODS else "other", str(status)).inc()

    def token(self, grant: str, outcome: str) -> None:
        """Count one token request; `outcome` is `issued` or the private reason of its refusal."""
        self._child(self._tokens, grant, outcome).inc()

    def render(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)

    def _child(self, counter: Counter, first: str, second: str) -> Counter:
        # `labels()` costs more than the increment.
        key = (str(id(counter)), first, second)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = counter.labels(first, second)
        return child
