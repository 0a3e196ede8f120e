"""The pages in a real browser: both languages, a phone's width, paper."""

import re
from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import TimeoutError

from claims.models import Claim
from policies.models import PolicyVersion
from tests.admin.world import ZHENJIANG, long_claim


def addresses(world):
    """The pages people live in, by name."""
    claim = world.claims
    version = PolicyVersion.objects.get(city=ZHENJIANG, effective_from=date(2023, 1, 1))
    change = "admin:claims_claim_change"
    return {
        "home": reverse("admin:index"),
        "settled": reverse(change, args=[claim["ZJ-1"].pk]),
        "reversed": reverse(change, args=[claim["YT-2"].pk]),
        "rejected": reverse(change, args=[claim["YT-4"].pk]),
        "version": reverse("admin:policies_policyversion_change", args=[version.pk]),
        "draft": reverse("admin:policies_policyversion_change", args=[world.draft.pk]),
        "pended": reverse("admin:claims_pended"),
        "year": reverse("admin:claims_member_year", args=[world.patient.pk, 2023]),
        "paper": reverse("admin:claims_paper"),
        "claims": reverse("admin:claims_claim_changelist"),
        "member": reverse("admin:members_member_change", args=[world.member.pk]),
        "keys": reverse("admin:members_institution_api_keys", args=[world.hospital.pk]),
        "history": reverse("admin:members_member_history", args=[world.member.pk]),
    }


def fits(page) -> bool:
    """Whether nothing goes beyond the window's width, once the theme's script has folded tabs that would."""
    try:
        page.wait_for_function(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth", timeout=3000
        )
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_overflows_its_width_or_fails_in_the_console(open_browser, world, language, width):
    page = open_browser(language, width)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for name, address in addresses(world).items():
        assert page.goto(address).status == 200, name
        assert fits(page), name
        beyond = page.evaluate(
            "[...document.querySelectorAll('.page > *')].filter(e => e.getBoundingClientRect().right"
            " > document.documentElement.clientWidth + 1).map(e => e.className)"
        )
        assert beyond == [], name
    assert errors == []


def test_the_language_switch_is_on_every_page(open_browser, world):
    page = open_browser("zh")
    page.goto(addresses(world)["settled"])
    assert page.locator("h1", has_text="结算单").is_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="EN", exact=True).click()
    assert page.locator("h1", has_text="Settlement statement").is_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="中文", exact=True).click()
    assert page.locator("h1", has_text="结算单").is_visible()


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_statement_prints_on_one_page(open_browser, world, language):
    page = open_browser(language)
    long = long_claim(world)
    for claim in (world.claims["YT-1"], world.claims["ZJ-1"], world.claims["YT-3"], long):
        page.goto(reverse("admin:claims_claim_change", args=[claim.pk]))
        page.emulate_media(media="print")
        assert pages_of(page.pdf(format="A4", prefer_css_page_size=True)) == 1, claim.claim_number
        assert not page.locator("#nav-sidebar").is_visible()
        assert not page.locator("summary").first.is_visible()
        page.emulate_media(media="screen")


def test_a_long_statement_shows_all_lines_on_the_screen_and_sums_up_on_paper(open_browser, world):
    page = open_browser()
    page.goto(reverse("admin:claims_claim_change", args=[long_claim(world).pk]))
    assert page.locator(".lines tr.beyond").last.is_visible()
    page.emulate_media(media="print")
    assert not page.locator(".lines tr.beyond").last.is_visible()
    assert page.locator(".lines tr.sum-beyond").is_visible()


def test_a_claim_is_reversed_from_its_statement(open_browser, world):
    page = open_browser()
    claim = world.claims["CC-2"]
    page.goto(reverse("admin:claims_claim_change", args=[claim.pk]))
    page.locator("summary", has_text="撤销结算").click()
    page.fill("#reverse_reason", "重复申报")
    with page.expect_navigation():
        page.locator("details[open] button[type=submit]").click()
    assert page.locator("nav.line a", has_text="已撤销").is_visible()
    assert Claim.objects.get(pk=claim.pk).status == "reversed"


def test_lines_are_added_to_a_paper_claim_and_its_faults_stand_beside_them(open_browser, world):
    page = open_browser()
    page.goto(reverse("admin:claims_paper"))
    rows = page.locator("#lines tr").count()
    page.click("#add-line")
    assert page.locator("#lines tr").count() == rows + 1
    page.fill("#id_institution_code", world.hospital.code)
    page.fill("#id_claim_number", "P-9")
    page.fill("#id_member_number", world.member.number)
    page.fill("#id_service_date", "2023-10-10")
    last = f"#id_lines-{rows}-"
    for name, text in {"item_code": "A2", "quantity": "1", "unit_price": "10.00", "amount": "ten"}.items():
        page.fill(last + name, text)
    with page.expect_navigation():
        page.locator(".page form button[type=submit]").click()
    assert page.locator("td", has=page.locator(last + "amount")).locator(".errors").is_visible()
    page.fill(last + "amount", "10.00")
    with page.expect_navigation():
        page.locator(".page form button[type=submit]").click()
    assert Claim.objects.get(claim_number="P-9").total == 1000
