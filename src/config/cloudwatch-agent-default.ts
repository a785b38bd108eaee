/** What the CloudWatch agent collects without a config of one's own: memory and disks, on EC2 with the instance's dimensions. @param onEc2 with these */
export function cloudWatchAgentDefault(onEc2: boolean): string {
  const dimensions = { ImageId: '${aws:ImageId}', InstanceId: '${aws:InstanceId}', InstanceType: '${aws:InstanceType}', AutoScalingGroupName: '${aws:AutoScalingGroupName}' };
  const metrics = {
    ...(onEc2 ? { append_dimensions: dimensions } : {}),
    metrics_collected: { mem: { measurement: ['mem_used_percent'] }, disk: { measurement: ['used_percent'], resources: ['*'] } },
  };
  return `${JSON.stringify({ metrics }, null, '\t')}\n`;
}
