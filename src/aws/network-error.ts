/** The way out of this host cannot be used as it is configured. The message is for a person, and holds no secret. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}
