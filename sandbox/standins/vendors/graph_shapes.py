"""What can be asked of each kind of object of Graph: its properties, filters, orders and page sizes."""

from sandbox.standins.vendors.graph_odata import Shape


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_USER = _names(
    "id displayName givenName surname userPrincipalName mail accountEnabled userType department officeLocation state "
    "city country usageLocation jobTitle companyName businessPhones mobilePhone preferredLanguage createdDateTime "
    "assignedLicenses assignedPlans licenseAssignmentStates"
)
_UNSET_OF_USER = _names(
    "ageGroup consentProvidedForMinor creationType deletedDateTime employeeHireDate employeeId employeeType "
    "externalUserState externalUserStateChangeDateTime faxNumber imAddresses isResourceAccount "
    "lastPasswordChangeDateTime legalAgeGroupClassification mailNickname onPremisesDistinguishedName "
    "onPremisesDomainName onPremisesImmutableId onPremisesLastSyncDateTime onPremisesSamAccountName "
    "onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies "
    "postalCode preferredDataLocation provisionedPlans proxyAddresses securityIdentifier showInAddressList "
    "signInSessionsValidFromDateTime streetAddress"
)

SHAPES: dict[str, Shape] = {
    "graph.users": Shape(
        "user",
        _USER,
        unset=_UNSET_OF_USER,
        not_in_lists=_names(
            "aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName responsibilities "
            "schools skills"
        ),
        default=(
            *("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone"),
            *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
        ),
        filters=_names(
            "assignedLicenses/$count accountEnabled userType department city state country displayName mail "
            "userPrincipalName usageLocation jobTitle companyName officeLocation"
        ),
        orders=_names("displayName userPrincipalName"),
        counts=True,
        page=100,
        largest=999,
    ),
    "graph.group_members": Shape(
        "user", _USER, unset=_UNSET_OF_USER, default=("id", "displayName"), counts=True, page=100, largest=999
    ),
    "graph.licence_details": Shape("licenseDetails", _names("id skuId skuPartNumber servicePlans")),
    "graph.subscribed_skus": Shape(
        "subscribedSku",
        _names(
            "accountName accountId appliesTo capabilityStatus consumedUnits id skuId skuPartNumber subscriptionIds "
            "prepaidUnits servicePlans"
        ),
    ),
    "graph.subscriptions": Shape(
        "companySubscription",
        _names(
            "id commerceSubscriptionId createdDateTime isTrial nextLifecycleDateTime ownerId ownerTenantId ownerType "
            "serviceStatus skuId skuPartNumber status totalLicenses"
        ),
        filters=_names(
            "id commerceSubscriptionId isTrial skuId skuPartNumber status ownerTenantId totalLicenses"
        ),
        page=100,
        largest=999,
    ),
    "graph.organization": Shape("organization", _names("id displayName verifiedDomains")),
    "graph.relationships": Shape(
        "delegatedAdminRelationship",
        _names(
            "id displayName duration customer accessDetails status autoExtendDuration createdDateTime "
            "lastModifiedDateTime activatedDateTime endDateTime"
        ),
        filters=_names("status"),
        page=100,
        largest=300,
    ),
    "graph.customers": Shape(
        "delegatedAdminCustomer", _names("id tenantId displayName"), page=100, largest=300
    ),
    "graph.contracts": Shape(
        "contract",
        _names("id contractType customerId defaultDomainName displayName"),
        filters=_names("contractType customerId defaultDomainName displayName"),
        page=100,
        largest=999,
    ),
}
