/** The config as it was read from all its sources at one time. */
export interface ConfigCopy {
  /** In the order in which they are merged; `name` is what messages call them. */
  readonly texts: readonly { readonly name: string; readonly text: string }[];
  readonly remote: readonly RemoteVersion[];
}

/** A document that other hosts read too: a parameter that a config came from, or would come from now. */
export interface RemoteVersion {
  readonly name: string;
  readonly version: number;
  /** Epoch milliseconds at which this version was published; 0 where nobody says. */
  readonly modifiedAt: number;
}

/** Names and versions of what is remote, for people. Empty when nothing is remote. */
export function versionOf(remote: readonly RemoteVersion[]): string {
  return remote.map(({ name, version }) => `${name} version ${version}`).join(', ');
}

/**
 * Equal where nothing remote differs. A parameter that was deleted and made anew counts its versions from 1 again, so the time counts
 * too. Empty when nothing is remote.
 */
export function identityOf(remote: readonly RemoteVersion[]): string {
  return remote.map(({ name, version, modifiedAt }) => `${name} version ${version} of ${modifiedAt}`).join(', ');
}

/** What messages call a version: files have none. */
export const spokenVersion = (remote: readonly RemoteVersion[]): string => versionOf(remote) || 'what the files say now';

/** Whether both say the same, be they of one version or not. */
export const sameTexts = (a: ConfigCopy, b: ConfigCopy): boolean =>
  a.texts.length === b.texts.length && a.texts.every(({ name, text }, i) => name === b.texts[i]!.name && text === b.texts[i]!.text);

/** When the newest remote document was published, epoch milliseconds; 0 where nobody says. */
export const publishedAt = ({ remote }: ConfigCopy): number => Math.max(0, ...remote.map(({ modifiedAt }) => modifiedAt));
