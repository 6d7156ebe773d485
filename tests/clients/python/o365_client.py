"""O365, the client that many Python scripts use."""

from O365 import Account
from O365.utils.token import MemoryTokenBackend
from steps import WORLD, step

with step("an app by itself"):
    account = Account(
        (WORLD["app"], WORLD["secret"]),
        auth_flow_type="credentials",
        tenant_id=WORLD["tenant"],
        token_backend=MemoryTokenBackend(),
    )
    assert account.authenticate()
with step("users of the directory"):
    users = list(account.directory().get_users(limit=None, batch=20))
    assert len({user.object_id for user in users}) == 32
with step("one user"):
    assert (
        account.directory().get_user(users[0].object_id).user_principal_name == users[0].user_principal_name
    )
