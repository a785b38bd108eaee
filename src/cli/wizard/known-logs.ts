/** Logs of programs that most hosts have, and what to call them. */
export interface KnownLog {
  readonly application: string;
  /** Path or glob, in the dialect that the CloudWatch agent reads too. */
  readonly pattern: string;
  readonly group: string;
  /** How it writes its times unless it is told otherwise: for a log that has no lines yet. */
  readonly format?: string;
  /** The JSON field that holds the time. */
  readonly field?: string;
}

/** The first pattern a file matches counts. */
export const KNOWN_LOGS: readonly KnownLog[] = [
  { application: 'nginx', pattern: '/var/log/nginx/*access*.log', group: 'nginx/access', format: '%d/%b/%Y:%H:%M:%S %z' },
  { application: 'nginx', pattern: '/var/log/nginx/*error*.log', group: 'nginx/error', format: '%Y/%m/%d %H:%M:%S' },
  { application: 'Apache', pattern: '/var/log/apache2/*access*.log', group: 'apache/access', format: '%d/%b/%Y:%H:%M:%S %z' },
  { application: 'Apache', pattern: '/var/log/apache2/*error*.log', group: 'apache/error', format: '%a %b %d %H:%M:%S.%f %Y' },
  { application: 'Apache', pattern: '/var/log/httpd/*access_log', group: 'apache/access', format: '%d/%b/%Y:%H:%M:%S %z' },
  { application: 'Apache', pattern: '/var/log/httpd/*error_log', group: 'apache/error', format: '%a %b %d %H:%M:%S.%f %Y' },
  { application: 'HAProxy', pattern: '/var/log/haproxy.log', group: 'haproxy' },
  { application: 'PHP-FPM', pattern: '/var/log/php*-fpm.log', group: 'php-fpm' },
  { application: 'MySQL', pattern: '/var/log/mysql/error*.log', group: 'mysql/error', format: '%Y-%m-%dT%H:%M:%S.%f%z' },
  { application: 'MySQL', pattern: '/var/log/mysql/*slow*.log', group: 'mysql/slow' },
  { application: 'MySQL', pattern: '/var/log/mysqld.log', group: 'mysql/error', format: '%Y-%m-%dT%H:%M:%S.%f%z' },
  { application: 'MariaDB', pattern: '/var/log/mariadb/*.log', group: 'mariadb' },
  { application: 'PostgreSQL', pattern: '/var/log/postgresql/*.log', group: 'postgresql', format: '%Y-%m-%d %H:%M:%S.%f %Z' },
  { application: 'PostgreSQL', pattern: '/var/lib/pgsql/data/log/*.log', group: 'postgresql', format: '%Y-%m-%d %H:%M:%S.%f %Z' },
  { application: 'Redis', pattern: '/var/log/redis/*.log', group: 'redis', format: '%d %b %Y %H:%M:%S.%f' },
  { application: 'Tomcat', pattern: '/var/log/tomcat*/catalina.out', group: 'tomcat', format: '%d-%b-%Y %H:%M:%S.%f' },
  { application: 'Tomcat', pattern: '/var/log/tomcat*/catalina.*.log', group: 'tomcat/catalina', format: '%d-%b-%Y %H:%M:%S.%f' },
  { application: 'Docker', pattern: '/var/lib/docker/containers/*/*-json.log', group: 'docker', field: 'time' },
  { application: 'system', pattern: '/var/log/syslog', group: 'syslog' },
  { application: 'system', pattern: '/var/log/messages', group: 'messages' },
  { application: 'logins', pattern: '/var/log/auth.log', group: 'auth.log' },
  { application: 'logins', pattern: '/var/log/secure', group: 'secure' },
  { application: 'kernel', pattern: '/var/log/kern.log', group: 'kern.log' },
  { application: 'cron', pattern: '/var/log/cron', group: 'cron' },
  { application: 'mail', pattern: '/var/log/mail.log', group: 'mail.log' },
  { application: 'mail', pattern: '/var/log/maillog', group: 'maillog' },
  { application: 'audit', pattern: '/var/log/audit/audit.log', group: 'audit.log', format: 'epoch_s' },
  { application: 'cloud-init', pattern: '/var/log/cloud-init.log', group: 'cloud-init.log' },
  { application: 'cloud-init', pattern: '/var/log/cloud-init-output.log', group: 'cloud-init-output.log' },
  { application: 'packages', pattern: '/var/log/dpkg.log', group: 'dpkg.log', format: '%Y-%m-%d %H:%M:%S' },
  { application: 'packages', pattern: '/var/log/yum.log', group: 'yum.log' },
  { application: 'packages', pattern: '/var/log/dnf.log', group: 'dnf.log' },
  { application: 'SSM agent', pattern: '/var/log/amazon/ssm/amazon-ssm-agent.log', group: 'amazon-ssm-agent.log' },
];
