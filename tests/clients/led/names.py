"""The vendors' names that lead to the stand-ins."""

NAMES = (
    "login.microsoftonline.com",
    "graph.microsoft.com",
    "api.partnercenter.microsoft.com",
    "outlook.office365.com",
    "api-na.myconnectwise.net",
    "na.myconnectwise.net",
)
