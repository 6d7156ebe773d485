"""Every key of the tables and every blob name: nothing reaches storage without an account.

A key stands in the file of the room that owns its rows, and is called `keys.NAME` from anywhere. A partition starts
with the account's id. What must change together shares a partition: states and day rows of tenants; an agreement's
claim, its lines and its ledger.
"""

from shared.storage.keys.accounts import *  # noqa: F403 - a new key is written in its room's file, and nowhere else
from shared.storage.keys.alerts_and_mail import *  # noqa: F403
from shared.storage.keys.billing import *  # noqa: F403
from shared.storage.keys.licensing import *  # noqa: F403
from shared.storage.keys.parts import *  # noqa: F403
from shared.storage.keys.reports import *  # noqa: F403
from shared.storage.keys.secrets import *  # noqa: F403
