// npm run agent -- <command>: builds dist/agent.js when it is missing or older than its sources, then becomes it.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { builtAgent } from './built-agent.ts';

const agent = await builtAgent((milliseconds) => { writeSync(2, `built dist/agent.js in ${milliseconds.toFixed(0)} ms\n`); });
const node = join(import.meta.dirname, '../node_modules/.bin/node');
if (process.execve === undefined) throw new Error(`process.execve is missing in ${process.execPath}: run this script with ${node}`);
// Replacing this process, not a child of it: signals, terminal and exit code are then the agent's own.
process.execve(node, [node, agent, ...process.argv.slice(2)], process.env);
