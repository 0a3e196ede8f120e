"""The project's addresses, and beside them what the benchmarks compare with."""

from django.urls import path

from config.urls import *  # noqa: F403
from config.urls import urlpatterns
from tests.benchmarks import ordinary

urlpatterns = [
    path("api/v1/benchmark/empty/", ordinary.EmptyView.as_view()),
    path("api/v1/benchmark/claims/", ordinary.CreateView.as_view()),
    path("api/v1/benchmark/batches/", ordinary.CreateManyView.as_view()),
    *urlpatterns,
]
