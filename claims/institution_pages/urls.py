from django.urls import path

from claims.institution_pages import views

app_name = "institution"
urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("password/", views.password, name="password"),
    path("template.<slug:format>", views.template, name="template"),
    path("files/<uuid:batch_id>/", views.batch, name="batch"),
    path("files/<uuid:batch_id>/faults.csv", views.faults, name="faults"),
    path("files/<uuid:batch_id>/results.<slug:format>", views.results, name="results"),
]
