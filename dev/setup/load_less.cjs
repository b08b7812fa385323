// Loaded into cdktf's node by dev/setup/cdktf_run.py. cdktf loads what converts HCL (TypeScript, Prettier, Babel and more) for
// every command, half of the time that it takes to start, and none of those that are run this way converts anything.
const Module = require("module");
const CONVERTER = "@cdktf/hcl2cdk";
const load = Module._load;
Module._load = function (request, ...rest) {
  if (request !== CONVERTER) return load.call(this, request, ...rest);
  const loaded = (_, name) => (name === "__esModule" ? true : load.call(this, request, ...rest)[name]);
  return new Proxy({}, { get: loaded });
};
