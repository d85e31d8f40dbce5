// A TLS client of Node.js. Arguments are key=value; see client/node.rs for the keys.
// Node refuses a certificate only after the handshake, and without an alert.
const fs = require("fs");
const tls = require("tls");

const options = Object.fromEntries(process.argv.slice(2).map((word) => word.split(/=(.*)/s).slice(0, 2)));
const settings = { host: options.address, port: Number(options.port), ca: fs.readFileSync(options.authority) };
if (options.name) settings.servername = options.name;
else settings.checkServerIdentity = () => undefined;
if (options.version) settings.minVersion = settings.maxVersion = `TLSv${options.version}`.replace("v1.0", "v1");
if (options.ciphers) settings.ciphers = options.ciphers;
if (options.groups) settings.ecdhCurve = options.groups;
if (options.alpn) settings.ALPNProtocols = options.alpn.split(",");
if (options.certificate) Object.assign(settings, { cert: fs.readFileSync(options.certificate), key: fs.readFileSync(options.key) });

function fail(why) {
  console.error(why);
  process.exitCode = 1;
}

let session;
function connect(resumed, answered) {
  const connection = tls.connect({ ...settings, session: resumed });
  connection.on("session", (ticket) => (session = ticket));
  connection.on("secureConnect", () => connection.write("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"));
  connection.once("data", () => answered(connection));
  connection.on("error", (error) => fail(error.message));
  connection.on("end", () => fail("closed by the server"));
}

connect(undefined, (first) => {
  if (options.do !== "resume") return first.destroy();
  first.destroy();
  connect(session, (second) => {
    if (!second.isSessionReused()) fail("the session was not resumed");
    second.destroy();
  });
});
