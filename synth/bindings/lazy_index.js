// The AWS provider's package ships an index that loads each resource at its first use, beside the one
// that loads all 2,135 files. Resolve the one to the other.
"use strict";

const fs = require("fs");
const Module = require("module");
const path = require("path");

const EAGER = path.join("@cdktf", "provider-aws", "lib", "index.js");
const resolve = Module._resolveFilename;

Module._resolveFilename = function (...request) {
  const file = resolve.apply(this, request);
  if (!file.endsWith(EAGER)) return file;
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};

// cdktf loads what packs an asset into an archive, a tenth of its files. No stage has an asset.
const load = Module._load;

Module._load = function (request, ...rest) {
  if (request !== "archiver") return load.call(this, request, ...rest);
  return (...options) => load.call(this, request, ...rest)(...options);
};
