/** What an administrator may add to the unit: a file of `systemd/examples`, and where the packages put it. */
export type DropIn = 'nvme.conf' | 'gpu.conf';

/** The one command that gives the service what it lacks by itself. */
export const dropInCommand = (name: DropIn): string =>
  `install -D -m 0644 /usr/share/doc/unified-agent/examples/${name} /etc/systemd/system/unified-agent.service.d/${name} && systemctl daemon-reload && systemctl restart unified-agent`;
