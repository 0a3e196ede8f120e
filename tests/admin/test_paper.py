"""Paper entry goes the same way as the API, with the same checks, and errors beside their fields."""

from django.urls import reverse

from claims.models import Claim

ADDRESS = "admin:claims_paper"


def sent(world, **changes):
    data = {
        "institution_code": world.hospital.code,
        "claim_number": "P-1",
        "member_number": world.member.number,
        "benefit": "ordinary",
        "service_date": "2023-10-10",
        "out_of_area": "none",
        "lines-TOTAL_FORMS": "3",
        "lines-INITIAL_FORMS": "0",
        "lines-0-item_code": "A2",
        "lines-0-quantity": "2",
        "lines-0-unit_price": "16.50",
        "lines-0-amount": "33.00",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def test_a_claim_from_paper_is_queued_with_who_entered_it(office, world):
    response = office.post(reverse(ADDRESS), sent(world), follow=True)
    claim = Claim.objects.get(claim_number="P-1")
    assert response.redirect_chain[-1][0] == reverse("admin:claims_claim_change", args=[claim.pk])
    assert (claim.source, claim.status, claim.entered_by, claim.total) == (
        "paper",
        "queued",
        world.clerk,
        3300,
    )
    assert claim.events.get().kind == "entered"


def test_the_same_claim_again_is_shown_and_other_content_is_refused(office, world):
    office.post(reverse(ADDRESS), sent(world))
    assert office.post(reverse(ADDRESS), sent(world)).status_code == 302
    response = office.post(reverse(ADDRESS), sent(world, service_date="2023-10-11"))
    assert "已用这个申报号申报过其他内容" in str(response.context["form"].errors["claim_number"])
    assert Claim.objects.filter(claim_number="P-1").count() == 1


def test_faults_stand_beside_their_fields(office, world):
    wrong = {
        "lines-0-amount": "33.001",
        "lines-2-item_code": "B1",
        "lines-2-quantity": "1",
        "lines-2-unit_price": "x",
        "lines-2-amount": "1.00",
        "prescribed_by": "P99",
        "discharged_on": "2023-10-12",
    }
    response = office.post(reverse(ADDRESS), sent(world, **wrong))
    form, lines = response.context["form"], response.context["lines"]
    assert set(form.errors) == {"prescribed_by", "discharged_on"}
    assert set(lines.forms[0].errors) == {"amount"}
    assert set(lines.forms[2].errors) == {"unit_price"}
    assert not Claim.objects.filter(claim_number="P-1").exists()


def test_an_unknown_institution_is_told_beside_its_code(office, world):
    response = office.post(reverse(ADDRESS), sent(world, institution_code="H999"))
    assert "institution_code" in response.context["form"].errors


def test_an_emergency_that_ended_in_admission_is_entered_with_its_disposition(office, world):
    office.post(reverse(ADDRESS), sent(world, benefit="emergency", disposition="admitted"))
    assert '"admitted"' in Claim.objects.get(claim_number="P-1").content


def test_who_may_not_enter_claims_may_not(office, world, django_user_model):
    office.force_login(django_user_model.objects.create_user("reader", password="x", is_staff=True))
    assert office.post(reverse(ADDRESS), sent(world)).status_code == 403


def test_a_claim_without_lines_is_told_so_and_not_stored(office, world):
    empty = {name: None for name in sent(world) if name.startswith("lines-0")}
    response = office.post(reverse(ADDRESS), sent(world, **empty))
    assert response.context["form"].non_field_errors()
    assert not Claim.objects.filter(claim_number="P-1").exists()
