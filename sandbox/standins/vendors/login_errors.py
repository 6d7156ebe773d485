"""How Microsoft's sign-in refuses: the codes the stand-in knows."""

# Error code -> `error`, HTTP status, `suberror` and the sentence, in the service's words.
REFUSALS: dict[int, tuple[str, int, str, str]] = {
    90002: (
        "invalid_request",
        400,
        "",
        (
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud."
        ),
    ),
    700016: (
        "unauthorized_client",
        400,
        "",
        "Application with identifier '{client}' was not found in the directory '{tenant}'.",
    ),
    7000215: ("invalid_client", 401, "", "Invalid client secret provided."),
    7000218: (
        "invalid_client",
        401,
        "",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    7000222: ("invalid_client", 401, "", "The provided client secret keys for app '{client}' are expired."),
    700027: (
        "invalid_client",
        401,
        "",
        "The certificate with which the client assertion is signed is not registered on application '{client}'.",
    ),
    900144: (
        "invalid_request",
        400,
        "",
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    50059: (
        "invalid_request",
        400,
        "",
        "No tenant-identifying information found in either the request or implied by any provided credentials.",
    ),
    70000: (
        "invalid_grant",
        400,
        "bad_token",
        "The provided value for the input parameter 'refresh_token' is not valid.",
    ),
    70011: ("invalid_scope", 400, "", "The provided value for the input parameter 'scope' is not valid."),
    700022: ("invalid_request", 400, "", "The provided scope is for more than one resource."),
    70003: ("unsupported_grant_type", 400, "", "The app requested an unsupported grant type."),
    700082: ("invalid_grant", 400, "bad_token", "The refresh token has expired due to inactivity."),
    50173: (
        "invalid_grant",
        400,
        "bad_token",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
    ),
    50076: (
        "invalid_grant",
        400,
        "basic_action",
        (
            "Due to a configuration change made by your administrator, or because you moved to a new location, you "
            "must use multi-factor authentication to access '{tenant}'."
        ),
    ),
    50020: (
        "invalid_grant",
        400,
        "",
        (
            "User account '{user}' from identity provider 'https://sts.windows.net/{home}/' does not exist in tenant "
            "'{tenant}' and cannot access the application '{client}' in that tenant."
        ),
    ),
    65001: (
        "invalid_grant",
        400,
        "consent_required",
        "The user or administrator has not consented to use the application with ID '{client}'.",
    ),
    50057: ("invalid_grant", 400, "", "The user account is disabled."),
    500014: (
        "invalid_resource",
        400,
        "",
        "The service principal for the resource is disabled: its subscription lapsed or an administrator disabled it.",
    ),
    53003: ("invalid_grant", 400, "message_only", "Access has been blocked by Conditional Access policies."),
    70043: (
        "invalid_grant",
        400,
        "bad_token",
        "The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access.",
    ),
    700084: (
        "invalid_grant",
        400,
        "bad_token",
        "The refresh token was issued to a single page app, and therefore has a fixed, limited lifetime.",
    ),
    90099: (
        "invalid_grant",
        400,
        "",
        (
            "The application '{client}' has not been authorized in the tenant '{tenant}'. Applications must be "
            "authorized to access the external tenant before partner delegated administrators can use them."
        ),
    ),
    7000112: ("unauthorized_client", 400, "", "Application '{client}' is disabled."),
    50196: ("invalid_grant", 400, "", "The server terminated an operation: it met a client request loop."),
    90033: ("temporarily_unavailable", 503, "", "A transient error has occurred. Please try again."),
}
TROUBLES = frozenset(REFUSALS)
