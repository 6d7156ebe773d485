"""azure-identity, as the SDKs of Azure sign in."""

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from steps import WORLD, refused, step

SCOPE = "https://graph.microsoft.com/.default"

with step("an app by itself"):
    assert ClientSecretCredential(WORLD["tenant"], WORLD["app"], WORLD["secret"]).get_token(SCOPE).token
with step("a wrong secret is refused"), refused(ClientAuthenticationError, "AADSTS7000215"):
    ClientSecretCredential(WORLD["tenant"], WORLD["app"], "wrong").get_token(SCOPE)
