/** A refusal as the service would word it: an AWS error type, its HTTP status and its message. */
export class ServiceError extends Error {
  readonly type: string;
  readonly status: number;
  /** Further response headers, for example `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(type: string, message: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'ServiceError';
    this.type = type;
    this.status = status;
    this.headers = headers;
  }
}

export function invalidParameter(message: string): ServiceError {
  return new ServiceError('InvalidParameterException', message);
}

export function notFound(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError('ResourceAlreadyExistsException', message);
}

export function serialization(message: string): ServiceError {
  return new ServiceError('SerializationException', message);
}
