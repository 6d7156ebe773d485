#!/bin/sh
# After `azd provision`: puts the two secrets of an installation into its vault. One that is there already stays as it is.
# SEATWISE_MAIL_SECRET is the mail transport's secret; it is needed the first time, and is written nowhere else.
set -eu

vault=$AZURE_KEY_VAULT_NAME
umask 077
file=$(mktemp)
trap 'rm -f "$file"' EXIT

# A new role assignment takes some minutes to reach the vault. Not being allowed to look is not the same as "not there".
known=
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if known=$(az keyvault secret list --vault-name "$vault" --query "[].name" --output tsv); then break; fi
  if [ "$attempt" = 10 ]; then
    echo "The vault $vault cannot be read. Who deploys needs the role Key Vault Secrets Officer on it: see docs/deploy.md." >&2
    exit 1
  fi
  sleep "${SEATWISE_WAIT:-30}"
done

is_there() { printf '%s\n' "$known" | grep -qx "$1"; }
put() { az keyvault secret set --vault-name "$vault" --name "$1" --file "$file" --encoding utf-8 --output none; }

if ! is_there installation-link-keys; then
  openssl rand -base64 32 | tr -d '\n' > "$file"
  put installation-link-keys
  echo "The key that signs links and invitations is new."
fi
if ! is_there installation-mail; then
  if [ -n "${SEATWISE_MAIL_SECRET:-}" ]; then
    printf '%s' "$SEATWISE_MAIL_SECRET" > "$file"
    put installation-mail
    echo "The secret of the mail transport is stored."
  else
    echo "No secret of the mail transport was given (SEATWISE_MAIL_SECRET). Only a relay without sign-in works without one." >&2
  fi
fi
