// What a client script tries, step by step, and how it tells.
"use strict";
const assert = require("node:assert/strict");

const WORLD = JSON.parse(process.env.CLIENTS_WORLD);

async function step(name, attempt) {
  let fault = "";
  try {
    await attempt();
  } catch (wrong) {
    fault = `${wrong.name}: ${wrong.message}`.replaceAll("\n", " ").slice(0, 300) || "it failed";
  }
  console.log(`{"step": ${JSON.stringify(name)}, "fault": ${JSON.stringify(fault)}}`);
}

module.exports = { WORLD, step, assert };
