// Microsoft's client of Graph for JavaScript: its pages and its batches.
"use strict";
const { ConfidentialClientApplication } = require("@azure/msal-node");
const { BatchRequestContent, BatchResponseContent, Client, PageIterator } = require("@microsoft/microsoft-graph-client");
const { WORLD, step, assert } = require("./steps.cjs");

function graph(tenant) {
  const authority = `https://login.microsoftonline.com/${tenant}`;
  const app = new ConfidentialClientApplication({
    auth: { clientId: WORLD.app, clientSecret: WORLD.secret, authority },
  });
  const scopes = ["https://graph.microsoft.com/.default"];
  return Client.initWithMiddleware({
    authProvider: {
      getAccessToken: async () => (await app.acquireTokenByClientCredential({ scopes })).accessToken,
    },
  });
}

async function main() {
  await step("all 1,240 users of a large tenant, page by page", async () => {
    const client = graph(WORLD.large_tenant);
    const seen = new Set();
    const first = await client.api("/users").top(500).select("id,displayName").get();
    await new PageIterator(client, first, (user) => Boolean(seen.add(user.id))).iterate();
    assert.equal(seen.size, 1240);
  });
  await step("a batch", async () => {
    const steps = ["/subscribedSkus", "/directory/subscriptions"].map((path, number) => ({
      id: String(number),
      request: new Request(`https://graph.microsoft.com${path}`, { method: "GET" }),
    }));
    const content = new BatchRequestContent(steps);
    const answer = await graph(WORLD.tenant).api("/$batch").post(await content.getContent());
    const told = new BatchResponseContent(answer);
    for (const { id } of steps) {
      assert.ok((await told.getResponseById(id).json()).value.length);
    }
  });
  await step("a misspelt property is refused", async () => {
    await assert.rejects(graph(WORLD.tenant).api("/users").select("nope").get(), /nope/);
  });
}

main();
