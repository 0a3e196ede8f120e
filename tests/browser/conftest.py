import os
import shutil

import pytest

from tests.admin import world as bureau

# Playwright's loop runs in this thread, beside the tests' own use of the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-quic", "--no-first-run"]
LOCALES = {"zh": "zh-CN", "en": "en-US"}


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium on this machine: install one to run these")
                )


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture
def world(transactional_db):
    return bureau.build()


@pytest.fixture
def open_browser(world, live_server, browser):
    """`open_browser("zh", width=390)`: a page of someone who has logged in, in a language, at a width."""
    contexts = []

    def opened(language="zh", width=1440):
        context = browser.new_context(
            locale=LOCALES[language],
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 900},
            base_url=live_server.url,
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/login/")
        page.fill("#id_username", "clerk")
        page.fill("#id_password", bureau.PASSWORD)
        page.click("form#login-form button[type=submit]")
        page.wait_for_url("**/admin/")
        return page

    yield opened
    for context in contexts:
        context.close()
