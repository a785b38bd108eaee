/** The group the CloudWatch agent derives from `file_path`: without what follows the last dot of its last element. */
export function groupOfPath(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') ? path.slice(0, dot) : path;
}

/** Whether a path is a glob. */
export const isGlob = (path: string): boolean => /[*?[{]/.test(path);
