"""Our own small table of common Microsoft 365 SKUs: real ids, part numbers and names, as facts; prices are invented."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sandbox.standins.worlds.further_plans import FURTHER_PLANS, HOW_MANY


class SkuKind(StrEnum):
    PAID = "paid"
    FREE = "free"
    COMPANY = "company"
    """Applies to the whole tenant: nobody is assigned it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One service plan: its id, its name, the service that `assignedPlans` shows, and its friendly name."""

    id: str
    name: str
    service: str
    friendly: str


@dataclass(frozen=True, slots=True)
class Sku:
    """One product. `product` is what our imaginary MSP calls it in its PSA catalogue."""

    id: str
    part_number: str
    name: str
    kind: SkuKind
    product: str
    price: float
    cost: float
    plans: tuple[Plan, ...]
    in_names_file: bool = True


_PLANS = {
    plan.name: plan
    for plan in (
        Plan(
            "efb87545-963c-4e0d-99df-69c6916d9eb0",
            "EXCHANGE_S_ENTERPRISE",
            "exchange",
            "Exchange Online (Plan 2)",
        ),
        Plan(
            "9aaf7827-d63c-4b61-89c3-182f06f82e5c",
            "EXCHANGE_S_STANDARD",
            "exchange",
            "Exchange Online (Plan 1)",
        ),
        Plan(
            "4a82b400-a79f-41a4-b4e2-e94f5787b113", "EXCHANGE_S_DESKLESS", "exchange", "Exchange Online Kiosk"
        ),
        Plan(
            "176a09a6-7ec5-4039-ac02-b2791c6ba793",
            "EXCHANGE_S_ARCHIVE_ADDON",
            "exchange",
            "Exchange Online Archiving",
        ),
        Plan(
            "113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION", "exchange", "Exchange Foundation"
        ),
        Plan(
            "5dbe027f-2339-4123-9542-606e4d348a72",
            "SHAREPOINTENTERPRISE",
            "SharePoint",
            "SharePoint (Plan 2)",
        ),
        Plan(
            "c7699d2e-19aa-44de-8edf-1736da088ca1", "SHAREPOINTSTANDARD", "SharePoint", "SharePoint (Plan 1)"
        ),
        Plan("e95bec33-7c88-4a70-8e19-b10bd9d0c014", "SHAREPOINTWAC", "SharePoint", "Office for the Web"),
        Plan("57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1", "TeamspaceAPI", "Microsoft Teams"),
        Plan(
            "0feaeb32-d00e-4d66-bd5a-43b5b83db82c",
            "MCOSTANDARD",
            "MicrosoftCommunicationsOnline",
            "Skype",
        ),
        Plan(
            "4828c8ec-dc2e-4779-b502-87ac9ce28ab7", "MCOEV", "MicrosoftCommunicationsOnline", "Phone System"
        ),
        Plan(
            "3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40",
            "MCOMEETADV",
            "MicrosoftCommunicationsOnline",
            "Conferencing",
        ),
        Plan(
            "43de0ff5-c92c-492b-9116-175376d08c38",
            "OFFICESUBSCRIPTION",
            "MicrosoftOffice",
            "Microsoft 365 Apps",
        ),
        Plan(
            "094e7854-93fc-4d55-b2c0-3ab5369ebdc1", "OFFICE_BUSINESS", "MicrosoftOffice", "Apps for Business"
        ),
        Plan("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A", "SCO", "Microsoft Intune Plan 1"),
        Plan(
            "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
            "AAD_PREMIUM",
            "AADPremiumService",
            "Microsoft Entra ID P1",
        ),
        Plan(
            "eec0eb4f-6444-4f95-aba0-50c24d67f998",
            "AAD_PREMIUM_P2",
            "AADPremiumService",
            "Microsoft Entra ID P2",
        ),
        Plan(
            "8a256a2b-b617-496d-b51b-e76466e88db0",
            "MFA_PREMIUM",
            "MultiFactorService",
            "Multi-Factor",
        ),
        Plan(
            "bea4c11e-220a-4e6d-8eb8-8ea15d019f90", "RMS_S_ENTERPRISE", "RMSOnline", "Azure Rights Management"
        ),
        Plan(
            "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3", "RMS_S_PREMIUM", "RMSOnline", "Information Protection P1"
        ),
        Plan(
            "f20fedf3-f3c3-43c3-8267-2bfdd51c0939",
            "ATP_ENTERPRISE",
            "exchange",
            "Defender for Office 365 (Plan 1)",
        ),
        Plan("7547a3fe-08ee-4ccb-b430-5077c5041653", "YAMMER_ENTERPRISE", "YammerEnterprise", "Viva Engage"),
        Plan(
            "b737dad2-2f6c-4c65-90e3-ca563267e8b9",
            "PROJECTWORKMANAGEMENT",
            "ProjectWorkManagement",
            "Planner",
        ),
        Plan("50e68c76-46c6-4674-81f9-75456511b170", "FLOW_P2_VIRAL", "ProcessSimple", "Power Automate Free"),
        Plan("2049e525-b859-401b-b2a0-e0a31c4b1fe4", "BI_AZURE_P0", "PowerBI", "Power BI (free)"),
        Plan("70d33638-9c74-4d01-bfd3-562de28bd4ba", "BI_AZURE_P2", "PowerBI", "Power BI Pro"),
        Plan("a1ace008-72f3-4ea0-8dac-33b3a23a2472", "CLIPCHAMP", "Clipchamp", "Microsoft Clipchamp"),
        Plan("3f30311c-6b1e-48a4-ab79-725b469da960", "M365_COPILOT_BUSINESS_CHAT", "Copilot", "Copilot chat"),
        Plan(
            "505e180f-f7e0-4b65-91d4-00d670bbd18c",
            "MCOPSTNC",
            "MicrosoftCommunicationsOnline",
            "Communications Credits",
        ),
        Plan("360bcc37-0c11-4264-8eed-9fa7a3297c9b", "CDS_DB_CAPACITY", "CRM", "Dataverse Database Capacity"),
    )
}

# The telling plans only; `further_plans` has those that fill a suite.
_SMALL_OFFICE = "TEAMS1"
_OFFICE = "SHAREPOINTENTERPRISE TEAMS1"
_SECURITY = "INTUNE_A"

_PAID = f"""
cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46|SPB|Microsoft 365 Business Premium|M365-BP|22.00|18.00|EXCHANGE_S_STANDARD {_SMALL_OFFICE} {_SECURITY}
f245ecc8-75af-4f8e-b61f-27d8114de5f3|O365_BUSINESS_PREMIUM|Microsoft 365 Business Standard|M365-BS|14.00|10.50|EXCHANGE_S_STANDARD OFFICE_BUSINESS {_SMALL_OFFICE}
3b555118-da6a-4418-894f-7df1e2096870|O365_BUSINESS_ESSENTIALS|Microsoft 365 Business Basic|M365-BB|7.20|5.00|EXCHANGE_S_STANDARD {_SMALL_OFFICE}
cdd28e44-67e3-425e-be4c-737fab2899d3|O365_BUSINESS|Microsoft 365 Apps for Business|M365-APPS-B|9.90|7.00|OFFICE_BUSINESS SHAREPOINTWAC
c2273bd0-dff7-4215-9ef5-2c7bcfb06425|OFFICESUBSCRIPTION|Microsoft 365 Apps for Enterprise|M365-APPS-E|14.40|10.30|OFFICESUBSCRIPTION SHAREPOINTWAC
05e9a617-0261-4cee-bb44-138d3ef5d965|SPE_E3|Microsoft 365 E3|M365-E3|39.00|32.00|EXCHANGE_S_ENTERPRISE OFFICESUBSCRIPTION {_OFFICE} {_SECURITY}
06ebc4ee-1bb5-47dd-8120-11324bc54e06|SPE_E5|Microsoft 365 E5|M365-E5|60.00|49.00|EXCHANGE_S_ENTERPRISE OFFICESUBSCRIPTION {_OFFICE} {_SECURITY} AAD_PREMIUM_P2 MCOEV BI_AZURE_P2 ATP_ENTERPRISE
66b55226-6b4f-492c-910c-a3b7a3c9d993|SPE_F1|Microsoft 365 F3|M365-F3|9.60|6.90|EXCHANGE_S_DESKLESS SHAREPOINTWAC TEAMS1 {_SECURITY}
18181a46-0d4e-45cd-891e-60aabd171b4e|STANDARDPACK|Office 365 E1|O365-E1|10.20|7.30|EXCHANGE_S_STANDARD {_SMALL_OFFICE}
6fd2c87f-b296-42f0-b197-1e91e994b900|ENTERPRISEPACK|Office 365 E3|O365-E3|25.00|20.00|EXCHANGE_S_ENTERPRISE OFFICESUBSCRIPTION {_OFFICE}
c7df2760-2c81-4ef7-b578-5b5392b571df|ENTERPRISEPREMIUM|Office 365 E5|O365-E5|41.00|34.00|EXCHANGE_S_ENTERPRISE OFFICESUBSCRIPTION {_OFFICE} MCOEV BI_AZURE_P2
4b585984-651b-448a-9e53-3b10f069cf7f|DESKLESSPACK|Office 365 F3|O365-F3|4.90|3.40|EXCHANGE_S_DESKLESS SHAREPOINTWAC TEAMS1
4b9405b0-7788-4568-add1-99614e613b69|EXCHANGESTANDARD|Exchange Online (Plan 1)|EXO-P1|4.80|3.20|EXCHANGE_S_STANDARD
19ec0d23-8335-4cbd-94ac-6050e30712fa|EXCHANGEENTERPRISE|Exchange Online (Plan 2)|EXO-P2|9.60|6.40|EXCHANGE_S_ENTERPRISE
80b2d799-d2ba-4d2a-8842-fb0d0f3a4b82|EXCHANGEDESKLESS|Exchange Online Kiosk|EXO-KIOSK|2.40|1.60|EXCHANGE_S_DESKLESS
ee02fd1b-340e-4a4b-b355-4a514e4c8943|EXCHANGEARCHIVE_ADDON|Exchange Online Archiving for Exchange Online|EXO-ARCHIVE|3.60|2.40|EXCHANGE_S_ARCHIVE_ADDON
efccb6f7-5641-4e0e-bd10-b4976e1bf68e|EMS|Enterprise Mobility + Security E3|EMS-E3|12.70|8.70|{_SECURITY}
b05e124f-c7cc-45a0-a6aa-8cf78c946968|EMSPREMIUM|Enterprise Mobility + Security E5|EMS-E5|19.70|13.40|{_SECURITY} AAD_PREMIUM_P2
078d2b04-f1bd-4111-bbd4-b4b1b354cef4|AAD_PREMIUM|Microsoft Entra ID P1|ENTRA-P1|7.20|4.90|AAD_PREMIUM MFA_PREMIUM EXCHANGE_S_FOUNDATION
84a661c4-e949-4bd2-a560-ed7766fcaf2b|AAD_PREMIUM_P2|Microsoft Entra ID P2|ENTRA-P2|10.80|7.40|AAD_PREMIUM AAD_PREMIUM_P2 MFA_PREMIUM EXCHANGE_S_FOUNDATION
061f9ace-7d42-4136-88ac-31dc755f143f|INTUNE_A|Microsoft Intune Plan 1|INTUNE-P1|9.60|6.50|INTUNE_A EXCHANGE_S_FOUNDATION
4ef96642-f096-40de-a3e9-d83fb2f90211|ATP_ENTERPRISE|Microsoft Defender for Office 365 (Plan 1)|MDO-P1|2.40|1.60|ATP_ENTERPRISE
3dd6cf57-d688-4eed-ba52-9e40b5468c3e|THREAT_INTELLIGENCE|Microsoft Defender for Office 365 (Plan 2)|MDO-P2|6.00|4.10|ATP_ENTERPRISE
111046dd-295b-4d6d-9724-d52ac90bd1f2|WIN_DEF_ATP|Microsoft Defender for Endpoint|MDE-P2|6.20|4.20|EXCHANGE_S_FOUNDATION
26124093-3d78-432b-b5dc-48bf992543d5|IDENTITY_THREAT_PROTECTION|Microsoft 365 E5 Security|M365-E5-SEC|14.40|9.80|ATP_ENTERPRISE AAD_PREMIUM_P2
184efa21-98c3-4e5d-95ab-d07053a96e67|INFORMATION_PROTECTION_COMPLIANCE|Microsoft 365 E5 Compliance|M365-E5-COMP|14.40|9.80|RMS_S_PREMIUM
f8a1db68-be16-40ed-86d5-cb42ce701560|POWER_BI_PRO|Power BI Pro|PBI-PRO|12.00|8.10|BI_AZURE_P2 EXCHANGE_S_FOUNDATION
c1d032e0-5619-4761-9b5c-75b6831e1711|PBI_PREMIUM_PER_USER|Power BI Premium Per User|PBI-PPU|24.00|16.30|BI_AZURE_P2
4a51bf65-409c-4a91-b845-1121b571cc9d|FLOW_PER_USER|Power Automate per user plan|PAUTO-USER|18.00|12.20|EXCHANGE_S_FOUNDATION
b30411f5-fea1-4a59-9ad9-3db7c7ead579|POWERAPPS_PER_USER|Power Apps per user plan|PAPPS-USER|24.00|16.30|EXCHANGE_S_FOUNDATION
c5928f49-12ba-48f7-ada3-0d743a3601d5|VISIOCLIENT|Visio Plan 2|VISIO-P2|18.00|12.20|SHAREPOINTWAC
4b244418-9658-4451-a2b8-b5e2b364e9bd|VISIOONLINE_PLAN1|Visio Plan 1|VISIO-P1|6.00|4.10|SHAREPOINTWAC
beb6439c-caad-48d3-bf46-0c82871e12be|PROJECT_P1|Project Plan 1|PROJ-P1|12.00|8.10|PROJECTWORKMANAGEMENT
53818b1b-4a27-454b-8896-0dba576410e6|PROJECTPROFESSIONAL|Project Plan 3|PROJ-P3|36.00|24.40|PROJECTWORKMANAGEMENT
09015f9f-377f-4538-bbb5-f75ceb09358a|PROJECTPREMIUM|Project Plan 5|PROJ-P5|66.00|44.80|PROJECTWORKMANAGEMENT
e43b5b99-8dfb-405f-9987-dc307f34bcbd|MCOEV|Microsoft Teams Phone Standard|TEAMS-PHONE|9.60|6.50|MCOEV
0c266dff-15dd-4b49-8397-2bb16070ed52|MCOMEETADV|Microsoft 365 Audio Conferencing|AUDIO-CONF|4.80|3.20|MCOMEETADV
4cde982a-ede4-4409-9ae6-b003453c8ea6|Microsoft_Teams_Rooms_Pro|Microsoft Teams Rooms Pro|TEAMS-ROOM-PRO|48.00|32.60|TEAMS1 MCOEV MCOMEETADV
639dec6b-bb19-468b-871c-c5c441c4b0cb|Microsoft_365_Copilot|Microsoft 365 Copilot|COPILOT|36.00|24.40|M365_COPILOT_BUSINESS_CHAT
1fc08a02-8b3d-43b9-831e-f76859e04e1a|SHAREPOINTSTANDARD|SharePoint (Plan 1)|SPO-P1|6.00|4.10|SHAREPOINTSTANDARD
e6778190-713e-4e4f-9119-8b8238de25df|WACONEDRIVESTANDARD|OneDrive for Business (Plan 1)|OD-P1|6.00|4.10|SHAREPOINTSTANDARD SHAREPOINTWAC
0fe440c5-f2bf-442b-a4f4-9a7af77a200b|Clipchamp_Premium|Clipchamp Premium|CLIPCHAMP|14.40|9.80|CLIPCHAMP
"""  # noqa: E501

_FREE = """
f30db892-07e9-47e9-837c-80727f46fd3d|FLOW_FREE|Microsoft Power Automate Free||0|0|FLOW_P2_VIRAL EXCHANGE_S_FOUNDATION
a403ebcc-fae0-4ca2-8c8c-7a907fd6c235|POWER_BI_STANDARD|Microsoft Fabric (Free)||0|0|BI_AZURE_P0 EXCHANGE_S_FOUNDATION
dcb1a3ae-b33f-4487-846a-a640262fadf4|POWERAPPS_VIRAL|Microsoft Power Apps Plan 2 Trial||0|0|EXCHANGE_S_FOUNDATION
710779e8-3d4a-4c88-adb9-386c958d1fdf|TEAMS_EXPLORATORY|Microsoft Teams Exploratory||0|0|TEAMS1 EXCHANGE_S_STANDARD
6470687e-a428-4b7a-bef2-8a291ad947c9|WINDOWS_STORE|Windows Store for Business||0|0|EXCHANGE_S_FOUNDATION
1f2f344a-700d-42c9-9427-5cea1d5d7ba6|STREAM|Microsoft Stream||0|0|EXCHANGE_S_FOUNDATION
8c4ce438-32a7-4ac5-91a6-e22ae08d9c8b|RIGHTSMANAGEMENT_ADHOC|Rights Management Adhoc||0|0|RMS_S_ENTERPRISE
606b54a9-78d8-4298-ad8b-df6ef4481c80|CCIBOTS_PRIVPREV_VIRAL|Microsoft Copilot Studio Viral Trial||0|0|EXCHANGE_S_FOUNDATION
440eaaa8-b3e0-484b-a8be-62870b9ba70a|PHONESYSTEM_VIRTUALUSER|Microsoft Teams Phone Resource Account||0|0|MCOEV
"""  # noqa: E501

_COMPANY = """
99049c9c-6011-4908-bf17-15f496e6519d|SHAREPOINTSTORAGE|Office 365 Extra File Storage|SPO-STORAGE|0.24|0.16|SHAREPOINTSTANDARD
e612d426-6bc3-4181-9658-91aa906b0ac0|CDS_DB_CAPACITY|Dataverse Database Capacity|DV-DB|48.00|32.60|CDS_DB_CAPACITY
47794cd0-f0e5-45c5-9033-2eb6b5fc84e0|MCOPSTNC|Communications Credits|COMM-CREDITS|0|0|MCOPSTNC
"""  # noqa: E501

_NOT_IN_NAMES_FILE = {"PBI_PREMIUM_PER_USER", "Clipchamp_Premium"}
"""Left out so that a SKU with an unknown name happens."""


def _further(name: str, service: str) -> Plan:
    digest = hashlib.blake2b(f"plan/{name}".encode(), digest_size=16).hexdigest()
    return Plan(str(UUID(digest)), name, service, name.replace("_", " ").title())


_FURTHER = tuple(_further(name, service) for name, service in FURTHER_PLANS)


def _read(table: str, kind: SkuKind) -> list[Sku]:
    skus = []
    for line in table.strip().splitlines():
        guid, part_number, name, product, price, cost, plans = line.split("|")
        chosen = (*(_PLANS[plan] for plan in plans.split()), *_FURTHER[: HOW_MANY.get(part_number, 0)])
        in_file = part_number not in _NOT_IN_NAMES_FILE
        skus.append(Sku(guid, part_number, name, kind, product, float(price), float(cost), chosen, in_file))
    return skus


SKUS: tuple[Sku, ...] = (
    *_read(_PAID, SkuKind.PAID),
    *_read(_FREE, SkuKind.FREE),
    *_read(_COMPANY, SkuKind.COMPANY),
)
BY_ID: dict[str, Sku] = {sku.id: sku for sku in SKUS}
BY_PART_NUMBER: dict[str, Sku] = {sku.part_number: sku for sku in SKUS}


def find_sku(text: str) -> Sku:
    """Return the SKU of a GUID or a part number (any case); ValueError names the known ones."""
    wanted = text.strip().lower()
    for sku in SKUS:
        if wanted in (sku.id, sku.part_number.lower()):
            return sku
    known = ", ".join(sorted(BY_PART_NUMBER))
    raise ValueError(f"There is no SKU {text!r} in the sandbox. Known part numbers: {known}.")
