"""The demo world: one live MSP with telling customers, and a second small one whose account only previews."""

from sandbox.standins.worlds.build import Msp, Part, Sold, partner, sold
from sandbox.standins.worlds.types import DIRECTORY_READERS, Access, Gdap, Relationship, SharedMailbox, World

_FORMER = Relationship("Harbour IT 2022", Gdap.TERMINATED, ends_in_days=-300)
_MICROSOFT_LED = Relationship("MLT_harbourit_2f1c", Gdap.ACTIVE, ends_in_days=45, roles=(DIRECTORY_READERS,))
"""Microsoft's own transition from the old delegated rights: active, and it lets nobody read anything."""
_MAIN, _SECOND, _OTHER = "harbour", "harbour-north", "tidewater"


def demo_world() -> World:
    """Fourteen customers of Harbour IT (two partner tenants, one with an expired secret), three of Tidewater."""
    harbour, tidewater = _harbour(), _tidewater()
    return World(
        name="demo",
        partners=(
            partner(_MAIN, "demo", "Harbour IT", "harbourit.onmicrosoft.com"),
            partner(_SECOND, "demo", "Harbour IT North", "harbournorth.onmicrosoft.com", secret_expired=True),
            partner(_OTHER, "preview", "Tidewater Systems", "tidewatersys.onmicrosoft.com"),
        ),
        tenants=(*harbour.tenants, *tidewater.tenants),
        connectwise=(harbour.connectwise(["Microsoft 365"]), tidewater.connectwise()),
    )


def _harbour() -> Msp:
    msp = Msp("demo", "harbour", "harbourit")
    own = [Access(_MAIN)]
    _changes_and_gaps(msp, own)
    _kinds_of_units(msp, own)
    _cannot_be_read(msp)
    _guarded(msp, own)
    _quiet_and_large(msp, own)
    msp.company("Harbour IT (internal)")
    msp.company("Quayside Marina")
    return msp


def _changes_and_gaps(msp: Msp, own: list[Access]) -> None:
    msp.tenant(
        "Alder & Ash Architects",
        "alderash.onmicrosoft.com",
        [Access(_MAIN, others=(_FORMER, _MICROSOFT_LED))],
        [
            sold("SPB", 27, 26, line=24),
            sold("EXCHANGESTANDARD", 6, 6, line=6),
            sold("FLOW_FREE", 10000, 3),
        ],
        32,
        ["changed", "mapped", "shared_mailboxes"],
        shared=[SharedMailbox(27, "Front Desk"), SharedMailbox(29, "Old Projects", archive=True)],
        other_lines=[("MANAGED-FIREWALL", 1), ("BACKUP-SEAT", 24)],
    )
    msp.tenant(
        "Birchfield Dental Group",
        "birchfielddental.onmicrosoft.com",
        own,
        [
            sold("O365_BUSINESS_PREMIUM", 18, 18, line=18),
            sold("VISIOCLIENT", 3, 2, bought=-2, renews=363),
            sold("PBI_PREMIUM_PER_USER", 2, 2),
        ],
        20,
        ["unmapped", "unknown_name"],
    )
    msp.tenant(
        "Cobalt Logistics",
        "cobaltlogistics.onmicrosoft.com",
        own,
        [sold("O365_BUSINESS_PREMIUM", 60, 47, line=60, renews=24), sold("POWER_BI_PRO", 5, 1, line=5)],
        50,
        ["unused", "renewal", "shared_mailboxes"],
        shared=[SharedMailbox(10, "Dispatch", hold=True)],
    )


def _kinds_of_units(msp: Msp, own: list[Access]) -> None:
    msp.tenant(
        "Dunmore Legal",
        "dunmorelegal.onmicrosoft.com",
        [Access(_MAIN, roles=(DIRECTORY_READERS,))],
        [sold("SPB", 15, 15, line=15, grace=5), sold("EXCHANGESTANDARD", 0, 0, grace=4)],
        16,
        ["grace", "grace_only", "no_exchange_role"],
        shared=[SharedMailbox(3, "Reception"), SharedMailbox(15, "Scans")],
    )
    msp.tenant(
        "Eastgate Community Trust",
        "eastgatetrust.onmicrosoft.com",
        [Access(_MAIN, roles=(DIRECTORY_READERS,), app_consent=False)],
        [
            sold("O365_BUSINESS_ESSENTIALS", 22, 21, line=22),
            sold("FLOW_FREE", 10000, 9),
            sold("POWER_BI_STANDARD", 1000000, 4),
            sold("SHAREPOINTSTORAGE", 50, 0),
            sold("PROJECTPROFESSIONAL", 25, 1, trial=True),
            sold("MCOMEETADV", 0, 0, suspended=4),
        ],
        24,
        ["free", "company_applied", "trial", "suspended", "mailboxes_unread"],
        shared=[SharedMailbox(5, "Volunteers")],
    )
    msp.tenant(
        "Fernhill Manufacturing",
        "fernhillmfg.onmicrosoft.com",
        own,
        [
            Sold(
                "SPE_E3",
                50,
                (
                    Part(12, term="P1M", cycle="monthly", line=12),
                    Part(40, term="P1Y", cycle="annual", line=40),
                ),
                split=True,
            ),
            sold("SPE_F1", 30, 30, line=30),
        ],
        84,
        ["two_terms"],
        shared=[SharedMailbox(82, "Spare Parts")],
    )


def _cannot_be_read(msp: Msp) -> None:
    msp.tenant(
        "Granite Peak Surveyors",
        "granitepeak.onmicrosoft.com",
        [Access(_MAIN, gdap=Gdap.EXPIRED, ends_in_days=-9, others=(_MICROSOFT_LED,))],
        [sold("SPB", 11, 11, line=11)],
        12,
        ["no_gdap"],
    )
    msp.tenant(
        "Hollybrook Schools",
        "hollybrook.onmicrosoft.com",
        [Access(_MAIN, consent=False, app_consent=False)],
        [sold("STANDARDPACK", 45, 44, line=45)],
        48,
        ["no_consent"],
    )
    msp.tenant(
        "Ironbridge Cafes",
        "ironbridgecafes.onmicrosoft.com",
        [Access(_MAIN)],
        [sold("O365_BUSINESS_ESSENTIALS", 9, 9), sold("SPB", 2, 2)],
        11,
        ["not_added"],
        in_psa=False,
        added=False,
    )


def _guarded(msp: Msp, own: list[Access]) -> None:
    msp.tenant(
        "Juniper Property",
        "juniperproperty.onmicrosoft.com",
        [*own, Access(_SECOND)],
        [
            sold("O365_BUSINESS_PREMIUM", 19, 19, line=21, baseline=18, edited_by="mkeller"),
            sold("MCOEV", 7, 7, line=7),
        ],
        20,
        ["hand_edited", "shared"],
    )
    msp.tenant(
        "Kestrel Couriers",
        "kestrelcouriers.onmicrosoft.com",
        own,
        [sold("SPE_F1", 12, 12, line=40), sold("SPB", 9, 9, line=8)],
        22,
        ["held"],
    )
    msp.tenant(
        "Larchmont Accountants",
        "larchmontcpa.onmicrosoft.com",
        own,
        [sold("SPB", 12, 12, line=10), sold("AAD_PREMIUM_P2", 4, 4, line=4, renews=12, auto_renew=False)],
        14,
        ["prorate", "ending"],
        prorate=True,
    )


def _quiet_and_large(msp: Msp, own: list[Access]) -> None:
    msp.tenant(
        "Meadowlark Vets",
        "meadowlarkvets.onmicrosoft.com",
        own,
        [sold("SPB", 14, 14, line=14), sold("EXCHANGEDESKLESS", 3, 3, line=3)],
        15,
        ["quiet"],
    )
    msp.tenant(
        "Northgate Hospital",
        "northgatehospital.onmicrosoft.com",
        [Access(_MAIN, sells=False)],
        [
            sold("SPE_E3", 1150, 1140, line=1150),
            sold("SPE_F1", 420, 402, line=420),
            sold("Microsoft_365_Copilot", 35, 35, line=30),
            sold("POWER_BI_STANDARD", 1000000, 260),
        ],
        1240,
        ["large", "changed", "indirect"],
        user_overrides={
            3: {"department": "  Sales ", "officeLocation": None},
            7: {"displayName": "Zoë Ångström-O'Brien", "department": None, "mail": None},
            11: {"accountEnabled": False},
        },
    )


def _tidewater() -> Msp:
    msp = Msp("preview", "tidewater", "tidewater", first_id=2000)
    access = [Access(_OTHER)]
    msp.tenant(
        "Osprey Optics",
        "ospreyoptics.onmicrosoft.com",
        access,
        [sold("SPB", 16, 15, line=13), sold("VISIOONLINE_PLAN1", 2, 2)],
        17,
        ["preview", "changed"],
    )
    msp.tenant(
        "Pinecrest Builders",
        "pinecrestbuilders.onmicrosoft.com",
        access,
        [sold("O365_BUSINESS_PREMIUM", 31, 29, line=33)],
        30,
        ["preview", "changed"],
    )
    msp.tenant(
        "Quarry Lane Studio",
        "quarrylane.onmicrosoft.com",
        access,
        [sold("O365_BUSINESS_ESSENTIALS", 8, 8, line=8)],
        8,
        ["preview", "quiet"],
    )
    return msp
