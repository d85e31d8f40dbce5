// A TLS server of Node.js. Arguments are key=value; see server/node.rs for the keys.
const fs = require("fs");
const tls = require("tls");

const options = Object.fromEntries(process.argv.slice(2).map((word) => word.split(/=(.*)/s).slice(0, 2)));
const settings = {
  cert: fs.readFileSync(options.certificate),
  key: fs.readFileSync(options.key),
  minVersion: `TLSv${options.from}`.replace("v1.0", "v1"),
  maxVersion: `TLSv${options.to}`.replace("v1.0", "v1"),
};
if (options.ciphers) settings.ciphers = options.ciphers;
if (options.groups) settings.ecdhCurve = options.groups;
if (options.alpn) settings.ALPNProtocols = options.alpn.split(",");
if (options.authority) Object.assign(settings, { ca: fs.readFileSync(options.authority), requestCert: true, rejectUnauthorized: true });
if (options.only) {
  const good = tls.createSecureContext(settings);
  settings.SNICallback = (name, done) => (name === options.only ? done(null, good) : done(new Error(`no certificate for ${name}`)));
}
if (options.fault === "exception") settings.SNICallback = (_name, done) => done(new Error("the store of certificates cannot be read"));

const server = tls.createServer(settings, (connection) => {
  connection.on("data", (request) => {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
    if (request.includes("HTTP/1.0")) connection.end();
  });
  connection.on("error", (error) => console.log(error.message));
});
server.on("tlsClientError", (error) => console.log(error.message));
server.listen(Number(options.port), options.address);
