// The jsii kernel in one Node process. jsii's own launcher starts a second one and hands every message
// through, which costs a start, memory, and time on each of a thousand calls.
"use strict";

const { Console } = require("console");
const fs = require("fs");
const Module = require("module");
const { Writable } = require("stream");

// The kernel links packages from its cache only under this argument, and else copies their 6,800 files.
process.execArgv.push("--preserve-symlinks");

// Standard output is the channel to Python here. What a construct prints goes to standard error, in the
// lines that Python's side of jsii takes apart.
const printed = (stream) =>
  new Writable({
    write(chunk, _encoding, done) {
      fs.writeSync(2, `${JSON.stringify({ [stream]: chunk.toString("base64") })}\n`);
      done();
    },
  });
for (const stream of ["stdout", "stderr"]) {
  Object.defineProperty(process, stream, { value: printed(stream) });
}
globalThis.console = new Console(process.stdout, process.stderr);

const program = process.env.ATOMIC_JSII_PROGRAM;
// jsii unpacks its files under other names than they are packed under here. The worker writes an index of a package
// beside it; without one each start parses the whole description of the package: 600 MB and four seconds.
const code = fs
  .readFileSync(program, "utf8")
  .replace("readFD:3,writeFD:3", "readFD:0,writeFD:1")
  .replace('"runtime-index-worker.js"', '"lib__runtime-index-worker.js"');
const kernel = new Module(program, null);
kernel.filename = program;
kernel._compile(code, program);
