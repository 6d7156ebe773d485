"""The stand-in of ConnectWise PSA: companies, agreements, additions and the catalogue, with the API's traps."""
