// An EC2 API, and the metadata of an instance, as far as the agent asks them.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';

export interface Ec2Call { readonly form: URLSearchParams; readonly authorization: string; readonly host: string }

export interface Ec2Stand {
  readonly url: string;
  readonly calls: readonly Ec2Call[];
  /** What it answers from now on. */
  answer(status: number, xml: string): void;
}

async function listening(t: Owner, listener: RequestListener, port = 0): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  atEnd(t, () => { server.close(); server.closeAllConnections(); });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function startEc2(t: Owner): Promise<Ec2Stand> {
  const calls: Ec2Call[] = [];
  let answer: readonly [status: number, xml: string] = [200, tagsXml({})];
  const url = await listening(t, (request, response) => {
    void text(request).then((body) => {
      calls.push({ form: new URLSearchParams(body), authorization: request.headers.authorization ?? '', host: request.headers.host ?? '' });
      response.writeHead(answer[0], { 'content-type': 'text/xml' }).end(answer[1]);
    });
  });
  return { url, calls, answer: (status, xml) => { answer = [status, xml]; } };
}

export const INSTANCE_ID = 'i-0123456789abcdef0';

/** The metadata of an instance in eu-west-1. Without tags it does not show them. */
export async function startMetadata(t: Owner, tags: Readonly<Record<string, string>> | null, port = 0): Promise<string> {
  return listening(t, (request, response) => {
    const path = request.url ?? '';
    const shown = tags === null ? null : path.replace('/latest/meta-data/tags/instance', '');
    if (request.method === 'PUT') response.end('token');
    else if (path.endsWith('/document')) response.end(JSON.stringify({ instanceId: INSTANCE_ID, region: 'eu-west-1', imageId: 'ami-1', instanceType: 't3.small' }));
    else if (shown === '') response.end(Object.keys(tags!).join('\n'));
    else if (shown !== null && tags?.[shown.slice(1)] !== undefined) response.end(tags[shown.slice(1)]);
    else response.writeHead(404).end();
  }, port);
}

const escaped = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function tagsXml(tags: Readonly<Record<string, string>>): string {
  const items = Object.entries(tags).map(([key, value]) => `\n    <item>\n      <resourceId>${INSTANCE_ID}</resourceId>\n      <resourceType>instance</resourceType>\n      <key>${escaped(key)}</key>\n      <value>${escaped(value)}</value>\n    </item>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<DescribeTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">\n  <requestId>1</requestId>\n  <tagSet>${items.join('')}</tagSet>\n</DescribeTagsResponse>`;
}

export function volumesXml(volumes: readonly (readonly [id: string, device: string, instance: string])[]): string {
  const items = volumes.map(([id, device, instance]) => `<item><volumeId>${id}</volumeId><size>8</size><attachmentSet><item><volumeId>${id}</volumeId><instanceId>${instance}</instanceId><device>${device}</device><status>attached</status></item></attachmentSet><tagSet><item><key>device</key><value>no</value></item></tagSet></item>`);
  return `<DescribeVolumesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><volumeSet>${items.join('')}</volumeSet></DescribeVolumesResponse>`;
}

export const errorXml = (code: string, message: string): string => `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`;
