"""The story of a policy version, from a new document to a claim paid by it, as five people live it in a browser.

`SCREENSHOTS=folder` keeps a picture of each station, on a desk and on a phone, in Chinese and in English.
"""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.urls import reverse

from claims.content import Content, ContentLine
from claims.models import Claim, Settlement
from claims.selectors import waiting_shards
from claims.services.adjudication import drain
from claims.services.intake import submit
from claims.submission import Submission
from members.models import Institution
from policies import access
from policies.models import CatalogueItem, PolicyVersion
from tests.admin.desk.office import PASSWORD, YANTAI, person, versions
from tests.factories import InstitutionFactory, MemberFactory

LEVEL_3_RETIRED = "#id_ordinary-cell-2-retired"
HOSPITAL = "H37060000003"
CASE = "退休人员，三级医院，1 000 元"
AT = datetime(2025, 3, 1, 2, tzinfo=UTC)
PEOPLE = {
    "officer": access.OFFICER,
    "reviewer": access.REVIEWER,
    "publisher": access.PUBLISHER,
    "manager": access.MANAGER,
}


@pytest.fixture
def bureau(transactional_db):
    """Yantai's published versions, its people, a hospital, a pensioner."""
    found = versions()
    for name, role in PEOPLE.items():
        person(name, role, YANTAI)
    InstitutionFactory(code=HOSPITAL, name="烟台市第一医院", city=YANTAI, level=3, kind="general")
    return found


@pytest.fixture
def desk(bureau, live_server, browser):
    """`desk("officer")`: the page of somebody who has logged in."""
    contexts = []

    def at(name: str, language: str = "zh-CN", width: int = 1440):
        context = browser.new_context(
            locale=language,
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 900},
            base_url=live_server.url,
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/login/")
        page.fill("#id_username", name)
        page.fill("#id_password", PASSWORD)
        page.click("form#login-form button[type=submit]")
        page.wait_for_url("**/admin/")
        return page

    yield at
    for context in contexts:
        context.close()


@pytest.fixture
def pictures(desk):
    """`pictures("review", "reviewer", address)`: the station in both languages and widths, where they are asked for."""
    folder = os.environ.get("SCREENSHOTS")

    def take(station: str, name: str, address: str) -> None:
        if not folder:
            return
        for language in ("zh-CN", "en-US"):
            for width in (1440, 390):
                page = desk(name, language, width)
                page.goto(address)
                page.screenshot(
                    path=Path(folder) / f"{station}-{language[:2]}-{width}.png",
                    full_page=True,
                    animations="disabled",
                )
                page.context.close()

    return take


def go(name: str, *args) -> str:
    return reverse(f"admin:policies_{name}", args=args)


def press(page, text: str) -> None:
    """Presses a button and waits for the page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=text, exact=True).locator("visible=true").click()


def take_step(page, version: PolicyVersion, action: str, reason: str) -> None:
    """Opens a step on the review page, gives the reason, and takes it."""
    page.goto(go("policyversion_review", version.pk))
    step = page.locator(".step details", has=page.locator(f'input[name=action][value="{action}"]'))
    step.locator("summary").click()
    step.locator("textarea").fill(reason)
    with page.expect_navigation():
        step.locator("button").click()


def state(page) -> str:
    return page.locator(".masthead .tag").inner_text()


def settle(member, day: str) -> Settlement:
    """A visit of 1 000 yuan at the level-three hospital, settled by the worker's own code."""
    number = f"HN-{day}"
    line = ContentLine("A1", "二甲双胍", 10_000, 1000_0000, 100_000)
    content = Content(
        member_number=member.number, benefit="ordinary", service_date=date.fromisoformat(day), lines=(line,)
    )
    submit(institution=Institution.objects.get(code=HOSPITAL), claims=[Submission(number, content)], at=AT)
    for shard in waiting_shards():
        drain(shard, clock=lambda: AT)
    return Settlement.objects.get(claim=Claim.objects.get(claim_number=number))


def test_a_version_goes_from_its_document_to_the_claims_it_pays(desk, bureau, pictures):
    officer = desk("officer")
    draft = _a_draft_is_made(officer, bureau)
    _a_missing_clause_is_refused_beside_its_field(officer, draft, pictures)
    _a_case_is_written_and_the_draft_sent_to_review(officer, draft)
    _the_officer_cannot_approve(officer, draft)
    reviewer = desk("reviewer")
    _the_reviewer_reads_and_finds_a_case_that_fails(reviewer, draft, pictures)
    _the_officer_corrects_it(officer, draft)
    take_step(reviewer, draft, "approve", "与文件一致，案例通过")
    assert state(reviewer) == "✓ 审核通过"
    _another_edit_voids_the_approval(officer, reviewer, draft)
    take_step(reviewer, draft, "approve", "补充说明后再次核对")
    publisher = desk("publisher")
    take_step(publisher, draft, "publish", "自2025年1月1日起施行")
    assert PolicyVersion.objects.get(pk=draft.pk).is_published
    _claims_settle_by_their_dates(bureau, draft)
    _the_manager_reads_it_all(desk("manager"), draft, pictures)


def _a_draft_is_made(page, bureau) -> PolicyVersion:
    page.goto(go("city_changelist"))
    page.locator(f'a[href="{go("city_page", YANTAI)}"]').click()
    page.get_by_role("link", name="2024-01-01 起的版本").click()
    page.locator("summary", has_text="由此新建草稿").click()
    page.locator("details[open] #id_effective_from").fill("2025-01-01")
    page.locator("details[open] #id_reason").fill("烟政办发〔2022〕17号调整方案")
    with page.expect_navigation():
        page.locator("details[open] form button").click()
    draft = PolicyVersion.objects.get(city=YANTAI, effective_from=date(2025, 1, 1))
    assert page.url.endswith(go("policyversion_edit", draft.pk))
    return draft


def _a_missing_clause_is_refused_beside_its_field(page, draft, pictures) -> None:
    page.fill(f"{LEVEL_3_RETIRED}-rate", "60")
    cell = page.locator(".cell", has=page.locator(f"{LEVEL_3_RETIRED}-rate"))
    assert cell.locator(".box-rate .was").inner_text() == "≠ 原：55%"
    page.fill(f"{LEVEL_3_RETIRED}-clause", "")
    page.fill("#id_limits-0-amount", "2 400")
    page.fill("#id_reason", "提高退休人员待遇")
    press(page, "保存")
    assert cell.locator(".box-clause .faults").is_visible()
    assert page.locator(".limit .box-amount .faults").is_visible()
    assert page.locator("form.editor .faults:visible").count() == 2
    assert page.input_value(f"{LEVEL_3_RETIRED}-rate") == "60"
    page.fill(f"{LEVEL_3_RETIRED}-clause", "二(一)2")
    page.fill("#id_limits-0-amount", "2,400")
    press(page, "保存")
    assert page.url.endswith(go("policyversion_change", draft.pk))
    assert page.locator(".was", has_text="55%").is_visible()
    assert page.locator(".was", has_text="1,800").is_visible()
    pictures("1-version", "officer", go("policyversion_change", draft.pk))
    pictures("2-editor", "officer", go("policyversion_edit", draft.pk))


def _a_case_is_written_and_the_draft_sent_to_review(page, draft) -> None:
    page.goto(go("policyversion_case_add", draft.pk))
    page.fill("#id_case-name", CASE)
    page.select_option("#id_case-status", "retired")
    page.fill("#id_claims-0-at", "hospital")
    page.fill("#id_claims-0-date", "2025-02-03")
    page.fill("#id_claims-0-eligible", "1000")
    page.fill("#id_claims-0-deductible", "800")
    page.fill("#id_claims-0-pooled_fund", "110")  # at 55 %, as it was: this has to be 120
    page.fill("#id_reason", "按方案测算")
    with page.expect_navigation():
        page.locator(".savebar button").click()
    take_step(page, draft, "submit", "请审核")
    assert draft.transitions.last().kind == "submitted"


def _the_officer_cannot_approve(page, draft) -> None:
    page.goto(go("policyversion_review", draft.pk))
    assert page.locator(".step", has_text="批准").locator("form").count() == 0
    assert page.locator('.step [aria-disabled="true"]').first.is_visible()


def _the_reviewer_reads_and_finds_a_case_that_fails(page, draft, pictures) -> None:
    page.goto(go("policyversion_review", draft.pk))
    changed = page.locator("#changes .change")
    assert changed.count() == 4
    rate = changed.filter(has_text="三级 退休")
    assert rate.locator(".old b").inner_text() == "55%"
    assert rate.locator(".new b").inner_text() == "60%"
    assert page.locator("#checks li.bad", has_text=CASE).is_visible()
    rate.locator("summary").click()
    rate.locator("textarea[name=text]").first.fill("请说明测算依据")
    with page.expect_navigation():
        rate.locator("details[open] button").click()
    assert page.locator("#changes .thread.open").is_visible()
    pictures("3-review", "reviewer", go("policyversion_review", draft.pk))
    page.locator("#worked a.button").click()
    failing = page.locator(".case-run", has_text=CASE)
    line = failing.locator("tr.bad", has_text="统筹基金")
    assert line.locator("td").all_inner_texts() == ["110.00", "✗ 120.00"]
    assert failing.locator(".steps-told li").count() > 2
    pictures("4-cases", "reviewer", go("policyversion_cases", draft.pk) + "?run=1")


def _the_officer_corrects_it(page, draft) -> None:
    page.goto(go("policyversion_cases", draft.pk))
    page.get_by_role("link", name=CASE).click()
    page.fill("#id_claims-0-pooled_fund", "120")
    page.fill("#id_reason", "按新比例更正")
    with page.expect_navigation():
        page.locator(".savebar button").click()
    assert page.locator(".case-run header .good").is_visible()
    page.goto(go("policyversion_review", draft.pk))
    thread = page.locator("#changes .thread.open")
    thread.locator("textarea").fill("见附件测算表")
    with page.expect_navigation():
        thread.locator("button[value=resolve]").click()
    assert page.locator("#changes .thread.resolved").is_visible()


def _another_edit_voids_the_approval(officer, reviewer, draft) -> None:
    officer.goto(go("policyversion_edit", draft.pk))
    assert officer.locator(".banner", has_text="审核").is_visible()
    officer.fill("#id_head-note", "2025年起调整")
    officer.fill("#id_reason", "补充说明")
    press(officer, "保存")
    reviewer.goto(go("policyversion_review", draft.pk))
    assert reviewer.locator(".masthead .tag.bad").is_visible()


def _claims_settle_by_their_dates(bureau, draft) -> None:
    CatalogueItem.objects.create(
        city_id=YANTAI, code="A1", name="二甲双胍", item_class="A", valid_from=date(2022, 1, 1)
    )
    pensioner = MemberFactory(name="李秀英", born=date(1955, 2, 3), retired_on=date(2010, 3, 1), paid=None)
    new, old = settle(pensioner, "2025-02-03"), settle(pensioner, "2024-12-20")
    assert (new.version_id, new.pooled_fund) == (draft.pk, 12_000)
    assert (old.version_id, old.pooled_fund) == (bureau["2024-01-01"].pk, 11_000)


def _the_manager_reads_it_all(page, draft, pictures) -> None:
    page.goto(go("policyversion_history", draft.pk))
    text = page.locator("body").inner_text()
    for said in ("提高退休人员待遇", "60%", "55%", "officer", "reviewer", "publisher", "补充说明"):
        assert said in text, said
    pictures("5-history", "manager", go("policyversion_history", draft.pk))
    pictures("6-city", "manager", go("city_page", YANTAI))
    pictures("7-cities", "manager", go("policyversion_cities") + "?on=2025-02-01")
    pictures("8-document", "manager", go("policyversion_paper", draft.pk))
    pictures("9-waiting", "manager", go("policydocument_waiting"))


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_of_the_desk_overflows_its_width_or_fails_in_the_console(desk, bureau, width):
    page = desk("officer", width=width)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    version = bureau["2024-01-01"]
    draft = PolicyVersion.objects.get(city="220100")
    names = ("change", "review", "cases", "paper")
    addresses = [go(f"policyversion_{name}", version.pk) for name in names]
    addresses += [go("city_page", YANTAI), go("policyversion_cities"), go("policydocument_waiting")]
    addresses += [go("policyversion_compare") + f"?b={version.pk}", go("policyversion_upload")]
    addresses += [go("policydocument_page", version.document_id)]
    assert draft is not None
    for address in addresses:
        assert page.goto(address).status == 200, address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, address
        beyond = page.evaluate(
            "[...document.querySelectorAll('.page > *')].filter(e => e.getBoundingClientRect().right"
            " > document.documentElement.clientWidth + 1).map(e => e.className)"
        )
        assert beyond == [], address
    assert errors == []
