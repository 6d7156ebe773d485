#!/bin/sh
# Before the front end is packed: tells its pages where the API is and where people sign in. Nothing of it is secret.
set -eu
folder=$(dirname "$0")/../web/public
cat > "$folder/config.json" <<CONFIG
{
  "api": "$SEATWISE_PUBLIC_URL",
  "authority": "https://login.microsoftonline.com/organizations/v2.0",
  "clientId": "$SEATWISE_API_CLIENT_ID"
}
CONFIG
