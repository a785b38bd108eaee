import type { FinderReport } from '../files/finder.ts';
import type { AgentReport } from '../report/agent-report.ts';

/** What the finder meets, in words for a person. */
export function finderReport(report: AgentReport): FinderReport {
  return {
    unreadable: (path, code) => {
      if (code === null) report.recovered(`directory ${path}`, `${path}: can be looked at again`);
      else report.trouble(`directory ${path}`, `${path}: cannot be looked at (${code}); what is known of it is kept, and it is tried again each second`);
    },
    watchesExhausted: (code) => report.trouble('directory watches', `no inotify watches left for directories (${code}): new files are looked for each second; raise fs.inotify.max_user_watches with sysctl`),
    // The mount is said, once for all that lies below it: see MountWatch.
    passedOver: () => {},
    tooMany: (what, limit) => report.trouble(`too many ${what}`, `the patterns reach more than ${limit} ${what}: what is beyond is not followed; narrow file_path`),
  };
}
