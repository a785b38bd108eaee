/** What `default` names: the system log, under either of its usual names. A file that is not there is waited for. */
export const DEFAULT_CONFIG = `{
  "logs": {
    "logs_collected": {
      "files": {
        "collect_list": [
          { "file_path": "/var/log/syslog", "log_group_name": "syslog" },
          { "file_path": "/var/log/messages", "log_group_name": "messages" }
        ]
      }
    }
  }
}
`;
