/** Where the agent keeps its state unless told otherwise: checkpoints, quarantine, control socket (FHS: /var/lib). */
export const DEFAULT_STATE_DIR = '/var/lib/unified-agent';
