// Node loads this before any client: the vendors' names resolve to the front, whatever the client does.
// Nothing else is changed: URLs, Host headers, TLS and its checks are the client's own.
"use strict";
const dns = require("node:dns");
const net = require("node:net");

const NAMES = new Set(process.env.CLIENTS_NAMES.split(","));
const PORT = Number(process.env.CLIENTS_FRONT_PORT);
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(NAMES.has(name) ? "127.0.0.1" : name, ...rest);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  // Port 443 is the front's own, which a person without rights cannot open.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options && NAMES.has(options.host) && Number(options.port) === 443) {
    options.port = PORT;
    options.lookup = dns.lookup;
  }
  return connect.apply(this, given);
};
