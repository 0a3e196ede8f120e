from django.urls import path

from policies.api import views

urlpatterns = [
    path("policies/", views.PoliciesView.as_view(), name="policies"),
    path("policies/<int:version_id>/", views.PolicyView.as_view(), name="policy"),
]
