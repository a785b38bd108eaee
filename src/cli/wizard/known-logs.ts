/** Logs of programs that most hosts have, and what to call them. */
export interface KnownLog {
  readonly application: string;
  /** Path or glob, in the dialect that the CloudWatch agent reads too. */
  readonly pattern: string;
  readonly group: string;
}

/** The first pattern a file matches counts. */
export const KNOWN_LOGS: readonly KnownLog[] = [
  { application: 'nginx', pattern: '/var/log/nginx/*access*.log', group: 'nginx/access' },
  { application: 'nginx', pattern: '/var/log/nginx/*error*.log', group: 'nginx/error' },
  { application: 'Apache', pattern: '/var/log/apache2/*access*.log', group: 'apache/access' },
  { application: 'Apache', pattern: '/var/log/apache2/*error*.log', group: 'apache/error' },
  { application: 'Apache', pattern: '/var/log/httpd/*access_log', group: 'apache/access' },
  { application: 'Apache', pattern: '/var/log/httpd/*error_log', group: 'apache/error' },
  { application: 'HAProxy', pattern: '/var/log/haproxy.log', group: 'haproxy' },
  { application: 'PHP-FPM', pattern: '/var/log/php*-fpm.log', group: 'php-fpm' },
  { application: 'MySQL', pattern: '/var/log/mysql/error*.log', group: 'mysql/error' },
  { application: 'MySQL', pattern: '/var/log/mysql/*slow*.log', group: 'mysql/slow' },
  { application: 'MySQL', pattern: '/var/log/mysqld.log', group: 'mysql/error' },
  { application: 'MariaDB', pattern: '/var/log/mariadb/*.log', group: 'mariadb' },
  { application: 'PostgreSQL', pattern: '/var/log/postgresql/*.log', group: 'postgresql' },
  { application: 'PostgreSQL', pattern: '/var/lib/pgsql/data/log/*.log', group: 'postgresql' },
  { application: 'Redis', pattern: '/var/log/redis/*.log', group: 'redis' },
  { application: 'Tomcat', pattern: '/var/log/tomcat*/catalina.out', group: 'tomcat' },
  { application: 'Tomcat', pattern: '/var/log/tomcat*/catalina.*.log', group: 'tomcat/catalina' },
  { application: 'Docker', pattern: '/var/lib/docker/containers/*/*-json.log', group: 'docker' },
  { application: 'system', pattern: '/var/log/syslog', group: 'syslog' },
  { application: 'system', pattern: '/var/log/messages', group: 'messages' },
  { application: 'logins', pattern: '/var/log/auth.log', group: 'auth.log' },
  { application: 'logins', pattern: '/var/log/secure', group: 'secure' },
  { application: 'kernel', pattern: '/var/log/kern.log', group: 'kern.log' },
  { application: 'cron', pattern: '/var/log/cron', group: 'cron' },
  { application: 'mail', pattern: '/var/log/mail.log', group: 'mail.log' },
  { application: 'mail', pattern: '/var/log/maillog', group: 'maillog' },
  { application: 'audit', pattern: '/var/log/audit/audit.log', group: 'audit.log' },
  { application: 'cloud-init', pattern: '/var/log/cloud-init.log', group: 'cloud-init.log' },
  { application: 'cloud-init', pattern: '/var/log/cloud-init-output.log', group: 'cloud-init-output.log' },
  { application: 'packages', pattern: '/var/log/dpkg.log', group: 'dpkg.log' },
  { application: 'packages', pattern: '/var/log/yum.log', group: 'yum.log' },
  { application: 'packages', pattern: '/var/log/dnf.log', group: 'dnf.log' },
  { application: 'SSM agent', pattern: '/var/log/amazon/ssm/amazon-ssm-agent.log', group: 'amazon-ssm-agent.log' },
];
