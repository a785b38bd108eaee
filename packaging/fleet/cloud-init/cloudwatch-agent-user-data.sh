#!/bin/sh
# User data written for the CloudWatch agent, on an image that holds this agent's package: only the first command is new.
set -eu
/usr/bin/agent compat install
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -c ssm:AmazonCloudWatch-linux -s
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a status
