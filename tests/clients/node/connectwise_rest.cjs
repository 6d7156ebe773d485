// connectwise-rest: made from ConnectWise's own document, with its own pages.
"use strict";
const { ManageAPI } = require("connectwise-rest");
const { WORLD, step, assert } = require("./steps.cjs");

const signedIn = (privateKey) =>
  new ManageAPI({
    companyId: WORLD.company,
    companyUrl: WORLD.site,
    publicKey: WORLD.public_key,
    privateKey,
    clientId: WORLD.client_id,
    timeout: 20000,
  });

async function main() {
  const psa = signedIn(WORLD.private_key);
  const agreement = Number(WORLD.agreement);
  const line = Number(WORLD.addition);
  await step("companies, page by page", async () => {
    const all = await psa.paginate(psa.CompanyAPI.getCompanyCompanies, { startPage: 1, pageSize: 4 }, {});
    assert.equal(new Set(all.map((company) => company.id)).size, 15);
  });
  await step("companies by a condition and by a child condition", async () => {
    const found = await psa.CompanyAPI.getCompanyCompanies({ conditions: 'name like "%Dental%"' });
    assert.deepEqual(found.map((company) => company.name), ["Birchfield Dental Group"]);
    assert.deepEqual(await psa.CompanyAPI.getCompanyCompanies({ childConditions: 'types/name="Nope"' }), []);
  });
  await step("a line is changed and read back", async () => {
    const { quantity } = await psa.FinanceAPI.getFinanceAgreementsByParentIdAdditionsById(line, agreement);
    const set = (value) =>
      psa.FinanceAPI.patchFinanceAgreementsByParentIdAdditionsById(line, agreement, [
        { op: "replace", path: "quantity", value },
      ]);
    assert.equal((await set(quantity + 2)).quantity, quantity + 2);
    await set(quantity);
  });
  await step("a line is created, replaced and deleted", async () => {
    const made = await psa.FinanceAPI.postFinanceAgreementsByParentIdAdditions(agreement, {
      product: { identifier: "BACKUP-SEAT" },
      billCustomer: "Billable",
      quantity: 7,
    });
    const replaced = await psa.FinanceAPI.putFinanceAgreementsByParentIdAdditionsById(made.id, agreement, {
      product: { id: made.product.id },
      billCustomer: "NoCharge",
    });
    assert.equal(replaced.billCustomer, "NoCharge");
    await psa.FinanceAPI.deleteFinanceAgreementsByParentIdAdditionsById(made.id, agreement);
  });
  await step("a wrong password is refused", async () => {
    await assert.rejects(signedIn("wrong").CompanyAPI.getCompanyCompanies());
  });
}

main();
