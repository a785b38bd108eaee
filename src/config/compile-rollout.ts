import type { ConfigPlan } from '../plan.ts';
import type { Agent } from './generated/document.generated.ts';

const DEFAULT_POLL_S = 60;
/** Every host takes a new version at once, unless the config says otherwise. */
const DEFAULT_PERCENT = 100;
const DEFAULT_WAIT_S = 3_600;
const DEFAULT_WATCH_S = 300;

/** How the config is polled, and how a new version of it is taken. */
export function compileConfigPlan({ config_poll_interval: poll, rollout }: Agent): ConfigPlan {
  return {
    pollMs: Math.round((poll ?? DEFAULT_POLL_S) * 1000),
    rollout: {
      percent: rollout?.percent ?? DEFAULT_PERCENT,
      waitMs: Math.round((rollout?.wait ?? DEFAULT_WAIT_S) * 1000),
      watchMs: Math.round((rollout?.watch ?? DEFAULT_WATCH_S) * 1000),
    },
  };
}
