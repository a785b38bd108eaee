/** Who sent something; null: a process of this host, over a unix socket. */
export type Sender = { readonly address: string; readonly port: number } | null;

/** What takes what comes in. */
export interface Taker {
  /** @param bytes lent for the call */
  datagram(bytes: Buffer, sender: Sender): void;
  stream(sender: Sender): StreamTaker;
  /** A connection was refused because as many are open as may be. */
  crowded(sender: Sender): void;
  /** Told before a socket for datagrams goes, with the kernel's counter of what it dropped. */
  beforeClose(): Promise<void>;
}

/** Takes what comes over one connection. */
export interface StreamTaker {
  /** @returns false: nothing that comes after it can be understood, the connection is closed */
  take(chunk: Buffer): boolean;
  /** Nothing more comes. @param isWhole the other side said that this is all */
  ended(isWhole: boolean): void;
}

/** The host of a sender; of an IPv4 one at a socket of both families its IPv4 address. */
export const hostText = (sender: Sender): string => (sender === null ? 'a process of this host' : sender.address.replace(/^::ffff:(?=\d+\.)/, ''));

/** With its port, by which the program can be found. */
export const senderText = (sender: Sender): string => (sender === null ? hostText(null) : `${hostText(sender)}:${sender.port}`);
