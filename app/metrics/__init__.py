"""Metrics for Prometheus: what passed, counted, with labels that hold nothing a caller can choose."""

from app.metrics.metrics import Known, Metrics
from app.metrics.requests import CountedRequests
from app.metrics.rules import Spent, stopwatch
from app.metrics.servers import ServerMetrics
from app.metrics.values import shared_between

__all__ = ["CountedRequests", "Known", "Metrics", "ServerMetrics", "Spent", "shared_between", "stopwatch"]
