#!/bin/sh
# After `azd provision`: puts the secrets of an installation into its vault, and has the app read them. One that is there
# stays as it is. SEATWISE_MAIL_SECRET is the mail transport's and SEATWISE_PARTNER_SECRET that of the app registration
# which partners consent to: each is needed the first time, and is written nowhere else.
set -eu

vault=$AZURE_KEY_VAULT_NAME
umask 077
file=$(mktemp)
trap 'rm -f "$file"' EXIT

# A new role assignment takes some minutes to arrive.
in_time() {
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if "$@"; then return; fi
    [ "$attempt" = 10 ] || sleep "${SEATWISE_WAIT:-30}"
  done
  return 1
}

# Not being allowed to look is not the same as "not there".
look() { known=$(az keyvault secret list --vault-name "$vault" --query "[].name" --output tsv); }
if ! in_time look; then
  echo "The vault $vault cannot be read. Who deploys needs the role Key Vault Secrets Officer on it: see docs/deploy.md." >&2
  exit 1
fi
is_there() { printf '%s\n' "$known" | grep -qx "$1"; }
put() {
  az keyvault secret set --vault-name "$vault" --name "$1" --file "$file" --encoding utf-8 --output none
  echo "The secret $1 is new in the vault $vault."
}
# $1 its name, $2 its value, $3 the variable that gives it, $4 whose it is
needed() {
  if is_there "$1"; then return; fi
  if [ -z "$2" ]; then
    echo "The secret of $4 is not in the vault, and without it the app does not start." \
      "Give it once in the environment as $3, then: azd provision" >&2
    exit 1
  fi
  printf '%s' "$2" > "$file"
  put "$1"
}

if ! is_there installation-link-keys; then
  openssl rand -base64 32 | tr -d '\n' > "$file"
  put installation-link-keys
fi
# A relay without sign-in needs none.
if [ "$SEATWISE_MAIL" != smtp ] || [ -n "${SEATWISE_MAIL_USER:-}" ]; then
  needed installation-mail "${SEATWISE_MAIL_SECRET:-}" SEATWISE_MAIL_SECRET "the mail transport $SEATWISE_MAIL"
fi
if [ -n "${SEATWISE_PARTNER_CLIENT_ID:-}" ]; then
  needed installation-partner-app "${SEATWISE_PARTNER_SECRET:-}" SEATWISE_PARTNER_SECRET \
    "the app registration $SEATWISE_PARTNER_CLIENT_ID"
fi

# Azure keeps what it read of the vault for a day, also that nothing was there, and a restart alone does not ask again.
site=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites/$SEATWISE_APP_NAME
read_again() {
  unread=$(az rest --method post \
    --url "https://management.azure.com$site/config/configreferences/appsettings/refresh?api-version=2022-03-01" \
    --query "value[?properties.status!='Resolved'].name" --output tsv) && [ -z "$unread" ]
}
if ! in_time read_again; then
  echo "The app does not read its secrets from the vault $vault: ${unread:-Azure refused to be asked}." \
    "Its identity needs the role Key Vault Secrets Officer on it. Wait some minutes, then: azd provision" >&2
  exit 1
fi
az functionapp restart --ids "$site" --output none
echo "The app has read its secrets."
