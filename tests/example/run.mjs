// Builds the example and runs one of its programs, for the tests: node run.mjs <desk|home> <url> <email> <password>
import { spawnSync } from 'node:child_process';
import './generate.mjs';

const [program, ...rest] = process.argv.slice(2);
for (const step of [['node_modules/typescript/bin/tsc'], [`build/${program}.js`, ...rest]]) {
  const { status } = spawnSync(process.execPath, step, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
