import pytest

from policies import services
from tests.policies.build import content
from tests.policies.desk import people as staff


@pytest.fixture
def people(register):
    """Yantai's staff, one of each role."""
    return staff.hire()


@pytest.fixture
def draft(people):
    """A draft for Yantai that the officer has made."""
    return services.create_draft(content=content(), actor=people.officer, reason="录入新文件", at=staff.AT)
