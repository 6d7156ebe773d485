// msal-node with its own instance discovery and its own HTTP client.
"use strict";
const { ConfidentialClientApplication } = require("@azure/msal-node");
const { WORLD, step, assert } = require("./steps.cjs");

const scopes = ["https://graph.microsoft.com/.default"];
const app = (tenant, clientSecret = WORLD.secret) =>
  new ConfidentialClientApplication({
    auth: { clientId: WORLD.app, clientSecret, authority: `https://login.microsoftonline.com/${tenant}` },
  });

async function main() {
  await step("an app by itself, in a customer's tenant", async () => {
    const told = await app(WORLD.tenant).acquireTokenByClientCredential({ scopes });
    assert.ok(told.accessToken);
  });
  await step("the partner's refresh token, in a customer's tenant", async () => {
    const told = await app(WORLD.tenant).acquireTokenByRefreshToken({ scopes, refreshToken: WORLD.refresh_token });
    assert.ok(told.accessToken);
  });
  await step("a tenant without consent says why", async () => {
    const asked = { scopes, refreshToken: WORLD.refresh_token };
    await assert.rejects(app(WORLD.refusing_tenant).acquireTokenByRefreshToken(asked), /65001/);
  });
  await step("a wrong secret is refused", async () => {
    await assert.rejects(app(WORLD.tenant, "wrong").acquireTokenByClientCredential({ scopes }), /7000215/);
  });
}

main();
