from config.wsgi import application
from tests.faults import app, patches

__all__ = ["app", "application"]

patches.everywhere()
