// Builds the example and runs it, for the tests: node run.mjs <url> <email> <password>
import { spawnSync } from 'node:child_process';
import './generate.mjs';

for (const step of [['node_modules/typescript/bin/tsc'], ['build/main.js', ...process.argv.slice(2)]]) {
  const { status } = spawnSync(process.execPath, step, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
