// Loaded into cdktf's node by dev/setup/cdktf_run.py, which alone decides what a Ctrl-C means.
//
// cdktf answers a signal with a hard abort: it interrupts terraform once more and hangs up on it. Here it goes on, shows
// what terraform still has to say, and ends when terraform has ended.
const ours = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]);
for (const name of ours) process.on(name, () => {});
process.on("SIGUSR2", () => process.exit(130));
for (const method of ["on", "addListener", "once", "prependListener", "prependOnceListener"]) {
  const original = process[method];
  process[method] = function (event, listener) {
    return ours.has(event) ? this : original.call(this, event, listener);
  };
}
// While it asks for approval no key makes a signal, Ctrl-C neither, and cdktf would leave terraform waiting for an answer.
if (require("tty").isatty(0)) {
  const emit = process.stdin.emit;
  process.stdin.emit = function (event, chunk) {
    if (event === "data" && String(chunk).includes("\x03")) process.kill(process.ppid, "SIGINT");
    return emit.apply(this, arguments);
  };
}
