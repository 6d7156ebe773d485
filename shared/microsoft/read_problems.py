"""What can keep something of Microsoft from being read, as it is kept, and the sentence that a person reads."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ReadProblem(StrEnum):
    """Stored: a value never changes. `_AT_HOME` is in the partner's own tenant, `_APP` where no user is signed in."""

    BUSY = "busy"
    MFA = "mfa"
    MFA_AT_HOME = "mfa_at_home"
    EXPIRED = "expired"
    TOO_OLD = "too_old"
    SERVICE_USER = "service_user"
    SERVICE_USER_IN_TENANT = "service_user_in_tenant"
    RISK = "risk"
    SECRET_EXPIRED = "secret_expired"
    SECRET_WRONG = "secret_wrong"
    APP_OFF = "app_off"
    APP_OFF_AT_HOME = "app_off_at_home"
    SERVICE_OFF = "service_off"
    SERVICE_OFF_AT_HOME = "service_off_at_home"
    CONSENT = "consent"
    CONSENT_AT_HOME = "consent_at_home"
    GDAP = "gdap"
    GDAP_AT_HOME = "gdap_at_home"
    POLICY = "policy"
    POLICY_AT_HOME = "policy_at_home"
    GONE = "gone"
    GONE_AT_HOME = "gone_at_home"
    OUR_REQUEST = "our_request"
    OUR_REQUEST_AT_HOME = "our_request_at_home"
    REFUSED = "refused"
    REFUSED_AT_HOME = "refused_at_home"
    UNKNOWN_NUMBER = "unknown_number"
    UNKNOWN_NUMBER_AT_HOME = "unknown_number_at_home"
    UNKNOWN = "unknown"
    GRAPH_TOKEN = "graph_token"
    GRAPH_TOKEN_AT_HOME = "graph_token_at_home"
    GRAPH_ROLE = "graph_role"
    GRAPH_ROLE_APP = "graph_role_app"
    RELATIONSHIPS = "relationships"
    RELATIONSHIPS_APP = "relationships_app"
    GRAPH_REFUSED = "graph_refused"
    GRAPH_REFUSED_AT_HOME = "graph_refused_at_home"
    PARTNER_CENTER_MFA = "partner_center_mfa"
    PARTNER_CENTER_ROLE = "partner_center_role"
    PARTNER_CENTER_REFUSED = "partner_center_refused"
    SOLD_BY_ANOTHER = "sold_by_another"
    EXCHANGE_ROLE = "exchange_role"
    EXCHANGE_ROLE_APP = "exchange_role_app"
    EXCHANGE_REFUSED = "exchange_refused"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    INVALID_ANSWER = "invalid_answer"
    NO_TENANT_ID = "no_tenant_id"
    SECRETS = "secrets"
    NO_CUSTOMERS = "no_customers"
    NO_RELATIONSHIPS = "no_relationships"
    MOST_CUSTOMERS_GONE = "most_customers_gone"
    MOST_RELATIONSHIPS_GONE = "most_relationships_gone"
    NOT_LISTED = "not_listed"
    NO_ACTIVE_GDAP = "no_active_gdap"
    TIMED_OUT = "timed_out"
    NO_MAILBOXES_LEFT = "no_mailboxes_left"
    MAILBOXES_INTERRUPTED = "mailboxes_interrupted"
    NO_COMMERCE_IDS = "no_commerce_ids"
    GROUP_ROLE = "group_role"
    GROUP_GONE = "group_gone"


_SENTENCES: Final[Mapping[ReadProblem, str]] = {
    ReadProblem.BUSY: "Microsoft's sign-in is busy or disturbed at the moment. Seatwise tries again by itself.",
    ReadProblem.MFA: (
        "This tenant demands multi-factor authentication that the partner's sign-in does not prove. Ask the "
        "tenant's administrator to exclude service provider users from that policy; if several tenants say "
        "so, open the partner connection, choose 'Sign in again' and complete MFA with the service user."
    ),
    ReadProblem.MFA_AT_HOME: (
        "Microsoft asks for multi-factor authentication. Open the partner connection, choose 'Sign in again' "
        "and complete MFA with the service user."
    ),
    ReadProblem.EXPIRED: (
        "The partner's sign-in has expired or was revoked. Open the partner connection, choose 'Sign in "
        "again' and complete MFA with the service user."
    ),
    ReadProblem.TOO_OLD: (
        "A Conditional Access policy of this tenant wants users to be signed in more often. Ask the tenant's "
        "administrator to exclude service provider users from it; until then, open the partner connection and"
        " choose 'Sign in again'."
    ),
    ReadProblem.SERVICE_USER: (
        "The service user of the partner connection is disabled, locked or has an expired password. Repair "
        "the user in the partner's Entra ID, then open the partner connection and choose 'Sign in again'."
    ),
    ReadProblem.SERVICE_USER_IN_TENANT: (
        "The service user's account is disabled or locked in this tenant, although it works elsewhere. Ask "
        "the tenant's administrator to enable or remove the account of the service user there."
    ),
    ReadProblem.RISK: (
        "Microsoft blocks the service user because it sees a risk in the partner's tenant. Clear the risk in "
        "Entra ID Protection, then open the partner connection and choose 'Sign in again'."
    ),
    ReadProblem.SECRET_EXPIRED: (
        "The client secret of the partner's app has expired. Create a new one under 'Certificates & secrets' "
        "of the app registration and enter it in the partner connection."
    ),
    ReadProblem.SECRET_WRONG: (
        "The client secret of the partner's app is wrong. Create a new one under 'Certificates & secrets' of "
        "the app registration and enter its value (not its id) in the partner connection."
    ),
    ReadProblem.APP_OFF: (
        "The partner's app is switched off in this tenant, or is not open to it. Let an administrator of the "
        "tenant enable it among the enterprise applications; if several tenants say so, check the app "
        "registration in the partner's Entra ID."
    ),
    ReadProblem.APP_OFF_AT_HOME: (
        "The partner's app registration is disabled or not open to other tenants. Enable it in the partner's "
        "Entra ID and set it to accounts in any organisational directory."
    ),
    ReadProblem.SERVICE_OFF: (
        "The service that Seatwise asks is switched off in this tenant: its subscription has lapsed, or an "
        "administrator disabled it. Ask the tenant's administrator to enable it among the enterprise "
        "applications, or renew the subscription."
    ),
    ReadProblem.SERVICE_OFF_AT_HOME: (
        "The service that Seatwise asks is switched off in the partner's own tenant. Enable it among the "
        "enterprise applications of the partner's Entra ID."
    ),
    ReadProblem.CONSENT: (
        "The app has no consent in this tenant. Consent for it as its partner (Partner Center), or choose 'Ask for "
        "consent' in Seatwise's list of exceptions and let an administrator of the tenant open that address."
    ),
    ReadProblem.CONSENT_AT_HOME: (
        "The app has no consent in the partner's own tenant, or its client id is wrong. Open the partner "
        "connection, check the client id and give consent again as an administrator."
    ),
    ReadProblem.GDAP: (
        "The service user has no access to this tenant. Have a GDAP relationship approved with the role "
        "Global Reader or Directory Readers, and put the service user into the security group that holds it."
    ),
    ReadProblem.GDAP_AT_HOME: (
        "The service user is not a member of the partner's tenant. Open the partner connection and sign in "
        "with a user of that tenant."
    ),
    ReadProblem.POLICY: (
        "A Conditional Access or security policy of this tenant blocks the partner's sign-in. Ask the "
        "tenant's administrator to exclude service provider users from it."
    ),
    ReadProblem.POLICY_AT_HOME: (
        "A Conditional Access or security policy of the partner's tenant blocks the service user. Change the "
        "policy, then open the partner connection and choose 'Sign in again'."
    ),
    ReadProblem.GONE: (
        "Microsoft does not know this tenant any more: it was deleted, or it is in another Microsoft cloud. "
        "If the customer has left, end its lines in the PSA, then remove the company."
    ),
    ReadProblem.GONE_AT_HOME: (
        "Microsoft does not know the partner's tenant. Check the tenant id of the partner connection."
    ),
    ReadProblem.OUR_REQUEST: (
        "Microsoft could not understand the sign-in request for this tenant. Check client id and permissions "
        "of the partner's app; if they are right, report this code."
    ),
    ReadProblem.OUR_REQUEST_AT_HOME: (
        "Microsoft could not understand the sign-in request. Check tenant id, client id and permissions of "
        "the partner's app; if they are right, report this code."
    ),
    ReadProblem.REFUSED: (
        "Microsoft refuses the sign-in to this tenant, although the partner's own works. Check the GDAP "
        "relationship, the consent and the Conditional Access policies of the tenant."
    ),
    ReadProblem.REFUSED_AT_HOME: (
        "Microsoft refuses the partner's sign-in. Open the partner connection, choose 'Sign in again' and "
        "complete MFA with the service user."
    ),
    ReadProblem.UNKNOWN_NUMBER: (
        "Microsoft refuses the sign-in to this tenant for a reason that Seatwise does not know. Look up the "
        "code at login.microsoftonline.com/error; the tenant's GDAP relationship, consent and policies are "
        "what most often stands in the way."
    ),
    ReadProblem.UNKNOWN_NUMBER_AT_HOME: (
        "Microsoft refuses the partner's sign-in for a reason that Seatwise does not know. Look up the code "
        "at login.microsoftonline.com/error; if nothing is found, open the partner connection and choose "
        "'Sign in again'."
    ),
    ReadProblem.UNKNOWN: (
        "Microsoft refused the sign-in for a reason Seatwise does not know. Seatwise tries again by itself; "
        "if it stays, look up the code."
    ),
    ReadProblem.GRAPH_TOKEN: (
        "Microsoft Graph does not accept the sign-in to this tenant although it was just issued. Open the "
        "partner connection and choose 'Sign in again'; if it stays, check this tenant's Conditional Access "
        "policies."
    ),
    ReadProblem.GRAPH_TOKEN_AT_HOME: (
        "Microsoft Graph does not accept the sign-in to the partner's tenant although it was just issued. "
        "Open the partner connection and choose 'Sign in again'; if it stays, check the partner's tenant's "
        "Conditional Access policies."
    ),
    ReadProblem.GRAPH_ROLE: (
        "The service user may not read this tenant: the GDAP role is missing. Give its security group the "
        "role Global Reader or Directory Readers in the GDAP relationship, and check the app's consent."
    ),
    ReadProblem.GRAPH_ROLE_APP: (
        "The app lacks a permission in this tenant. Give it LicenseAssignment.Read.All, Organization.Read.All"
        " and User.Read.All as application permissions, with an administrator's consent."
    ),
    ReadProblem.RELATIONSHIPS: (
        "The service user may not read the GDAP relationships. Put it into the partner's group AdminAgents "
        "and give the app the permission DelegatedAdminRelationship.Read.All with an administrator's consent."
    ),
    ReadProblem.RELATIONSHIPS_APP: (
        "The app may not read the GDAP relationships. Give it DelegatedAdminRelationship.Read.All as an "
        "application permission, with an administrator's consent."
    ),
    ReadProblem.GRAPH_REFUSED: "Microsoft Graph refused a question about this tenant with {detail}. Report this code.",
    ReadProblem.GRAPH_REFUSED_AT_HOME: (
        "Microsoft Graph refused a question about the partner's tenant with {detail}. Report this code."
    ),
    ReadProblem.PARTNER_CENTER_MFA: (
        "Partner Center demands a sign-in with multi-factor authentication. Open the partner connection, "
        "choose 'Sign in again' and complete MFA with the service user."
    ),
    ReadProblem.PARTNER_CENTER_ROLE: (
        "Partner Center does not let the partner connection read the customers. Put the service user into the"
        " group AdminAgents, and give the app the Partner Center permission with an administrator's consent."
    ),
    ReadProblem.PARTNER_CENTER_REFUSED: "Partner Center refused the list of customers with {detail}. Report this code.",
    ReadProblem.SOLD_BY_ANOTHER: (
        "Partner Center does not tell this partner the terms of the customer's subscriptions: it is so where "
        "an indirect provider sells them. Ask the provider for the renewal dates."
    ),
    ReadProblem.EXCHANGE_ROLE: (
        "The service user may not read the mailboxes of this tenant. Give its security group the role Global "
        "Reader in the GDAP relationship, or let an administrator of the tenant consent to the app's "
        "permission MailboxSettings.Read."
    ),
    ReadProblem.EXCHANGE_ROLE_APP: (
        "The app may not read the mailboxes of this tenant. Give it the permission Exchange.ManageAsApp with "
        "the role Global Reader, or let an administrator of the tenant consent to the app's permission "
        "MailboxSettings.Read."
    ),
    ReadProblem.EXCHANGE_REFUSED: "Exchange Online refused the question with {detail}.",
    ReadProblem.THROTTLED: "{detail} asks Seatwise to wait. It tries again by itself.",
    ReadProblem.UNREACHABLE: "{detail} Seatwise tries again by itself.",
    ReadProblem.INVALID_ANSWER: (
        "Microsoft's answer cannot be true or is not whole: {detail}. Nothing of it was used; Seatwise reads "
        "again by itself."
    ),
    ReadProblem.NO_TENANT_ID: "The tenant id is not one. Correct it in the partner connection.",
    ReadProblem.SECRETS: "{detail}",
    ReadProblem.NO_CUSTOMERS: (
        "Partner Center lists no customers at all any more, which is hard to believe. Seatwise reads once "
        "more before it takes that for true."
    ),
    ReadProblem.NO_RELATIONSHIPS: (
        "Microsoft lists no delegated-admin relationship (GDAP) with any customer any more, which is hard to "
        "believe. Seatwise reads once more before it takes that for true."
    ),
    ReadProblem.MOST_CUSTOMERS_GONE: "Partner Center lists only {detail} customers: it is asked once more first.",
    ReadProblem.MOST_RELATIONSHIPS_GONE: (
        "Microsoft lists delegated-admin relationships (GDAP) with only {detail} customers that had one: it is asked "
        "once more first."
    ),
    ReadProblem.NOT_LISTED: (
        "The tenant is in no customer list of your partner connections. If the customer has left, end its "
        "lines in the PSA, then remove the company; else ask Microsoft's partner support why it is missing."
    ),
    ReadProblem.NO_ACTIVE_GDAP: (
        "There is no active delegated-admin relationship (GDAP) with this customer. Send the customer a new "
        "GDAP request with at least the role Directory Readers, or Global Reader; or choose 'Ask for consent' in "
        "Seatwise's list of exceptions and let an administrator of the customer open that address."
    ),
    ReadProblem.TIMED_OUT: "Microsoft did not give a complete answer in time. Seatwise tries again at the next run.",
    ReadProblem.NO_MAILBOXES_LEFT: (
        "Microsoft lists none of these mailboxes any more, which is hard to believe. Seatwise reads once "
        "more before it takes that for true."
    ),
    ReadProblem.MAILBOXES_INTERRUPTED: (
        "Reading the mailboxes was broken off. Seatwise tries again at the next run."
    ),
    ReadProblem.NO_COMMERCE_IDS: (
        "Microsoft does not say any more which subscription is which in Partner Center. Seatwise keeps the "
        "terms it knew, and asks again by itself."
    ),
    ReadProblem.GROUP_ROLE: (
        "Seatwise may not read the members of this tenant's groups. Give the app the permission GroupMember.Read.All "
        "with an administrator's consent; a group of hidden members cannot be read."
    ),
    ReadProblem.GROUP_GONE: "The group is not in the tenant any more: map another custom licence, or end the mapping.",
}


def sentence(problem: ReadProblem, detail: str = "") -> str:
    """First what is wrong, then who must do what; `detail` is what only this case has (a status, a field)."""
    return _SENTENCES[problem].replace("{detail}", detail)
