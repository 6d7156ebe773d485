"""Where Microsoft's services are, in the global cloud."""

LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"
EXCHANGE = "https://outlook.office365.com"
PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
