# SPDX-License-Identifier: Apache-2.0
# node: timers, files, child processes, a worker thread.
set -u
# time limit: 120 s
cat > t.js <<'J'
const fs = require("fs"), { execSync, spawn } = require("child_process");
const { Worker, isMainThread, parentPort } = require("worker_threads");
if (!isMainThread) {
	let s = 0; for (let i = 0; i < 1e6; i++) s += i; parentPort.postMessage(s);
} else {
	console.log([3, 1, 2].sort(), execSync("echo sync").toString().trim());
	fs.writeFileSync("f", "x".repeat(1000)); console.log(fs.statSync("f").size, fs.readdirSync(".").sort());
	new Worker(__filename).on("message", (m) => {
		console.log("worker", m);
		const p = spawn("cat"); p.stdout.on("data", (d) => console.log("cat", d.toString())); p.on("close", (c) => {
			console.log("closed", c);
			setTimeout(() => { fs.readFile("f", (e, d) => { console.log("read", d.length); process.exit(3); }); }, 10);
		});
		p.stdin.end("piped");
	});
}
J
node t.js; echo $?; node -e 'process.on("SIGTERM", () => { console.log("term"); process.exit(0) }); setInterval(() => {}, 1000); process.kill(process.pid, "SIGTERM")'
node -e 'throw new Error("boom")' 2>&1 | grep -c boom; node -p 'require("zlib").gunzipSync(require("zlib").gzipSync("zip")).toString() + process.arch'
