"""The served house of the API's tests, for browsers too."""

from tests.integration.api.conftest import demo_home, home, quick_passwords, redis_server, served

__all__ = ["demo_home", "home", "quick_passwords", "redis_server", "served"]
