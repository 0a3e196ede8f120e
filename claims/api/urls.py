from django.urls import path

from claims.api import batches, views

urlpatterns = [
    path("claims/", views.ClaimsView.as_view(), name="claims"),
    path("claims/<uuid:claim_id>/", views.ClaimView.as_view(), name="claim"),
    path("claims/<uuid:claim_id>/settlements/", views.SettlementsView.as_view(), name="claim-settlements"),
    path("claims/<uuid:claim_id>/withdrawal/", views.WithdrawalView.as_view(), name="claim-withdrawal"),
    path("claims/<uuid:claim_id>/reversal/", views.ReversalView.as_view(), name="claim-reversal"),
    path("quotes/", views.QuotesView.as_view(), name="quotes"),
    path("entitlement/", views.EntitlementView.as_view(), name="entitlement"),
    path("claim-batches/", batches.BatchesView.as_view(), name="claim-batches"),
    path("claim-batches/<uuid:batch_id>/", batches.BatchView.as_view(), name="claim-batch"),
    path(
        "claim-batches/<uuid:batch_id>/results/",
        batches.BatchResultsView.as_view(),
        name="claim-batch-results",
    ),
]
