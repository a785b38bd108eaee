/** The agent's own unit. */
export const OUR_UNIT = 'unified-agent.service';
