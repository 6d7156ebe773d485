"""msal with its own instance discovery and its own HTTP client."""

import msal
from steps import WORLD, step

LOGIN, GRAPH = "https://login.microsoftonline.com", ["https://graph.microsoft.com/.default"]


def app(directory: str, secret: str = WORLD["secret"]) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        WORLD["app"], client_credential=secret, authority=f"{LOGIN}/{directory}"
    )


with step("an app by itself, in a customer's tenant"):
    assert "access_token" in app(WORLD["tenant"]).acquire_token_for_client(GRAPH)
with step("the partner's refresh token, in a customer's tenant"):
    assert "access_token" in app(WORLD["tenant"]).acquire_token_by_refresh_token(
        WORLD["refresh_token"], GRAPH
    )
with step("the partner's refresh token, at organizations"):
    told = app("organizations").acquire_token_by_refresh_token(WORLD["refresh_token"], GRAPH)
    assert told["id_token_claims"]["tid"] == WORLD["partner_tenant"]
with step("a tenant without consent says why"):
    told = app(WORLD["refusing_tenant"]).acquire_token_by_refresh_token(WORLD["refresh_token"], GRAPH)
    assert told["error_codes"] == [65001]
with step("a wrong secret is refused"):
    told = app(WORLD["tenant"], "wrong").acquire_token_for_client(GRAPH)
    assert told["error_codes"] == [7000215]
    assert told["correlation_id"]
