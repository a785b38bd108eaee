/** What `-h` prints, and every complaint about the command line. */
export const USAGE = `

        usage:  amazon-cloudwatch-agent-ctl -a
                start|stop|status|status-with-workloads|fetch-config|append-config|remove-config|set-log-level|set-env
                [-m ec2|onPremise|onPrem|auto] [-c default|all|ssm:NAME|file:PATH] [-s] [-d]
                [-l INFO|DEBUG|WARN|ERROR|OFF] [-e KEY=VALUE]

        This is unified-agent in the place of the CloudWatch agent; it knows the same actions and flags. Examples:
            amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -c ssm:AmazonCloudWatch-linux -s
            amazon-cloudwatch-agent-ctl -a append-config -c file:/tmp/more.json -s
            amazon-cloudwatch-agent-ctl -a status

        -a  action
            start                  start the agent now and with the system; without a config, with the default one
            stop                   stop the agent
            status                 print whether it runs, since when, whether it has a config, and its version
            status-with-workloads  the same, with "workloads", which is always empty here
            fetch-config           make this config the only one
            append-config          add this config to those that are there
            remove-config          take away the config that came from this place, or all
            set-log-level          write the level of -l into env-config.json
            set-env                write the variable of -e into env-config.json
        -m  ec2 (default), onPremise or auto: what the default config and the profile of the credentials go by
        -c  where the config is: default, ssm:NAME, file:PATH; all, for remove-config
        -s  restart the agent afterwards
        -d  reach Parameter Store by its dual-stack endpoint
        -l  level for set-log-level
        -e  variable for set-env

`;
