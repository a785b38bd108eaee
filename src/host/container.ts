/**
 * Name of the pod or host this container was given, or null outside of containers: what the CloudWatch agent names
 * streams by. RUN_IN_CONTAINER=True is set by the container image.
 */
export function containerName(env: Readonly<Record<string, string | undefined>>): string | null {
  if (env['RUN_IN_CONTAINER']?.toLowerCase() !== 'true') return null;
  return env['POD_NAME'] || env['HOST_NAME'] || null;
}
