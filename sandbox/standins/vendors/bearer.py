"""Check a Microsoft access token as Graph and Partner Center do: who made it, for whom, and until when."""

from sandbox.standins.protocol import Request
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.tokens import unseal


def claims_of(request: Request, audience: str, state: State) -> Document | str:
    """The token's claims, or the sentence that refuses it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return "Access token is empty."
    claims = unseal("", token)
    if claims is None:
        return "Access token validation failure. Invalid signature."
    if claims.get("aud") != audience:
        return "Access token validation failure. Invalid audience."
    if claims["exp"] < state.now().timestamp():
        return "Lifetime validation failed, the token is expired."
    if state.find("partner", claims["partner"]) is None:
        return "Access token validation failure. Unknown application."
    return claims
