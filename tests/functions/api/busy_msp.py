"""The MSP of the tests with one of each thing that an address of the API can name."""

from shared.accounts.audit import Actor, Via
from shared.accounts.invitations import invite
from shared.accounts.members import Role
from shared.storage.memory import MemoryTables
from tests.functions.api.conftest import MSP, an_msp, id_of
from tests.functions.api.microsoft_keys import MicrosoftKeys
from tests.functions.memory_wiring import NOW, MemoryWiring

KNOWN = {
    "member": [id_of("reader"), id_of("owner")],
    "invitation": ["279e68ba95e06ea8"],
}
"""By the name of a part of an address: ids of what is there."""
IN_BODIES = {
    "code": [MemoryWiring().invitation_codes.make(MSP, KNOWN["invitation"][0])],
}
"""By the name of a field of a body: texts that mean something."""
BY = Actor("Eva Berger", Via.API, NOW)


def a_busy_msp(microsoft: MicrosoftKeys, tables: MemoryTables | None = None) -> MemoryWiring:
    """A new route whose address names a thing: store one here, and name its id in KNOWN."""
    wired = an_msp(microsoft, tables)
    invite(wired.tables, MSP, "ann@msp.example", Role.EDITOR, BY)
    return wired
