import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextSteps } from '../../../../src/cli/wizard/keep-questions.ts';

test('what to do with the config that was made starts the service where there is one and reads that file, else an agent with that file', () => {
  assert.match(nextSteps('/etc/unified-agent/agent.json', true)[1]!, /^then: systemctl enable --now unified-agent/);
  assert.equal(nextSteps('/etc/unified-agent/agent.json', false)[1], 'then: agent run');
  assert.equal(nextSteps('./agent.json', true)[1], 'then: agent run --config ./agent.json');
});
